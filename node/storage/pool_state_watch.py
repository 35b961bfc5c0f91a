"""The agent's view of the site's storage: asked for at any time, followed by one node of the pool for all."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from gluster.errors import Problem
from gluster.report import StorageReport, make_report
from gluster.state import PoolState, ServerFacts
from node.api.messages.gluster import StorageState, StorageUpdate
from node.clock import Clock
from node.periodic import periodically
from node.system.threads import Threads

FRESH_S = 4.0  # a look that is younger is given to whoever asks
OBSERVE_EVERY_S = 30.0  # between two looks of the node that follows the pool: each locks the volumes for moments
SIGNS_S = 3.0  # between two glances at the own mounts
HANGS_S = 5.0  # how long these may take
OTHERS_S = 4.0  # where several nodes see a sign, the one that follows the pool looks first
AGAIN_S = 3.0  # a change counts when a second look says the same: clients come and go in a moment

log = logging.getLogger(__name__)


class PoolStateWatch:
    """`read` looks at the pool, `read_facts` (blocks) at this node, `notify` hears of changes."""

    def __init__(
        self,
        read: Callable[[], Awaitable[PoolState]],
        read_facts: Callable[[], ServerFacts],
        *,
        read_signs: Callable[[], dict[str, bool]],
        is_first: Callable[[], bool],
        is_member: Callable[[], bool],
        threads: Threads,
        notify: Callable[[StorageUpdate], None],
        clock: Clock,
    ) -> None:
        """`read_signs` (blocks) gives which bricks the mounts of this node are connected with: gluster.facts.
        `is_first` (blocks, raises gluster's Problem) says whether this node is the one that follows the pool,
        `is_member` whether it belongs to a site at all."""
        self._read = read
        self._read_facts = read_facts
        self._read_signs = read_signs
        self._is_first = is_first
        self._is_member = is_member
        self._threads = threads
        self._notify = notify
        self._clock = clock
        self._last: StorageState | None = None
        self._last_read_at = float("-inf")
        self._reading: asyncio.Task[StorageState] | None = None
        self._reported: tuple[str, ...] | None = None
        self._asking: asyncio.Future[dict[str, bool]] | None = None
        self._signs_before: dict[str, bool] | None = None
        self._followed_at = float("-inf")
        self._unconfirmed = False

    async def gluster_state(self) -> StorageState:
        """A look that is `FRESH_S` old at most. Who asks in the middle of a look waits for that one."""
        if self._last is not None and self._clock.monotonic() - self._last_read_at < FRESH_S:
            return self._last
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._observe())
        return await asyncio.shield(self._reading)

    async def gluster_facts(self) -> ServerFacts:
        return await self._threads(self._read_facts)

    async def run(self) -> None:
        """Look for ever: where this node is the one that follows the pool, now and then, and at once when a mount of
        this node loses or finds a brick."""
        await periodically(self._clock, SIGNS_S, self._follow_if_due, trouble="the storage is not looked at")

    async def _follow_if_due(self) -> None:
        if not self._is_member():
            return
        signs = await self._signs()
        changed, self._signs_before = signs != self._signs_before, signs
        if not changed and not self._unconfirmed and self._clock.monotonic() - self._followed_at < OBSERVE_EVERY_S:
            return
        if not await self._threads(self._follows):
            if not changed and not self._unconfirmed:
                self._followed_at = self._clock.monotonic()
                return
            await self._clock.sleep(OTHERS_S)
        self._followed_at = self._clock.monotonic()
        self._unconfirmed = not await self._follow()

    async def _signs(self) -> dict[str, bool] | None:
        """None while a mount hangs so that not even its own process answers. That call is not made twice at once."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self._threads(self._read_signs))
        done, _ = await asyncio.wait((self._asking,), timeout=HANGS_S)
        return self._asking.result() if done else None

    def _follows(self) -> bool:
        """A node whose gluster does not answer speaks for itself."""
        try:
            return self._is_first()
        except Problem:
            return True

    async def _follow(self) -> bool:
        """Look, and tell what has changed once a second look says the same; False when it does not."""
        keys = _keys((await self._observe()).report)
        if keys == self._reported:
            return True
        await self._clock.sleep(AGAIN_S)
        again = (await self._observe()).report
        if _keys(again) != keys:
            return False
        self._reported = keys
        log.info("storage is %s%s", again.health, "".join(f"; {problem.what}" for problem in again.problems))
        self._notify(_update(again))
        return True

    async def _observe(self) -> StorageState:
        at = self._clock.now()
        report = make_report(await self._read())
        self._last, self._last_read_at = StorageState(at=at, report=report), self._clock.monotonic()
        return self._last


def _keys(report: StorageReport) -> tuple[str, ...]:
    return tuple(sorted(problem.key for problem in report.problems))


def _update(report: StorageReport) -> StorageUpdate:
    return StorageUpdate(health=report.health, problems=_keys(report))
