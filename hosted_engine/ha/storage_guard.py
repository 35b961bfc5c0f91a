"""What trivet-ha stands on: the mounted engine volume and its lockspace, held by itself while the agent is dead."""

import logging
import shutil
from collections.abc import Awaitable
from pathlib import Path

from node.api.messages.leases import LockspaceReport
from node.api.messages.mounts import MountReport
from node.api.problems import Problem
from node.clock import Clock
from node.config import Config
from node.storage.desired import DesiredStorage
from node.storage.leases import Leases
from node.storage.mounts import Mounts
from node.storage.sanlock import Sanlock
from node.system.process import CommandFailed, Run
from node.system.threads import Threads

log = logging.getLogger(__name__)

EVERY_S = 5.0
AGENT = "trivet-node.service"
GRACE_ROUNDS = 3  # the agent is started anew within a second; only one that stays dead is stood in for


class StorageGuard:
    """Mounts and lockspaces as the agent was asked to have them, made by the keeper of the engine itself."""

    def __init__(self, settings: Config, run: Run, threads: Threads, sanlock: Sanlock, clock: Clock) -> None:
        self._settings = settings
        self._run = run
        self._threads = threads
        self._sanlock = sanlock
        self._clock = clock
        self._dead_rounds = 0
        self._reported: dict[str, str] = {}

    def mounts(self) -> Mounts:
        """Looks at the volumes and mounts what is missing."""
        settings = self._settings
        return Mounts(
            self._run,
            self._threads,
            self._desired(),
            volumes=settings.volumes,
            units=Path(settings.units),
            notify=lambda: None,
        )

    def leases(self, mounts: Mounts) -> Leases:
        return Leases(
            self._sanlock,
            self._threads,
            self._desired(),
            volumes=self._settings.volumes,
            need=mounts.need,
            own=_give_to_sanlock,
        )

    async def run(self) -> None:
        """For ever."""
        while True:
            await self.check()
            await self._clock.sleep(EVERY_S)

    async def check(self) -> None:
        """Once: nothing is done while the agent lives, for both would make a dead mount anew."""
        self._dead_rounds = 0 if await self._threads(self._agent_lives) else self._dead_rounds + 1
        if self._dead_rounds < GRACE_ROUNDS:
            return
        mounts, desired = self.mounts(), self._desired()
        for volume in desired.mounts:
            await self._try(f"volume {volume}", mounts.ensure_mounted(volume))
        leases = self.leases(mounts)
        for lockspace in desired.lockspaces:
            await self._try(f"lockspace {lockspace}", leases.ensure_joined(lockspace))

    def _desired(self) -> DesiredStorage:
        """As the agent has written it down; read anew each time."""
        return DesiredStorage(self._settings.own_folder / "wishes.json")

    def _agent_lives(self) -> bool:
        try:
            self._run("systemctl", "is-active", "--quiet", AGENT, timeout_s=10)
        except CommandFailed:
            return False
        return True

    async def _try(self, what: str, attempt: Awaitable[MountReport | LockspaceReport]) -> None:
        try:
            trouble = (await attempt).detail
        except (Problem, OSError) as err:
            trouble = str(err)
        if self._reported.get(what) != trouble:
            self._reported[what] = trouble
            log.warning("the agent is dead; %s: %s", what, trouble or "holds")


def _give_to_sanlock(path: Path) -> None:
    shutil.chown(path, "sanlock", "sanlock")
