"""The agent's view of the site's storage: asked for at any time, followed by one node of the pool for all."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from gluster.errors import Problem
from gluster.report import StorageReport, make_report
from gluster.state import PoolState, ServerFacts
from node.api.messages.gluster import StorageNews, StorageState
from node.system.clock import Clock
from node.system.threads import Threads

FRESH_S = 4.0  # a look that is younger is given to whoever asks
LOOK_S = 10.0  # between two looks of the node that follows the pool
AGAIN_S = 3.0  # a change counts when a second look says the same: clients come and go in a moment

log = logging.getLogger(__name__)


class PoolStateWatch:
    """`read` looks at the pool, `read_facts` (blocks) at this node, `notify` hears of changes."""

    def __init__(
        self,
        read: Callable[[], Awaitable[PoolState]],
        read_facts: Callable[[], ServerFacts],
        *,
        is_first: Callable[[], bool],
        is_member: Callable[[], bool],
        threads: Threads,
        notify: Callable[[StorageNews], None],
        clock: Clock,
    ) -> None:
        """`is_first` (blocks, raises gluster's Problem) says whether this node is the one that follows the pool,
        `is_member` whether it belongs to a site at all."""
        self._read = read
        self._read_facts = read_facts
        self._is_first = is_first
        self._is_member = is_member
        self._threads = threads
        self._notify = notify
        self._clock = clock
        self._last: StorageState | None = None
        self._last_read_at = float("-inf")
        self._reading: asyncio.Task[StorageState] | None = None
        self._reported: tuple[str, ...] | None = None

    async def current(self) -> StorageState:
        """A look that is `FRESH_S` old at most. Who asks in the middle of a look waits for that one."""
        if self._last is not None and self._clock.monotonic() - self._last_read_at < FRESH_S:
            return self._last
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._look())
        return await asyncio.shield(self._reading)

    async def facts(self) -> ServerFacts:
        return await self._threads(self._read_facts)

    async def run(self) -> None:
        """Look for ever while this node is the one that follows the pool; several at once would wait for each other."""
        while True:
            try:
                if self._is_member() and await self._threads(self._follows):
                    await self._follow()
            except Exception:
                log.exception("the storage is not looked at; it is tried again in %.0f s", LOOK_S)
            await self._clock.sleep(LOOK_S)

    def _follows(self) -> bool:
        """A node whose gluster does not answer speaks for itself."""
        try:
            return self._is_first()
        except Problem:
            return True

    async def _follow(self) -> None:
        keys = _keys((await self.current()).report)
        if keys == self._reported:
            return
        await self._clock.sleep(AGAIN_S)
        again = (await self._look()).report
        if _keys(again) != keys:
            return
        self._reported = keys
        log.info("storage is %s%s", again.health, "".join(f"; {problem.what}" for problem in again.problems))
        self._notify(_news(again))

    async def _look(self) -> StorageState:
        at = self._clock.now()
        report = make_report(await self._read())
        self._last, self._last_read_at = StorageState(at=at, report=report), self._clock.monotonic()
        return self._last


def _keys(report: StorageReport) -> tuple[str, ...]:
    return tuple(sorted(problem.key for problem in report.problems))


def _news(report: StorageReport) -> StorageNews:
    return StorageNews(health=report.health, problems=_keys(report))
