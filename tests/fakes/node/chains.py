"""What one fake node does with images that stand on others; what they hold is words, put there by a test."""

import msgspec

from node.api import refusals as r
from node.api.messages.images import ImageCopy, ImageProgress, ImageRebase, ImageRef, ImageReport
from node.api.messages.vms import MemoryLink, MemorySnapshotRequest, SnapshotReport, SnapshotRequest
from tests.fakes.node.site import FakeSite
from tests.fakes.node.storage import FakeStorage
from tests.fakes.node.vms import FakeVms


class FakeChains:
    def __init__(self, site: FakeSite, storage: FakeStorage, vms: FakeVms) -> None:
        self._site = site
        self._storage = storage
        self._vms = vms

    def copy_image(self, image: ImageRef, request: ImageCopy) -> ImageProgress:
        image, source = self._storage.on_mount(image), self._need(self._storage.on_mount(request.source))
        found = self._site.images.get(image)
        if found is not None:
            if found.format is not request.format:
                raise r.ImageDiffers(image=image.image_id, reason=f"its format is {found.format}")
            return ImageProgress(percent=100, image=found)
        size = request.size_bytes or source.virtual_size_bytes
        if size < source.virtual_size_bytes:
            raise r.Malformed(reason=f"{size} bytes are too few for a content of {source.virtual_size_bytes}")
        if percent := self._site.is_working_on(image):
            return ImageProgress(percent=percent)
        made = ImageReport(
            image=image,
            format=request.format,
            virtual_size_bytes=size,
            actual_size_bytes=size
            if request.preallocated
            else source.actual_size_bytes - self._site.zeros.get(source.image, 0),
        )
        self._site.images[image] = made
        self._site.contents_of[image] = self._site.read(source.image)
        return ImageProgress(percent=100, image=made)

    def merge_image(self, image: ImageRef) -> ImageProgress:
        """By the VM, too, that runs on it; done where one runs on what it stands on."""
        image = self._storage.on_mount(image)
        backing = self._need(image).backing
        if backing is None or backing.disk_id != image.disk_id:
            raise r.NotMerged(image=image.image_id, reason="it stands on no image of its disk")
        if others := [other for other in self._site.standing_on(backing) if other != image]:
            raise r.ImageInUse(act="merge into", image=backing.image_id, by=others[0].image_id)
        if percent := self._site.is_working_on(image):
            return ImageProgress(percent=percent)
        if self._vms.runs_on(backing) is not None:  # it was done before
            return ImageProgress(percent=100, image=self._need(backing))
        below, above = self._need(backing), self._need(image)
        size = max(below.virtual_size_bytes, above.virtual_size_bytes)
        self._site.images[backing] = msgspec.structs.replace(below, virtual_size_bytes=size)
        held, more = self._site.contents_of.get(backing, ()), self._site.contents_of.get(image, ())
        self._site.contents_of[backing] = (*held, *(word for word in more if word not in held))
        self._vms.move_disks({image: backing})
        return ImageProgress(percent=100, image=self._site.images[backing])

    def rebase_image(self, image: ImageRef, request: ImageRebase) -> ImageReport:
        image = self._storage.on_mount(image)
        report, backing = self._need(image), self._need(self._storage.on_mount(request.backing))
        if image in {one.image for one in self.image_chain(backing.image)}:
            raise r.Malformed(reason=f"image {backing.image.image_id} stands on it")
        self._site.images[image] = msgspec.structs.replace(report, backing=backing.image)
        return self._site.images[image]

    def image_chain(self, image: ImageRef) -> tuple[ImageReport, ...]:
        return tuple(map(self._need, self._site.chain(self._storage.on_mount(image))))

    def snapshot_vm(self, vm_id: str, request: SnapshotRequest) -> SnapshotReport:
        self._vms.running_spec(vm_id)
        for layer in request.layers:
            self._need(self._storage.on_mount(layer.new))
        self._vms.move_disks({layer.image: layer.new for layer in request.layers})
        return SnapshotReport(quiesced=request.quiesce)

    def snapshot_vm_with_memory(self, vm_id: str, request: MemorySnapshotRequest) -> None:
        self._vms.need_mounted(request.memory.storage_domain)
        spec = self._vms.running_spec(vm_id)
        left = {one.image for one in spec.disks} & {layer.image for layer in request.layers}
        if request.memory in self._site.images and not left:
            return
        self.snapshot_vm(vm_id, SnapshotRequest(layers=request.layers, quiesce=False))
        self._vms.save_memory(vm_id, request.memory)

    def link_memory(self, image: ImageRef, request: MemoryLink) -> None:
        self._vms.need_mounted(image.storage_domain)
        if image not in self._site.images:
            self._site.images[image] = msgspec.structs.replace(self._need(request.source), image=image)

    def vm_images(self, vm_id: str) -> tuple[ImageRef, ...]:
        return tuple(disk.image for disk in self._vms.running_spec(vm_id).disks)

    def _need(self, image: ImageRef) -> ImageReport:
        if image not in self._site.images:
            raise r.ImageUnknown(image=image.image_id, storage_domain=image.storage_domain)
        return self._site.images[image]
