"""Addresses that try passwords of many names wait, and no longer than they have to."""

import pytest

from hosted_engine.rest.throttle import FORGET_S, FREE, LONGEST_PAUSE_S, MOST_ADDRESSES, Throttle
from tests.fakes.clock import FakeClock


def tried(clock: FakeClock, times: int) -> Throttle:
    throttle = Throttle(clock.now)
    for _ in range(times):
        throttle.failed("a")
    return throttle


@pytest.mark.parametrize(
    ("times", "pause_s"),
    [(FREE - 1, 0), (FREE, 1), (FREE + 3, 8), (FREE + 5, LONGEST_PAUSE_S), (10_000, LONGEST_PAUSE_S)],
)
def test_the_pause_grows(times: int, pause_s: float) -> None:
    clock = FakeClock()
    throttle = tried(clock, times)
    assert throttle.allows("b")
    assert throttle.allows("a") is (pause_s == 0)
    clock.advance(pause_s - 0.1)
    assert throttle.allows("a") is (pause_s == 0)
    clock.advance(0.1)
    assert throttle.allows("a")


def test_an_hour_without_one_forgets_the_others() -> None:
    clock = FakeClock()
    throttle = tried(clock, FREE - 1)
    clock.advance(FORGET_S + 1)
    throttle.failed("a")
    assert throttle.allows("a")


def test_a_clock_that_is_set_back_makes_no_longer_pause() -> None:
    clock = FakeClock()
    throttle = tried(clock, FREE + 5)
    clock.advance(-86_400)
    assert throttle.allows("a")


def test_so_many_addresses_are_remembered_at_most() -> None:
    throttle = Throttle(FakeClock().now)
    for number in range(2 * MOST_ADDRESSES):
        throttle.failed(f"n{number}")
    assert len(throttle._failures) == MOST_ADDRESSES
