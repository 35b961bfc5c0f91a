"""The steps that make and remove single images of disks, shared by every command on snapshots."""

from collections.abc import Iterable
from dataclasses import replace

import msgspec

from hosted_engine.engine.command import Dependencies
from hosted_engine.engine.disks.images import remove_or_wipe
from hosted_engine.engine.disks.model import Disk, DiskFormat, DiskImage, DiskStatus
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from node.api.messages.images import ImageRef, ImageRequest
from node.steps import Step


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """A new image of a disk, over one that is there."""

    disk_id: str
    storage_domain_id: str
    image_id: str
    parent_id: str
    parent_format: DiskFormat
    size_bytes: int


class Doomed(msgspec.Struct, frozen=True, kw_only=True):
    """An image that nobody needs any more."""

    disk_id: str
    storage_domain_id: str
    image_id: str


def layer_over(disk: Disk) -> Layer:
    """A new image over the one that the disk is on."""
    return Layer(
        disk_id=disk.id,
        storage_domain_id=disk.storage_domain_id,
        image_id=new_id(),
        parent_id=disk.image_id,
        parent_format=disk.format,
        size_bytes=disk.provisioned_size_bytes,
    )


def image_ref(of: Layer | Doomed, image_id: str = "") -> ImageRef:
    """Of the image itself, or of another one of its disk."""
    return ImageRef(storage_domain=of.storage_domain_id, disk_id=of.disk_id, image_id=image_id or of.image_id)


def doomed(tx: Transaction, images: Iterable[DiskImage]) -> tuple[Doomed, ...]:
    """In the order of `images`."""
    disks: dict[str, Disk] = {}
    answer = []
    for image in images:
        disk = disks.setdefault(image.disk_id, found(tx.disks.get(image.disk_id), "disk", image.disk_id))
        answer.append(Doomed(disk_id=disk.id, storage_domain_id=disk.storage_domain_id, image_id=image.id))
    return tuple(answer)


def make_layer(dependencies: Dependencies, layer: Layer) -> Step:
    """Taken back as long as the disk is not on it."""

    async def do() -> None:
        image, parent = image_ref(layer), image_ref(layer, layer.parent_id)
        request = ImageRequest(
            format=DiskFormat.COW.image_format,
            size_bytes=layer.size_bytes,
            backing=parent,
            backing_format=layer.parent_format.image_format,
        )
        await (await dependencies.fleet.carrier(image.storage_domain)).make_image(image, request)

    async def undo() -> None:
        with dependencies.store.transaction() as tx:
            disk = tx.disks.get(layer.disk_id)
            if disk is not None and disk.image_id == layer.image_id:
                return
        image = image_ref(layer)
        await (await dependencies.fleet.carrier(image.storage_domain)).remove_image(image)
        _forget(dependencies, layer.image_id)

    return Step(f"make-layer-{layer.image_id}", "Make a new image over that of a disk", do, undo)


def remove_layer(dependencies: Dependencies, image: Doomed) -> Step:
    """Its row goes with it."""

    async def do() -> None:
        with dependencies.store.transaction() as tx:
            disk = found(tx.disks.get(image.disk_id), "disk", image.disk_id)
        await remove_or_wipe(dependencies, image_ref(image), wipe=disk.wipe_after_delete)
        _forget(dependencies, image.image_id)

    return Step(f"remove-layer-{image.image_id}", "Remove an image of a disk", do)


def _forget(dependencies: Dependencies, image_id: str) -> None:
    with dependencies.store.transaction() as tx:
        if tx.disk_images.get(image_id) is not None:
            tx.disk_images.remove(image_id)


def lock_disks(tx: Transaction, disk_ids: Iterable[str]) -> None:
    for disk in tx.disks.find(list(disk_ids)).values():
        tx.disks.update(replace(disk, status=DiskStatus.LOCKED))


def unlock_disks(tx: Transaction, disk_ids: Iterable[str]) -> None:
    for disk in tx.disks.find(list(disk_ids)).values():
        if disk.status is DiskStatus.LOCKED:
            tx.disks.update(replace(disk, status=DiskStatus.OK))
