"""Who works on what: an object is one task's alone, or shared by several that only read it."""

import asyncio
from collections.abc import Sequence

from hosted_engine.engine.command import Lock


class Locks:
    """In memory: after a crash the tasks that go on take theirs again before anybody else is let in."""

    def __init__(self) -> None:
        self._exclusive: dict[tuple[str, str], str] = {}
        self._shared: dict[tuple[str, str], set[str]] = {}
        self._waiters: set[asyncio.Future[None]] = set()

    def take(self, locks: Sequence[Lock], holder: str) -> Lock | None:
        """All of them or none: None when `holder` has them now, otherwise the first that somebody else has."""
        wanted = sorted(locks)
        for lock in wanted:
            if self._taken(lock, holder):
                return lock
        for lock in wanted:
            if lock.shared:
                self._shared.setdefault((lock.kind, lock.id), set()).add(holder)
            else:
                self._exclusive[lock.kind, lock.id] = holder
        return None

    def is_taken(self, lock: Lock) -> bool:
        return self._taken(lock, "")

    def release(self, holder: str) -> None:
        self._exclusive = {key: other for key, other in self._exclusive.items() if other != holder}
        for holders in self._shared.values():
            holders.discard(holder)
        self._shared = {key: holders for key, holders in self._shared.items() if holders}
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    async def released(self, timeout_s: float) -> None:
        """Returns when anybody releases anything, at the latest after `timeout_s`."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await asyncio.wait([waiter], timeout=timeout_s)
        finally:
            self._waiters.discard(waiter)

    def _taken(self, lock: Lock, holder: str) -> bool:
        key = (lock.kind, lock.id)
        if self._exclusive.get(key, holder) != holder:
            return True
        return not lock.shared and bool(self._shared.get(key, set()) - {holder})
