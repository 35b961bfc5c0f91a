"""The images of disks that snapshots hold, in the API: below their storage domain, and below their disk."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.disks.layers import frozen
from hosted_engine.engine.disks.model import Disk, DiskImage
from hosted_engine.engine.entity.declaration import Link, Options
from hosted_engine.engine.entity.reported import AsItWas, Reported, Shown
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NotThere, WrongState, found
from hosted_engine.engine.snapshots.checks import the_snapshot
from hosted_engine.engine.snapshots.commands.remove import RemoveDiskSnapshot
from hosted_engine.engine.snapshots.model import Snapshot, SnapshotType

SERVICES = ("DiskSnapshots", "DiskSnapshot")


def _below_domain(tx: Transaction, readings: Readings, ids: Mapping[str, str], options: Options) -> Mapping[str, Shown]:
    domain_id = ids["storage_domain"]
    found(tx.storage_domains.get(domain_id), "storage domain", domain_id)
    return _items(tx, tx.disks.list(storage_domain_id=domain_id), options)


def _below_disk(tx: Transaction, readings: Readings, ids: Mapping[str, str], options: Options) -> Mapping[str, Shown]:
    return _items(tx, [found(tx.disks.get(ids["disk"]), "disk", ids["disk"])], options)


def _items(tx: Transaction, disks: Iterable[Disk], options: Options) -> Mapping[str, Shown]:
    """Those of VMs' snapshots; with `include_active` what VMs write to, with `include_template` templates' as well."""
    shown: dict[str, Shown] = {}
    for disk in disks:
        owners = [one.owner_id for one in tx.disk_attachments.list(disk_id=disk.id)]
        of_template = any(tx.templates.get(owner) for owner in owners)
        for image in _images(tx, disk):
            if image.snapshot_id:
                shown[image.id] = _shown(disk, image, the_snapshot(tx, image.snapshot_id))
            elif options.boolean("include_template") if of_template else options.boolean("include_active"):
                shown[image.id] = _shown(disk, image, _active(tx, owners))
    return shown


def _images(tx: Transaction, disk: Disk) -> Iterator[DiskImage]:
    """What it is on, and what snapshots hold; not what nobody needs."""
    yield frozen(disk, "")
    yield from (image for image in tx.disk_images.list(disk_id=disk.id) if image.snapshot_id)


def _active(tx: Transaction, owners: list[str]) -> Snapshot | None:
    return next(iter(tx.of(Snapshot).list(vm_id=tuple(owners), type=SnapshotType.ACTIVE)), None) if owners else None


def _shown(disk: Disk, image: DiskImage, snapshot: Snapshot | None) -> AsItWas:
    then = replace(
        disk,
        id=image.id,
        image_id=image.id,
        format=image.format,
        sparse=image.sparse,
        provisioned_size_bytes=image.provisioned_size_bytes,
        actual_size_bytes=image.actual_size_bytes,
        status=image.status,
    )
    more: dict[str, Any] = {"disk": Link("disks", disk.id)}
    if snapshot is not None:
        more["snapshot"] = Link("snapshots", snapshot.id, path=f"vms/{snapshot.vm_id}/snapshots")
    if image.parent_id is not None:
        path = f"storagedomains/{disk.storage_domain_id}/disksnapshots"
        more["parent"] = Link("disk_images", image.parent_id, path=path)
    return AsItWas("disks", then, more=more)


def _remove(tx: Transaction, ids: Mapping[str, str]) -> Command:
    """What is left of the snapshot has the other disks."""
    image = tx.disk_images.get(ids["snapshot"])
    disk = tx.disks.get(image.disk_id) if image is not None else None
    if image is None or disk is None or ids.get("storage_domain", disk.storage_domain_id) != disk.storage_domain_id:
        raise NotThere(kind="disk snapshot", id=ids["snapshot"])
    if ids.get("disk", disk.id) != disk.id:
        raise NotThere(kind=f"snapshot of disk {disk.name}", id=image.id)
    if not image.snapshot_id:
        mend = "Wait a moment"
        reason = "nobody needs it, and it is about to be removed"
        raise WrongState(action="remove", kind="disk snapshot", name=image.id, reason=reason, mend=mend)
    snapshot = the_snapshot(tx, image.snapshot_id)
    return RemoveDiskSnapshot(vm_id=snapshot.vm_id, snapshot_id=snapshot.id, disk_id=disk.id)


DISK_SNAPSHOTS = tuple(
    Reported("disk snapshot", SERVICES, frozenset({name}), items, remove=_remove)
    for name, items in (("storage_domain", _below_domain), ("disk", _below_disk))
)
