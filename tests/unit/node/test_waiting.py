"""Waiting ends with the first answer, or when its time is over."""

from node.waiting import wait_until
from tests.fakes.clock import FakeClock


async def test_it_ends_with_the_first_answer() -> None:
    clock, answers = FakeClock(), iter([None, None, "there"])
    began = clock.monotonic()

    async def probe() -> str | None:
        return next(answers)

    assert await wait_until(probe, clock, within_s=10, every_s=2) == "there"
    assert clock.monotonic() - began == 4


async def test_it_asks_once_more_at_the_end() -> None:
    clock, asked = FakeClock(), []
    began = clock.monotonic()

    async def probe() -> bool | None:
        asked.append(clock.monotonic() - began)
        return None

    assert await wait_until(probe, clock, within_s=5, every_s=2) is None
    assert asked == [0, 2, 4, 6]


async def test_without_time_it_asks_once() -> None:
    clock = FakeClock()

    async def probe() -> bool | None:
        return True

    assert await wait_until(probe, clock, within_s=0, every_s=1) is True
