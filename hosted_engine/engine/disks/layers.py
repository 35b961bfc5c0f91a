"""The images of one disk, of which each stands on the one before: what stands on what, and what may go. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from hosted_engine.engine.disks.model import Disk, DiskFormat, DiskImage, DiskStatus
from hosted_engine.engine.ports import Transaction


def why_layered(tx: Transaction, disk_id: str, holders: str = "its snapshots") -> tuple[str, str] | None:
    """Why it has more than one image, and what helps; None for one that has not. `holders` are in words."""
    images = tx.disk_images.list(disk_id=disk_id)
    if any(image.snapshot_id for image in images):
        return f"{holders} hold it", "Remove those snapshots first"
    return ("what a run or a snapshot left of it is being removed", "Try again in a moment") if images else None


def layers_of(tx: Transaction, disk_id: str) -> dict[str, DiskImage]:
    """All but the one that is written to."""
    return {image.id: image for image in tx.disk_images.list(disk_id=disk_id)}


def layer_in(tx: Transaction, disk_id: str, snapshot_id: str) -> DiskImage | None:
    """What the disk was when the snapshot was taken."""
    return next(iter(tx.disk_images.list(disk_id=disk_id, snapshot_id=snapshot_id)), None)


def frozen(disk: Disk, snapshot_id: str) -> DiskImage:
    """The image that it is on now, when another one takes its place."""
    return DiskImage(
        id=disk.image_id,
        disk_id=disk.id,
        snapshot_id=snapshot_id,
        parent_id=disk.parent_image_id,
        format=disk.format,
        sparse=disk.sparse,
        provisioned_size_bytes=disk.provisioned_size_bytes,
        actual_size_bytes=disk.actual_size_bytes,
    )


def on_new_layer(disk: Disk, image_id: str, parent_id: str, actual_size_bytes: int = 0) -> Disk:
    """It is written to a new image, which stands on `parent_id`."""
    return replace(
        disk,
        image_id=image_id,
        parent_image_id=parent_id,
        format=DiskFormat.COW,
        sparse=True,
        actual_size_bytes=actual_size_bytes,
    )


def back_on(disk: Disk, image: DiskImage) -> Disk:
    """It is written to an image again that had been left."""
    return replace(
        disk,
        image_id=image.id,
        parent_image_id=image.parent_id,
        format=image.format,
        sparse=image.sparse,
        provisioned_size_bytes=image.provisioned_size_bytes,
        actual_size_bytes=image.actual_size_bytes,
    )


def line_of(layers: dict[str, DiskImage], image_id: str | None) -> list[str]:
    """The image, what it stands on, and so on, down to the first one of the disk."""
    line = []
    while image_id is not None and image_id not in line:
        line.append(image_id)
        image_id = layers[image_id].parent_id if image_id in layers else None
    return line


def tops_first(images: Iterable[DiskImage]) -> Sequence[DiskImage]:
    """So that nothing stands on one when its turn comes."""
    left, order = {image.id: image for image in images}, []
    while left:
        parents = {image.parent_id for image in left.values()}
        tops = [image for image in left.values() if image.id not in parents] or list(left.values())
        order.extend(tops)
        for image in tops:
            del left[image.id]
    return order


def abandon(tx: Transaction, image: DiskImage) -> None:
    """Nobody needs it any more: what is left of it is removed by whoever works on the disk next."""
    tx.disk_images.update(replace(image, snapshot_id="", status=DiskStatus.ILLEGAL))


def abandoned(tx: Transaction, disk_ids: Iterable[str]) -> list[DiskImage]:
    return list(tops_first(tx.disk_images.list(disk_id=tuple(disk_ids), snapshot_id="")))
