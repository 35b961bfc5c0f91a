"""Suspends a VM: its memory goes into a file on a storage domain, and it ends."""

from collections.abc import Awaitable, Callable
from pathlib import Path, PurePosixPath

from node.api.messages.vms import DownReason, SuspendRequest, VmReport, VmState
from node.api.problems import Failed
from node.api.refusals import VmNotUp
from node.clock import Clock
from node.storage import layout
from node.system.threads import Threads
from node.vms.hypervisor import Hypervisor, HypervisorFailed
from node.vms.lifecycle import Vms
from node.vms.memory_files import make_folder, sync_memory

POLL_S = 1.0


class NotSuspended(Failed):
    what = "VM {vm} was not suspended"
    why = "{reason}"
    mend = "It runs on. Mend what the reason names and suspend it again"


class Suspending:
    """libvirt saves by itself and goes on when the agent ends; a file that it did not finish says so in its header, and
    is not resumed from. `need` raises NotMounted for a storage domain."""

    def __init__(
        self,
        vms: Vms,
        hypervisor: Hypervisor,
        threads: Threads,
        clock: Clock,
        *,
        volumes: PurePosixPath,
        need: Callable[[str], Awaitable[None]],
    ) -> None:
        self._vms = vms
        self._hypervisor = hypervisor
        self._threads = threads
        self._clock = clock
        self._volumes = volumes
        self._need = need

    async def suspend_vm(self, vm_id: str, request: SuspendRequest) -> VmReport:
        path = Path(layout.image(self._volumes, request.memory))
        await self._need(request.memory.storage_domain)
        async with self._vms.alone(vm_id):
            report = await self._vms.known(vm_id)
            while report.state is VmState.SAVING:  # an agent before this one began with it
                await self._clock.sleep(POLL_S)
                report = await self._vms.known(vm_id)
            if report.state is VmState.UP:
                await self._save(report, path)
                report = await self._vms.observe(vm_id)
            if (report.state, report.reason) != (VmState.DOWN, DownReason.SAVED):
                raise VmNotUp(vm=report.name, act="suspend", state=report.state)
            await self._threads(sync_memory, path)
            return report

    async def _save(self, report: VmReport, path: Path) -> None:
        try:
            await self._threads(make_folder, path.parent)
            await self._vms.take_seed_out(report.id)
            await self._threads(self._hypervisor.save, report.id, str(path))
        except (HypervisorFailed, OSError) as err:
            if (now := await self._vms.vm(report.id)) is not None and now.reason is DownReason.SAVED:
                return
            await self._threads(path.unlink, missing_ok=True)
            reason = err.text.why if isinstance(err, HypervisorFailed) else str(err)
            raise NotSuspended(vm=report.name, reason=reason) from err
