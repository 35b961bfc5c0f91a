"""From one state of a VM to another one, as rows: pure, one transaction each."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from hosted_engine.engine.disks.layers import (
    abandon,
    back_on,
    frozen,
    layer_in,
    layers_of,
    line_of,
    on_new_layer,
)
from hosted_engine.engine.disks.model import DiskImage
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.snapshots.config import restore, stored_config
from hosted_engine.engine.snapshots.images import Layer
from hosted_engine.engine.snapshots.memory import abandon_file, abandon_memory
from hosted_engine.engine.snapshots.model import BEFORE_PREVIEW, Snapshot, SnapshotStatus, SnapshotType
from hosted_engine.engine.vms.checks import the_vm
from node.api.messages.images import ImageRef


def leave(tx: Transaction, layers: Iterable[Layer], snapshot_id: str) -> None:
    """The disks are on new images; those that they were on are what they were at the snapshot."""
    for layer in layers:
        disk = tx.disks.get(layer.disk_id)
        if disk is not None and disk.image_id != layer.image_id:
            tx.disk_images.add(frozen(disk, snapshot_id))
            tx.disks.update(on_new_layer(disk, layer.image_id, layer.parent_id))


def to_preview(
    tx: Transaction, snapshot: Snapshot, layers: Iterable[Layer], now: float, memory: ImageRef | None = None
) -> None:
    """The VM is what it was at the snapshot, and has the memory of then, if it is given; what it is now is kept
    beside."""
    vm = the_vm(tx, snapshot.vm_id)
    before = Snapshot(
        id=new_id(),
        vm_id=vm.id,
        description=BEFORE_PREVIEW,
        type=SnapshotType.PREVIEW,
        taken_at=now,
        **stored_config(tx, vm),
    )
    tx.of(Snapshot).add(before)
    leave(tx, layers, before.id)
    then = restore(tx, vm, snapshot)
    if memory is not None:
        if vm.saved_memory is not None:  # what an earlier run has left
            abandon_file(tx, vm.saved_memory)
        tx.vms.update(replace(then, saved_memory=memory))
    tx.of(Snapshot).update(replace(snapshot, status=SnapshotStatus.IN_PREVIEW))


def obsolete_after_undo(tx: Transaction, before: Snapshot) -> list[DiskImage]:
    """The images that are written to in the preview."""
    disks = tx.disks.find([image.disk_id for image in tx.disk_images.list(snapshot_id=before.id)])
    return [frozen(disk, "") for disk in disks.values()]


def undo_preview(tx: Transaction, snapshot: Snapshot, before: Snapshot) -> None:
    """The VM is what it was before the preview; what was written meanwhile is abandoned."""
    written = obsolete_after_undo(tx, before)
    for image in tx.disk_images.list(snapshot_id=before.id):
        disk = tx.disks.get(image.disk_id)
        if disk is not None:
            tx.disk_images.remove(image.id)
            tx.disks.update(back_on(disk, image))
    for image in written:
        tx.disk_images.add(image)
        abandon(tx, image)
    restore(tx, the_vm(tx, snapshot.vm_id), before)
    _end_preview(tx, snapshot, before)


def obsolete_after_commit(tx: Transaction, before: Snapshot) -> list[DiskImage]:
    """The images that the disks were on before, down to those that the previewed ones stand on."""
    obsolete = []
    for left in tx.disk_images.list(snapshot_id=before.id):
        disk, layers = tx.disks.get(left.disk_id), layers_of(tx, left.disk_id)
        kept = set(line_of(layers, disk.parent_image_id if disk else None))
        obsolete += [layers[image_id] for image_id in line_of(layers, left.id) if image_id not in kept]
    return obsolete


def commit_preview(tx: Transaction, snapshot: Snapshot, before: Snapshot) -> None:
    """The VM stays what it was at the snapshot; what it was since is abandoned, with the snapshots taken since: of
    those, disks that stayed as they were keep what they hold, without the memory."""
    for image in obsolete_after_commit(tx, before):
        abandon(tx, image)
    for newer in tx.of(Snapshot).list(vm_id=snapshot.vm_id, type=SnapshotType.REGULAR):
        if newer.id != snapshot.id and newer.taken_at > snapshot.taken_at:
            held = {image.disk_id for image in tx.disk_images.list(snapshot_id=newer.id)}
            left = tuple(one for one in newer.disks if one["disk"]["id"] in held)
            abandon_memory(tx, newer.id)
            if left:
                tx.of(Snapshot).update(replace(newer, disks=left, persist_memorystate=False))
            else:
                tx.of(Snapshot).remove(newer.id)
    _end_preview(tx, snapshot, before)


def _end_preview(tx: Transaction, snapshot: Snapshot, before: Snapshot) -> None:
    tx.of(Snapshot).remove(before.id)
    tx.of(Snapshot).update(replace(snapshot, status=SnapshotStatus.OK))


def layers_on(tx: Transaction, snapshot: Snapshot, chosen: Collection[str] | None = None) -> tuple[Layer, ...]:
    """New images over those that the VM's disks, or the chosen ones, were on then."""
    layers = []
    for one in snapshot.disks:
        if chosen is not None and one["disk"]["id"] not in chosen:
            continue
        disk = tx.disks.get(one["disk"]["id"])
        image = layer_in(tx, disk.id, snapshot.id) if disk is not None else None
        if disk is not None and image is not None:
            layers.append(
                Layer(
                    disk_id=disk.id,
                    storage_domain_id=disk.storage_domain_id,
                    image_id=new_id(),
                    parent_id=image.id,
                    parent_format=image.format,
                    size_bytes=image.provisioned_size_bytes,
                )
            )
    return tuple(layers)
