"""Sees a running VM to another node: lets it stand still for longer the longer it takes, and gives up in time."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from node.clock import Clock
from node.system.threads import Threads
from node.vms.hypervisor import Hypervisor, HypervisorFailed
from node.vms.migration import MigrationLimits, MigrationProgress, downtime_ms

log = logging.getLogger(__name__)

Notify = Callable[[MigrationProgress], None]
INTERVAL_S = 2.0
GIVE_UP_S = 30.0  # what was cancelled ends within this, or libvirt or QEMU does not answer


class Migrator:
    """Of a few VMs at a time: each takes two of `threads`."""

    def __init__(self, hypervisor: Hypervisor, threads: Threads, clock: Clock) -> None:
        self._hypervisor = hypervisor
        self._threads = threads
        self._clock = clock

    async def migrate(self, vm_id: str, address: str, limits: MigrationLimits, *, notify: Notify) -> None:
        """Returns when it has left. Raises HypervisorFailed when it stays, and when that cannot be found out."""
        moving = asyncio.ensure_future(self._threads(self._hypervisor.migrate, vm_id, address, limits))
        watching = asyncio.ensure_future(self._watch(vm_id, limits, notify))
        try:
            hangs_s = limits.time_s + GIVE_UP_S  # a QEMU that hangs gives the watch no answer either
            await asyncio.wait((moving, watching), timeout=hangs_s, return_when=asyncio.FIRST_COMPLETED)
            if not moving.done():
                await self._give_up(vm_id, moving)
            await moving
        finally:
            watching.cancel()

    async def _watch(self, vm_id: str, limits: MigrationLimits, notify: Notify) -> None:
        """Returns when the time is up."""
        began, allowed = self._clock.monotonic(), 0
        while (elapsed_s := self._clock.monotonic() - began) < limits.time_s:
            wanted = downtime_ms(limits, elapsed_s)
            with suppress(HypervisorFailed):  # it has just left, or is not on its way yet
                progress = await self._threads(self._hypervisor.migration, vm_id)
                if progress is not None:
                    notify(progress)
                    if wanted != allowed:
                        await self._threads(self._hypervisor.allow_downtime, vm_id, wanted)
                        allowed = wanted
            await self._clock.sleep(INTERVAL_S)

    async def _give_up(self, vm_id: str, moving: "asyncio.Future[None]") -> None:
        log.warning("VM %s does not get away in time; it stays", vm_id)
        with suppress(HypervisorFailed, TimeoutError):
            cancelling = self._threads(self._hypervisor.cancel_migration, vm_id)
            await asyncio.wait_for(cancelling, GIVE_UP_S)
        await asyncio.wait([moving], timeout=GIVE_UP_S)
        if not moving.done():
            raise HypervisorFailed(act="give up moving the VM", reason=f"it gave no answer within {GIVE_UP_S:.0f} s")
