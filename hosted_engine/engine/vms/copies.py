"""The disks of a new VM or template that come from others: thin copies, which stand on them, or full ones."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from hosted_engine.engine.disks.entity import DISK_ATTACHMENTS, DISKS
from hosted_engine.engine.disks.images import ImageSource
from hosted_engine.engine.disks.model import (
    Disk,
    DiskAttachment,
    DiskContentType,
    DiskFormat,
    DiskStatus,
    attachment_id,
)
from hosted_engine.engine.entity.declaration import Values
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NotSupported

OF_A_COPY = frozenset({"name", "description", "provisioned_size_bytes", "wipe_after_delete", "propagate_errors"})
OF_A_FULL_COPY = OF_A_COPY | {"format", "sparse", "storage_domain_id"}


class NewDisk(msgspec.Struct, frozen=True, kw_only=True):
    """`disk` is None for one that is there already. `place` is where the body asks for it, empty for what comes from
    elsewhere alone. `base_id` is the disk that it is a copy of, `source` the image of a full copy."""

    attachment: DiskAttachment
    disk: Disk | None = None
    place: str = ""
    base_id: str = ""
    source: ImageSource | None = None


@dataclass(frozen=True, slots=True)
class Base:
    """A disk that is copied, and how it is attached."""

    attachment: DiskAttachment
    disk: Disk


def bases_of(tx: Transaction, owner_id: str) -> Mapping[str, Base]:
    """What is copied of a VM or a template, by the disk's id: not what several VMs share, and no discs."""
    attachments = {one.disk_id: one for one in tx.disk_attachments.list(owner_id=owner_id)}
    disks = tx.disks.find(list(attachments))
    return {id_: Base(attachment, disks[id_]) for id_, attachment in attachments.items() if _is_copied(disks[id_])}


def _is_copied(disk: Disk) -> bool:
    return not disk.shareable and disk.content_type is DiskContentType.DATA


def thin_copy(base: Base, owner_id: str, name: str, how: Values, place: str) -> NewDisk:
    """It stands on the base's image, and lies beside it."""
    disk = _named(
        replace(base.disk, format=DiskFormat.COW, sparse=True, template_disk_id=base.disk.id), name, how, OF_A_COPY
    )
    for field, value in how.get("disk", {}).items():
        if field in DISKS.columns and field != "id" and value != (now := getattr(disk, field)):
            reason = f"a VM has thin copies of its template's disks, beside them; this one would have {now}"
            raise NotSupported(value=value, field=DISKS.place(field, f"{place}.disk"), reason=reason)
    return _attached(base, disk, owner_id, how, place)


def full_copy(
    base: Base, owner_id: str, name: str, how: Values, place: str, storage_domain_id: str | None = None
) -> NewDisk:
    """It stands on nothing; it may lie elsewhere, in another format."""
    attributes = how.get("disk", {})
    more: dict[str, Any] = {"storage_domain_id": storage_domain_id} if storage_domain_id else {}
    if attributes.get("format") is DiskFormat.COW:
        more["sparse"] = True
    disk = _named(replace(base.disk, **more, template_disk_id=None), name, how, OF_A_FULL_COPY)
    for field, value in attributes.items():
        if field in DISKS.columns and field != "id" and value != (now := getattr(disk, field)):
            raise BadValue(value=value, field=DISKS.place(field, f"{place}.disk"), reason=f"a copy has {now}")
    return msgspec.structs.replace(_attached(base, disk, owner_id, how, place), source=ImageSource.of(base.disk))


def _named(base: Disk, name: str, how: Values, settable: frozenset[str]) -> Disk:
    """A disk of its own, with what is said of it in so far as that can be."""
    attributes = {field: value for field, value in how.get("disk", {}).items() if field in settable}
    own = replace(
        base,
        id=new_id(),
        image_id=new_id(),
        name=name,
        description="",
        status=DiskStatus.LOCKED,
        actual_size_bytes=0,
        shareable=False,
    )
    return replace(own, **attributes)


def _attached(base: Base, disk: Disk, owner_id: str, how: Values, place: str) -> NewDisk:
    if disk.provisioned_size_bytes < (least := base.disk.provisioned_size_bytes):
        field = DISKS.place("provisioned_size_bytes", f"{place}.disk")
        raise BadValue(value=disk.provisioned_size_bytes, field=field, reason=f"the disk has {least} bytes")
    own: dict[str, Any] = {
        "id": attachment_id(owner_id, disk.id),
        "owner_id": owner_id,
        "disk_id": disk.id,
        "read_only": False,
    }
    own |= {name: value for name, value in how.items() if name in DISK_ATTACHMENTS.columns}
    attachment = replace(base.attachment, **own)
    return NewDisk(attachment=attachment, disk=disk, place=place, base_id=base.disk.id)
