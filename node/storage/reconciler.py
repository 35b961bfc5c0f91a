"""Brings desired mounts and lockspaces back after a boot, a lost server or a dead FUSE process."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from node.api.problems import Problem
from node.clock import Clock
from node.storage.causes import cause
from node.storage.desired import DesiredStorage
from node.storage.leases import Leases
from node.storage.mounts import Mounts

log = logging.getLogger(__name__)

EVERY_S = 5.0


class StorageReconciler:
    """`after_pass` is called after each pass, whatever it found: VMs may wait for what has come back."""

    def __init__(
        self,
        desired: DesiredStorage,
        mounts: Mounts,
        leases: Leases,
        clock: Clock,
        *,
        after_pass: Callable[[], Awaitable[None]],
    ) -> None:
        self._desired = desired
        self._mounts = mounts
        self._leases = leases
        self._clock = clock
        self._after_pass = after_pass
        self._logged: dict[str, str] = {}

    async def run(self) -> None:
        """For ever. Joining a lockspace can take minutes; mounts do not wait for it."""
        await asyncio.gather(self._again(self.reconcile_mounts), self._again(self.reconcile_lockspaces))

    async def reconcile_mounts(self) -> None:
        """Once: mount what is desired and not mounted; a failure is logged once per reason."""
        await asyncio.gather(*(self._reconcile_mount(one) for one in self._desired.mounts))
        await self._notify()

    async def reconcile_lockspaces(self) -> None:
        await asyncio.gather(*(self._reconcile_lockspace(name) for name in self._desired.lockspaces))
        await self._notify()

    async def _notify(self) -> None:
        try:
            await self._after_pass()
        except Problem as err:
            self._log_change("resuming paused VMs", str(err))
        else:
            self._log_change("resuming paused VMs", "")

    async def _again(self, reconcile: Callable[[], Awaitable[None]]) -> None:
        while True:
            await reconcile()
            await self._clock.sleep(EVERY_S)

    async def _reconcile_mount(self, storage_domain: str) -> None:
        try:
            report = await self._mounts.ensure_mounted(storage_domain)
            self._log_change(f"storage domain {storage_domain}", "" if report.mounted else report.detail)
        except Problem as err:
            self._log_change(f"storage domain {storage_domain}", str(err))
        except OSError as err:
            self._log_change(f"storage domain {storage_domain}", cause(err))

    async def _reconcile_lockspace(self, name: str) -> None:
        try:
            report = await self._leases.ensure_joined(name)
            self._log_change(f"lockspace {name}", "" if report.joined else report.detail)
        except Problem as err:
            self._log_change(f"lockspace {name}", str(err))
        except OSError as err:
            self._log_change(f"lockspace {name}", cause(err))

    def _log_change(self, what: str, trouble: str) -> None:
        if self._logged.get(what, "") == trouble:
            return
        self._logged[what] = trouble
        if trouble:
            log.warning("%s is not in place yet: %s", what, trouble)
        else:
            log.info("%s is in place", what)
