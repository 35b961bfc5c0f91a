"""The images of VMs that run: new ones on top of them, and merges below them, while the guest writes."""

import asyncio
import os.path
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from node.api.messages.images import ImageRef
from node.api.messages.vms import SnapshotReport, SnapshotRequest
from node.api.refusals import VmUnknown, vm_uuid
from node.clock import Clock
from node.storage import layout
from node.storage.mount_points import real_path
from node.system.threads import Threads
from node.vms.block_chain import DiskChain, disk_chains, has_agent, snapshot_xml
from node.vms.hypervisor import Hypervisor, HypervisorFailed

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
        return await self._threads(self._images, vm_uuid(vm_id))

    async def merge(self, upper: Path, lower: Path) -> int | None:
        """How many percent of `upper` are in `lower`; 100 once the VM does not use `upper` any more. None where no VM
        here uses it. Begins it, or goes on with what libvirt does since an earlier call."""
        end = self._clock.monotonic() + ANSWER_S
        while True:
            percent = await self._threads(self._advance, self._real(str(upper)), self._real(str(lower)))
            if percent is None or percent >= 100 or self._clock.monotonic() >= end:
                return percent
            await asyncio.sleep(INTERVAL_S)

    def _snapshot(self, vm_id: str, request: SnapshotRequest) -> SnapshotReport:
        xml = self._xml(vm_id)
        new = {self._path(layer.image): self._path(layer.new) for layer in request.layers}
        files, others = {}, []
        for chain in disk_chains(xml):
            path = self._real(chain.links[0].path)
            if path in new:
                files[chain.target] = str(layout.image(self._volumes, self._layer(request, path)))
            else:
                others.append(chain.target)
        if not files:  # it was done before
            return SnapshotReport()
        quiesced = request.quiesce and has_agent(xml)
        self._hypervisor.snapshot(vm_id, snapshot_xml(files, others), quiesce=quiesced)
        return SnapshotReport(quiesced=quiesced)

    def _layer(self, request: SnapshotRequest, path: str) -> ImageRef:
        return next(layer.new for layer in request.layers if self._path(layer.image) == path)

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
