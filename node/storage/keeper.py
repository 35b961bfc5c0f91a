"""Makes wished mounts and lockspaces hold again after a boot, a lost server or a dead FUSE process."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from node.api.problems import Problem
from node.clock import Clock
from node.storage.causes import cause
from node.storage.leases import Leases
from node.storage.mounts import Mounts
from node.storage.wishes import Wishes

log = logging.getLogger(__name__)

EVERY_S = 5.0


class Keeper:
    """`after_look` is called after each look, whatever it found: VMs may wait for what has come back."""

    def __init__(
        self,
        wishes: Wishes,
        mounts: Mounts,
        leases: Leases,
        clock: Clock,
        *,
        after_look: Callable[[], Awaitable[None]],
    ) -> None:
        self._wishes = wishes
        self._mounts = mounts
        self._leases = leases
        self._clock = clock
        self._after_look = after_look
        self._said: dict[str, str] = {}

    async def run(self) -> None:
        """For ever. Joining a lockspace can take minutes; mounts do not wait for it."""
        await asyncio.gather(self._again(self.look_at_mounts), self._again(self.look_at_lockspaces))

    async def look_at_mounts(self) -> None:
        """Once: what is wished for and not mounted is tried; what fails is said once per reason."""
        await asyncio.gather(*(self._hold_mount(one) for one in self._wishes.mounts))
        await self._tell()

    async def look_at_lockspaces(self) -> None:
        await asyncio.gather(*(self._hold_lockspace(name) for name in self._wishes.lockspaces))
        await self._tell()

    async def _tell(self) -> None:
        try:
            await self._after_look()
        except Problem as err:
            self._say("the look at paused VMs", str(err))
        else:
            self._say("the look at paused VMs", "")

    async def _again(self, look: Callable[[], Awaitable[None]]) -> None:
        while True:
            await look()
            await self._clock.sleep(EVERY_S)

    async def _hold_mount(self, storage_domain: str) -> None:
        try:
            report = await self._mounts.hold(storage_domain)
            self._say(f"storage domain {storage_domain}", "" if report.mounted else report.detail)
        except Problem as err:
            self._say(f"storage domain {storage_domain}", str(err))
        except OSError as err:
            self._say(f"storage domain {storage_domain}", cause(err))

    async def _hold_lockspace(self, name: str) -> None:
        try:
            report = await self._leases.hold(name)
            self._say(f"lockspace {name}", "" if report.joined else report.detail)
        except Problem as err:
            self._say(f"lockspace {name}", str(err))
        except OSError as err:
            self._say(f"lockspace {name}", cause(err))

    def _say(self, what: str, trouble: str) -> None:
        if self._said.get(what, "") == trouble:
            return
        self._said[what] = trouble
        if trouble:
            log.warning("%s does not hold yet: %s", what, trouble)
        else:
            log.info("%s holds", what)
