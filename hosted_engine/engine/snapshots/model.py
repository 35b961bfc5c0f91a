"""A snapshot: what a VM and its disks were at some time; and the images of disks that stand for that."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any

from hosted_engine.engine.entity.field import Field, OnRemove, Reference, Settable, Shape
from node.api.messages.images import ImageRef

ACTIVE_DESCRIPTION = "Active VM"  # oVirt's words
BEFORE_PREVIEW = "Active VM before the preview"
STATELESS_DESCRIPTION = "stateless snapshot"


class SnapshotType(StrEnum):
    """ACTIVE stands for the VM as it is, and is always there; PREVIEW for what it was before a preview; STATELESS for
    what it goes back to when its run ends."""

    ACTIVE = "active"
    PREVIEW = "preview"
    REGULAR = "regular"
    STATELESS = "stateless"


class SnapshotStatus(StrEnum):
    IN_PREVIEW = "in_preview"
    LOCKED = "locked"
    OK = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """`vm` holds what the VM was, `nics` and `disks` its NICs and its disks with their attachments, as JSON has them.
    The image that a disk was on then is the `DiskImage` with this snapshot's id; a disk without one is as it is."""

    id: str
    vm_id: Annotated[str, Reference("vm", settable=Settable.NEVER, to="vms", on_remove=OnRemove.CASCADE)]
    description: Annotated[str, Field("description", settable=Settable.ON_ADD, length=4000)] = ""
    type: Annotated[SnapshotType, Field("snapshot_type", settable=Settable.NEVER)] = SnapshotType.REGULAR
    status: Annotated[SnapshotStatus, Field("snapshot_status", settable=Settable.NEVER)] = SnapshotStatus.OK
    taken_at: Annotated[float, Field("date", settable=Settable.NEVER, shape=Shape.DATE)] = 0.0
    persist_memorystate: Annotated[bool, Field("persist_memorystate", settable=Settable.ON_ADD)] = False
    vm: dict[str, Any] = field(default_factory=dict)
    nics: tuple[dict[str, Any], ...] = ()
    disks: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryVolume:
    """The memory that a VM had at a snapshot, as a file on a storage domain; without a `snapshot_id` nobody needs it,
    and it is about to be removed. Its id is that of its folder among the disks'."""

    id: str
    storage_domain_id: Annotated[str, Reference(to="storage_domains")]
    snapshot_id: Annotated[str, Field(index=True)]

    @property
    def image(self) -> ImageRef:
        return memory_image(self.storage_domain_id, self.id)


def memory_image(storage_domain_id: str, volume_id: str) -> ImageRef:
    return ImageRef(storage_domain=storage_domain_id, disk_id=volume_id, image_id="memory")


def active_of(vm_id: str, snapshot_id: str, now: float) -> Snapshot:
    """The one that stands for the VM as it is."""
    return Snapshot(id=snapshot_id, vm_id=vm_id, description=ACTIVE_DESCRIPTION, type=SnapshotType.ACTIVE, taken_at=now)
