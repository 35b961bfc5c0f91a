"""Work that takes longer than a call: it goes on between calls, for as long as somebody asks about it."""

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from node.clock import Clock
from node.system.threads import Threads

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

IsWanted = Callable[[], bool]
Note = Callable[[int], None]

ANSWER_S = 15.0  # a call waits for so long
GIVE_UP_S = 180.0  # who wants it asks again within that


@dataclass
class Work:
    """`percent` is how far it says that it is."""

    asked_at: float
    percent: int = 0
    dropped: bool = False

    def is_wanted(self, now: float) -> bool:
        return not self.dropped and now - self.asked_at < GIVE_UP_S


@dataclass
class _Running(Generic[T]):
    work: Work
    task: "asyncio.Future[T]" = field(repr=False)


class Works(Generic[K, T]):
    """One for each key. `threads` are those that it blocks."""

    def __init__(self, threads: Threads, clock: Clock) -> None:
        self._threads = threads
        self._clock = clock
        self._running: dict[K, _Running[T]] = {}

    async def ask(self, key: K, do: Callable[[IsWanted, Note], T]) -> tuple[int, T | None]:
        """Begin it, or ask how far it is: percent, and its result once it is done. Raises what it raised.

        `do` is handed whether it is still wanted, and where it says how many percent are done.
        """
        running = self._running.get(key)
        if running is not None and not running.work.is_wanted(self._clock.monotonic()):
            await self.drop(key)
            running = None
        if running is None:
            running = self._running[key] = self._begin(do)
        running.work.asked_at = self._clock.monotonic()
        done, _ = await asyncio.wait([running.task], timeout=ANSWER_S)
        if not done:
            return min(running.work.percent, 99), None
        if self._running.get(key) is running:
            del self._running[key]
        return 100, running.task.result()

    async def drop(self, key: K) -> None:
        """It is wanted no longer; returns when it has ended."""
        running = self._running.pop(key, None)
        if running is not None:
            running.work.dropped = True
            await asyncio.wait([running.task])

    def _begin(self, do: Callable[[IsWanted, Note], T]) -> _Running[T]:
        work = Work(asked_at=self._clock.monotonic())

        def is_wanted() -> bool:
            return work.is_wanted(self._clock.monotonic())

        def note(percent: int) -> None:
            work.percent = percent

        return _Running(work, asyncio.ensure_future(self._threads(do, is_wanted, note)))
