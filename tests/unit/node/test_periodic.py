import asyncio
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.periodic import Retries, periodically
from tests.fakes.clock import FakeClock


class Enough(BaseException):
    """Ends the loop as a cancellation does."""


async def run(*outcomes: float | Exception | None, later: bool = False) -> list[float]:
    """When each call was made: one for each outcome, and the one in which it is ended."""
    clock, at, left = FakeClock(0.0), list[float](), iter(outcomes)

    async def do() -> float | None:
        at.append(clock.now())
        outcome = next(left, Enough())
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    with pytest.raises(Enough):
        await periodically(clock, 10.0, do, trouble="it could not be done", later=later)
    return at


async def test_it_is_done_at_once_and_after_each_period() -> None:
    assert await run(None, None) == [0.0, 10.0, 20.0]
    assert await run(None, later=True) == [10.0, 20.0]


async def test_it_says_itself_when_its_turn_comes_again() -> None:
    assert await run(3600.0, None, 0.5) == [0.0, 3600.0, 3610.0, 3610.5]


async def test_an_error_ends_one_round_alone_and_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    error, other = ValueError("one"), ValueError("another")
    assert await run(error, error, other, None, None, error) == [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR", "INFO", "ERROR"]
    assert caplog.records[0].exc_info is not None


async def test_it_ends_at_once_when_it_is_cancelled() -> None:
    begun = asyncio.Event()

    async def do() -> None:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(periodically(FakeClock(), 10.0, do, trouble="it could not be done"))
    async with asyncio.timeout(60):
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def test_what_was_never_tried_is_due() -> None:
    assert Retries(30.0, limit=1).is_due("one", 0.0)


@given(st.integers(1, 8), st.floats(0, 1e6))
def test_the_pause_grows_up_to_the_longest(times: int, now: float) -> None:
    retries, pause = Retries(30.0, longest_s=200.0), min(30.0 * 2 ** (times - 1), 200.0)
    assert [retries.note("one", now) for _ in range(times)] == list(range(1, times + 1))
    assert not retries.is_due("one", now + pause - 0.1)
    assert retries.is_due("one", now + pause + 0.1)
    assert retries.is_due("another", now)


def test_without_a_longest_pause_it_stays_the_same_and_after_the_last_try_none_comes() -> None:
    retries = Retries(30.0, limit=3)
    for _ in range(2):
        retries.note("one", 0.0)
    assert retries.is_due("one", 30.0)
    retries.note("one", 0.0)
    assert not retries.is_due("one", 1e9)


def test_what_is_forgotten_begins_anew() -> None:
    retries = Retries(30.0, limit=1)
    for key in ("one", "two", "three"):
        retries.note(key, 0.0)
    retries.forget("one")
    retries.forget_others({"two"})
    assert [retries.is_due(key, 0.0) for key in ("one", "two", "three")] == [True, False, True]
    assert retries.note("three", 0.0) == 1
