"""Snapshots of a running VM with its memory, which goes into a file on a storage domain."""

import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path, PurePosixPath

from node.api.messages.images import ImageRef
from node.api.messages.vms import MemoryLink, MemorySnapshotRequest, VmReport, VmState
from node.api.problems import Failed
from node.api.refusals import ImageUnknown, VmNotUp
from node.storage import layout
from node.system.files import sync_folder
from node.system.threads import Threads
from node.vms.hypervisor import Hypervisor, HypervisorFailed
from node.vms.lifecycle import Vms
from node.vms.live_images import LiveImages
from node.vms.memory_files import make_folder, sync_memory


class MemoryNotSaved(Failed):
    what = "No snapshot of VM {vm} was taken"
    why = "{reason}"
    mend = "It runs on. Mend what the reason names and take the snapshot again, or take it without its memory"


class MemorySnapshots:
    """libvirt writes the memory before it lets the disks go on with their new images, and goes on when the agent ends:
    a VM whose disks have new images has its memory whole. `need` raises NotMounted for a storage domain."""

    def __init__(
        self,
        vms: Vms,
        live: LiveImages,
        hypervisor: Hypervisor,
        threads: Threads,
        *,
        volumes: PurePosixPath,
        need: Callable[[str], Awaitable[None]],
    ) -> None:
        self._vms = vms
        self._live = live
        self._hypervisor = hypervisor
        self._threads = threads
        self._volumes = volumes
        self._need = need

    async def snapshot_vm_with_memory(self, vm_id: str, request: MemorySnapshotRequest) -> None:
        path = Path(layout.image(self._volumes, request.memory))
        await self._need(request.memory.storage_domain)
        async with self._vms.alone(vm_id):
            report = await self._at_rest(vm_id)
            if report.state not in (VmState.UP, VmState.PAUSED):
                raise VmNotUp(vm=report.name, act="take a snapshot with the memory of", state=report.state)
            if not await self._is_taken(vm_id, request, path):
                await self._take(report, request, path)
            await self._threads(sync_memory, path)

    async def link_memory(self, image: ImageRef, request: MemoryLink) -> None:
        await self._need(image.storage_domain)
        source, path = (Path(layout.image(self._volumes, one)) for one in (request.source, image))
        if not await self._threads(_link, source, path):
            raise ImageUnknown(image=request.source.image_id, storage_domain=request.source.storage_domain)

    async def _at_rest(self, vm_id: str) -> VmReport:
        """The VM, when nothing is done any more that an agent before this one began."""
        await self._live.wait_for_snapshot(vm_id)
        return await self._vms.known(vm_id)

    async def _take(self, report: VmReport, request: MemorySnapshotRequest, path: Path) -> None:
        try:
            await self._threads(make_folder, path.parent)
            await self._threads(path.unlink, missing_ok=True)
            await self._vms.take_seed_out(report.id)
            await self._threads(self._live.switch, report.id, request.layers, memory=path)
        except (HypervisorFailed, OSError) as err:
            if await self._is_whole(report.id, request, path):  # libvirt's answer got lost
                return
            with suppress(OSError):
                await self._threads(path.unlink, missing_ok=True)
            reason = err.text.why if isinstance(err, HypervisorFailed) else str(err)
            raise MemoryNotSaved(vm=report.name, reason=reason) from err

    async def _is_whole(self, vm_id: str, request: MemorySnapshotRequest, path: Path) -> bool:
        with suppress(HypervisorFailed):
            await self._at_rest(vm_id)
            return await self._is_taken(vm_id, request, path)
        return False

    async def _is_taken(self, vm_id: str, request: MemorySnapshotRequest, path: Path) -> bool:
        if not path.exists() or not await self._threads(self._live.has_switched, vm_id, request.layers):
            return False
        try:
            await self._threads(self._hypervisor.saved_xml, str(path))
        except HypervisorFailed:  # it was not written to its end
            return False
        return True


def _link(source: Path, path: Path) -> bool:
    """False where there is nothing of either name."""
    if not path.exists():
        if not source.exists():
            return False
        make_folder(path.parent)
        os.link(source, path)
    sync_folder(path.parent)
    return True
