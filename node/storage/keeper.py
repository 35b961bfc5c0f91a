"""Makes wished mounts and lockspaces hold again after a boot, a lost server or a dead FUSE process."""

import logging

from node.api.problems import Problem
from node.storage.leases import Leases
from node.storage.mounts import Mounts
from node.storage.wishes import Wishes
from node.system.clock import Clock

log = logging.getLogger(__name__)

EVERY_S = 5.0


class Keeper:
    def __init__(self, wishes: Wishes, mounts: Mounts, leases: Leases, clock: Clock) -> None:
        self._wishes = wishes
        self._mounts = mounts
        self._leases = leases
        self._clock = clock
        self._said: dict[str, str] = {}

    async def run(self) -> None:
        """For ever."""
        while True:
            await self.look()
            await self._clock.sleep(EVERY_S)

    async def look(self) -> None:
        """Once: everything wished for that does not hold is tried; what fails is said once per reason."""
        for volume in self._wishes.mounts:
            try:
                report = await self._mounts.hold(volume)
                self._say(f"volume {volume}", "" if report.mounted else report.detail)
            except (Problem, OSError) as err:
                self._say(f"volume {volume}", str(err))
        for name in self._wishes.lockspaces:
            try:
                space = await self._leases.hold(name)
                self._say(f"lockspace {name}", "" if space.joined else space.detail)
            except (Problem, OSError) as err:
                self._say(f"lockspace {name}", str(err))

    def _say(self, what: str, trouble: str) -> None:
        if self._said.get(what, "") == trouble:
            return
        self._said[what] = trouble
        if trouble:
            log.warning("%s does not hold yet: %s", what, trouble)
        else:
            log.info("%s holds", what)
