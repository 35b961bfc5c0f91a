"""Waits until something is so, with a limit: the one loop for that, on whatever clock."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from node.clock import Clock

T = TypeVar("T")


async def wait_until(
    probe: Callable[[], Awaitable[T | None]], clock: Clock, *, within_s: float, every_s: float
) -> T | None:
    """Ask `probe`, which changes nothing, until it has an answer. None when the time is over; it is asked once in any
    case, and once more at the end."""
    end = clock.monotonic() + within_s
    while (found := await probe()) is None:
        if clock.monotonic() >= end:
            return None
        await clock.sleep(every_s)
    return found
