"""The images of VMs that run: new ones on top of them, and merges below them, while the guest writes."""

import asyncio
import os.path
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from node.api.messages.images import ImageRef
from node.api.messages.vms import NewLayer, SnapshotReport, SnapshotRequest
from node.api.refusals import VmUnknown, vm_uuid
from node.clock import Clock
from node.storage import layout
from node.storage.mount_points import real_path
from node.system.threads import Threads
from node.vms.block_chain import DiskChain, disk_chains, has_agent, snapshot_xml
from node.vms.hypervisor import Hypervisor, HypervisorFailed
from node.vms.states import PAUSED, PAUSED_FOR_SNAPSHOT

ANSWER_S, INTERVAL_S = 15.0, 0.5  # of a merge under way


class LiveImages:
    """Paths are compared by the mount that they lie on, whatever name of the storage domain they were told by."""

    def __init__(self, hypervisor: Hypervisor, threads: Threads, volumes: PurePosixPath, clock: Clock) -> None:
        self._hypervisor = hypervisor
        self._threads = threads
        self._volumes = volumes
        self._clock = clock

    async def snapshot_vm(self, vm_id: str, request: SnapshotRequest) -> SnapshotReport:
        return await self._threads(self._snapshot, vm_uuid(vm_id), request)

    async def vm_images(self, vm_id: str) -> tuple[ImageRef, ...]:
        """After a snapshot with memory that is under way, if there is one."""
        await self.wait_for_snapshot(vm_id)
        return await self._threads(self._images, vm_uuid(vm_id))

    async def wait_for_snapshot(self, vm_id: str) -> None:
        """Until libvirt does not write the memory of the VM for one any more, which it goes on with by itself."""
        while await self._threads(self._is_saving, vm_uuid(vm_id)):
            await self._clock.sleep(INTERVAL_S)

    async def merge(self, upper: Path, lower: Path) -> int | None:
        """How many percent of `upper` are in `lower`; 100 once the VM does not use `upper` any more. None where no VM
        here uses it. Begins it, or goes on with what libvirt does since an earlier call."""
        end = self._clock.monotonic() + ANSWER_S
        while True:
            percent = await self._threads(self._advance, self._real(str(upper)), self._real(str(lower)))
            if percent is None or percent >= 100 or self._clock.monotonic() >= end:
                return percent
            await asyncio.sleep(INTERVAL_S)

    def has_switched(self, vm_id: str, layers: Sequence[NewLayer]) -> bool:
        """Blocks. Whether the VM writes to none of the images before any more."""
        return not self._to_switch(self._xml(vm_id), layers)[0]

    def switch(
        self, vm_id: str, layers: Sequence[NewLayer], *, quiesce: bool = False, memory: Path | None = None
    ) -> None:
        """Blocks. Raises HypervisorFailed, and nothing has changed then."""
        files, others = self._to_switch(self._xml(vm_id), layers)
        xml = snapshot_xml(files, others, memory)
        self._hypervisor.snapshot(vm_id, xml, quiesce=quiesce, memory=memory is not None)

    def _snapshot(self, vm_id: str, request: SnapshotRequest) -> SnapshotReport:
        if self.has_switched(vm_id, request.layers):  # it was done before
            return SnapshotReport()
        quiesced = request.quiesce and has_agent(self._xml(vm_id))
        self.switch(vm_id, request.layers, quiesce=quiesced)
        return SnapshotReport(quiesced=quiesced)

    def _to_switch(self, xml: str, layers: Sequence[NewLayer]) -> tuple[dict[str, str], list[str]]:
        """By the targets of the disks that are on the images before: the new ones; and the targets of all others."""
        new = {self._path(layer.image): str(layout.image(self._volumes, layer.new)) for layer in layers}
        tops = {chain.target: self._real(chain.links[0].path) for chain in disk_chains(xml)}
        files = {target: new[path] for target, path in tops.items() if path in new}
        return files, [target for target in tops if target not in files]

    def _is_saving(self, vm_id: str) -> bool:
        domain = self._hypervisor.find(vm_id)
        return domain is not None and (domain.state, domain.reason) == (PAUSED, PAUSED_FOR_SNAPSHOT)

    def _images(self, vm_id: str) -> tuple[ImageRef, ...]:
        root = Path(self._volumes)
        found = []
        for chain in disk_chains(self._xml(vm_id)):
            path = Path(chain.links[0].path)
            if path.is_relative_to(root) and len(parts := path.relative_to(root).parts) == 4:
                found.append(ImageRef(storage_domain=parts[0], disk_id=parts[2], image_id=parts[3]))
        return tuple(found)

    def _advance(self, upper: str, lower: str) -> int | None:
        found = next(self._using(upper), None)
        if found is None:
            return 100 if next(self._using(lower), None) is not None else None
        vm_id, chain, place = found
        paths = [self._real(link.path) for link in chain.links]
        if lower not in paths:
            raise HypervisorFailed(act="merge images of the VM", reason=f"it does not stand on {lower}")
        if chain.is_ready:
            self._hypervisor.pivot(vm_id, chain.target)
            return self._advance(upper, lower)
        job = self._hypervisor.block_job(vm_id, chain.target)
        if job is None and not chain.is_committing:
            base = chain.name_of(paths.index(lower))
            self._hypervisor.commit(vm_id, chain.target, base=base, top=chain.name_of(place), active=place == 0)
            return 0
        return min(99, 100 * job[0] // max(1, job[1])) if job is not None else 99

    def _using(self, path: str) -> Iterator[tuple[str, DiskChain, int]]:
        """The VM, the disk and the place in its chain."""
        for domain in self._hypervisor.domains():
            for chain in disk_chains(self._hypervisor.xml(domain.id)):
                for place, link in enumerate(chain.links):
                    if self._real(link.path) == path:
                        yield domain.id, chain, place

    def _xml(self, vm_id: str) -> str:
        if self._hypervisor.find(vm_id) is None:
            raise VmUnknown(vm=vm_id)
        return self._hypervisor.xml(vm_id)

    def _path(self, image: ImageRef) -> str:
        return self._real(str(layout.image(self._volumes, image)))

    def _real(self, path: str) -> str:
        return str(real_path(Path(self._volumes), Path(os.path.normpath(path))))
