"""The steps that make, copy, grow and remove the image of a disk, shared by every command that does."""

from dataclasses import replace

import msgspec

from hosted_engine.engine.command import Dependencies
from hosted_engine.engine.disks.layers import frozen, tops_first
from hosted_engine.engine.disks.model import Disk, DiskFormat, DiskStatus
from hosted_engine.engine.jobs.model import JobStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from node.api.messages.images import ImageCopy, ImageProgress, ImageRef, ImageReport, ImageRequest, ImageResize
from node.api.problems import RemoteRefused
from node.steps import Step


class ImageSource(msgspec.Struct, frozen=True, kw_only=True):
    """An image that is copied: of a disk, or of what a disk was when a snapshot was taken."""

    storage_domain_id: str
    disk_id: str
    image_id: str
    format: DiskFormat

    @classmethod
    def of(cls, disk: Disk) -> "ImageSource":
        return cls(
            storage_domain_id=disk.storage_domain_id, disk_id=disk.id, image_id=disk.image_id, format=disk.format
        )

    @property
    def image(self) -> ImageRef:
        return ImageRef(storage_domain=self.storage_domain_id, disk_id=self.disk_id, image_id=self.image_id)


def request_for(tx: Transaction, disk: Disk) -> ImageRequest:
    """A thin overlay where the disk stands on a template's, an empty image otherwise."""
    if disk.template_disk_id is None:
        return ImageRequest(
            format=disk.format.image_format,
            size_bytes=disk.provisioned_size_bytes,
            preallocated=not disk.sparse,
        )
    base = found(tx.disks.get(disk.template_disk_id), "disk", disk.template_disk_id)
    return ImageRequest(
        format=disk.format.image_format,
        size_bytes=disk.provisioned_size_bytes,
        backing=base.image,
        backing_format=base.format.image_format,
    )


def image_key(disk_id: str) -> str:
    """Of the step that makes the image."""
    return f"make-image-{disk_id}"


def make_image(dependencies: Dependencies, disk_id: str) -> Step:
    """The disk's row is there already, locked; the step records the image's actual size in it."""

    async def do() -> None:
        with dependencies.store.transaction() as tx:
            disk = found(tx.disks.get(disk_id), "disk", disk_id)
            image, request = disk.image, request_for(tx, disk)
        node = await dependencies.fleet.carrier(image.storage_domain)
        report = await node.make_image(image, request)
        with dependencies.store.transaction() as tx:
            disk = found(tx.disks.get(disk_id), "disk", disk_id)
            tx.disks.update(replace(disk, actual_size_bytes=report.actual_size_bytes))

    return Step(image_key(disk_id), "Make the image of a disk", do, lambda: _remove_made(dependencies, disk_id))


def copy_image(dependencies: Dependencies, disk_id: str, source: ImageSource) -> Step:
    """As `make_image`, with all that is in `source`. One node does it, asked call by call how far it is."""
    key = image_key(disk_id)

    async def do() -> None:
        with dependencies.store.transaction() as tx:
            disk = found(tx.disks.get(disk_id), "disk", disk_id)
            image = disk.image
        request = _copy_request(disk, source)
        node = await dependencies.fleet.carrier(image.storage_domain)
        progress = await node.copy_image(image, request)
        while progress.image is None:
            note_progress(dependencies, key, progress)
            progress = await node.copy_image(image, request)
        with dependencies.store.transaction() as tx:
            disk = found(tx.disks.get(disk_id), "disk", disk_id)
            tx.disks.update(replace(disk, actual_size_bytes=progress.image.actual_size_bytes))

    return Step(key, "Copy the image of a disk", do, lambda: _remove_made(dependencies, disk_id))


def note_progress(dependencies: Dependencies, key: str, progress: ImageProgress) -> None:
    """In the job's step."""
    with dependencies.store.transaction() as tx:
        for step in tx.job_steps.list(key=key, status=JobStatus.STARTED):
            tx.job_steps.update(replace(step, progress=progress.percent))


def _copy_request(disk: Disk, source: ImageSource) -> ImageCopy:
    return ImageCopy(
        source=source.image,
        source_format=source.format.image_format,
        format=disk.format.image_format,
        size_bytes=disk.provisioned_size_bytes,
        preallocated=not disk.sparse,
    )


async def _remove_made(dependencies: Dependencies, disk_id: str) -> None:
    """Whatever of it was made."""
    with dependencies.store.transaction() as tx:
        disk = tx.disks.get(disk_id)
        image = disk.image if disk else None
    if image is not None:
        node = await dependencies.fleet.carrier(image.storage_domain)
        await node.remove_image(image)


def grow_image(dependencies: Dependencies, disk_id: str, size_bytes: int) -> Step:
    """Nothing is taken off an image again: what it has come to is written down instead."""

    async def do() -> None:
        with dependencies.store.transaction() as tx:
            disk = found(tx.disks.get(disk_id), "disk", disk_id)
            image = disk.image
        node = await dependencies.fleet.carrier(image.storage_domain)
        report = await node.resize_image(image, ImageResize(size_bytes=size_bytes, preallocated=not disk.sparse))
        _note(dependencies, disk_id, report)

    async def undo() -> None:
        with dependencies.store.transaction() as tx:
            image = found(tx.disks.get(disk_id), "disk", disk_id).image
        node = await dependencies.fleet.carrier(image.storage_domain)
        report = await node.image(image)
        if report is not None:
            _note(dependencies, disk_id, report)

    return Step(f"grow-image-{disk_id}", "Make the image of a disk larger", do, undo)


def _note(dependencies: Dependencies, disk_id: str, report: ImageReport) -> None:
    """What a node says of the image's size; a size that is no multiple of a sector was rounded up."""
    with dependencies.store.transaction() as tx:
        disk = found(tx.disks.get(disk_id), "disk", disk_id)
        size = max(disk.provisioned_size_bytes, report.virtual_size_bytes)
        disk = replace(disk, actual_size_bytes=report.actual_size_bytes, provisioned_size_bytes=size)
        tx.disks.update(disk)


def lock_to_remove(tx: Transaction, disk: Disk) -> None:
    """One that is illegal stays so: it must not be ok again when its removal fails once more."""
    if disk.status is DiskStatus.OK:
        tx.disks.update(replace(disk, status=DiskStatus.LOCKED))


def unlock(tx: Transaction, disk: Disk) -> None:
    """After a removal that did not come to its image."""
    if disk.status is DiskStatus.LOCKED:
        tx.disks.update(replace(disk, status=DiskStatus.OK))


def remove_image(dependencies: Dependencies, disk_id: str) -> Step:
    """The disk is illegal from the moment on when one of its images may be gone; then its row goes, attachments first.
    What stands on another image of it goes before that."""

    async def do() -> None:
        with dependencies.store.transaction() as tx:
            disk = tx.disks.get(disk_id)
            if disk is None:
                return
            images = _all_images(tx, disk)
        await dependencies.fleet.carrier(images[0].storage_domain)
        with dependencies.store.transaction() as tx:
            tx.disks.update(replace(disk, status=DiskStatus.ILLEGAL))
        try:
            left = await _begin_to_remove(dependencies, images[0], wipe=disk.wipe_after_delete)
        except RemoteRefused:
            with dependencies.store.transaction() as tx:
                tx.disks.update(disk)  # nothing was changed
            raise
        await _wipe_on(dependencies, images[0], left)
        for image in images[1:]:
            await remove_or_wipe(dependencies, image, wipe=disk.wipe_after_delete)
        with dependencies.store.transaction() as tx:
            for attachment in tx.disk_attachments.list(disk_id=disk_id):
                tx.disk_attachments.remove(attachment.id)
            for layer in tx.disk_images.list(disk_id=disk_id):
                tx.disk_images.remove(layer.id)
            tx.disks.remove(disk_id)

    return Step(f"remove-image-{disk_id}", "Remove the image of a disk", do)


def _all_images(tx: Transaction, disk: Disk) -> list[ImageRef]:
    """Nothing stands on one when its turn comes."""
    images = tops_first([frozen(disk, ""), *tx.disk_images.list(disk_id=disk.id)])
    return [msgspec.structs.replace(disk.image, image_id=image.id) for image in images]


async def remove_or_wipe(dependencies: Dependencies, image: ImageRef, *, wipe: bool) -> None:
    """One that is to be wiped is overwritten call by call: any node goes on where another one has stopped."""
    await _wipe_on(dependencies, image, await _begin_to_remove(dependencies, image, wipe=wipe))


async def _begin_to_remove(dependencies: Dependencies, image: ImageRef, *, wipe: bool) -> int:
    """How much of it is left to overwrite."""
    node = await dependencies.fleet.carrier(image.storage_domain)
    if wipe:
        return (await node.wipe_image(image)).left_bytes
    await node.remove_image(image)
    return 0


async def _wipe_on(dependencies: Dependencies, image: ImageRef, left: int) -> None:
    while left:
        node = await dependencies.fleet.carrier(image.storage_domain)
        left = (await node.wipe_image(image)).left_bytes
