"""A disk: one image on a storage domain; and its attachment to a VM or a template."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from hosted_engine.engine.entity.field import Field, Reference, Settable, Shape, name_rule
from hosted_engine.engine.problems import BadValue
from node.api.messages.images import ImageFormat, ImageRef


class DiskStatus(StrEnum):
    ILLEGAL = "illegal"
    LOCKED = "locked"
    OK = "ok"


class DiskFormat(StrEnum):
    """oVirt's words: `cow` is qcow2."""

    COW = "cow"
    RAW = "raw"

    @property
    def image_format(self) -> ImageFormat:
        return ImageFormat.QCOW2 if self is DiskFormat.COW else ImageFormat.RAW


class DiskContentType(StrEnum):
    DATA = "data"
    HOSTED_ENGINE = "hosted_engine"
    ISO = "iso"


class DiskInterface(StrEnum):
    IDE = "ide"
    SATA = "sata"
    SPAPR_VSCSI = "spapr_vscsi"
    VIRTIO = "virtio"
    VIRTIO_SCSI = "virtio_scsi"


GIB = 1 << 30
SECTOR_BYTES = 512
MAX_SIZE_BYTES = 500 << 40  # oVirt's limit, and qcow2's is not far


def whole_sectors(value: Any, field: str) -> int:
    """An image has whole sectors: a part of one counts as one."""
    return -(-int(value) // SECTOR_BYTES) * SECTOR_BYTES


def known_content(value: Any, field: str) -> Any:
    """Data, or a disc for the drives of VMs."""
    if value not in (DiskContentType.DATA, DiskContentType.ISO):
        raise BadValue(value=str(value), field=field, reason="it is data or iso")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """The image lies at `images/<id>/<image_id>` on its storage domain. `sparse` is thin provisioning;
    `template_disk_id` names the disk that a thin overlay stands on, `parent_image_id` the image of the disk itself that
    a snapshot has left. `initial_size_bytes` is what its client says that it will have at first."""

    id: str
    name: Annotated[
        str, Field("name", also=("alias",), search=("name", "alias"), length=255, rule=name_rule(), live=True)
    ]
    storage_domain_id: Annotated[
        str,
        Reference("storage_domains", settable=Settable.ON_ADD, search="storage", to="storage_domains", listed=True),
    ]
    image_id: Annotated[str, Field("image_id", settable=Settable.NEVER)]
    provisioned_size_bytes: Annotated[
        int,
        Field(
            "provisioned_size",
            search=("provisioned_size", "size"),
            unit=GIB,
            least=SECTOR_BYTES,
            most=MAX_SIZE_BYTES,
            rule=whole_sectors,
        ),
    ]
    description: Annotated[str, Field("description", search="description", length=500, live=True)] = ""
    format: Annotated[DiskFormat, Field("format", settable=Settable.ON_ADD, search="format")] = DiskFormat.COW
    sparse: Annotated[bool, Field("sparse", settable=Settable.ON_ADD)] = True
    status: Annotated[DiskStatus, Field("status", settable=Settable.NEVER, search="status")] = DiskStatus.OK
    actual_size_bytes: Annotated[
        int, Field("actual_size", also=("total_size",), settable=Settable.NEVER, search="actual_size", unit=GIB)
    ] = 0
    template_disk_id: Annotated[str | None, Reference(to="disks")] = None
    parent_image_id: str | None = None
    shareable: Annotated[bool, Field("shareable", search="shareable")] = False
    wipe_after_delete: Annotated[bool, Field("wipe_after_delete", search="wipe_after_delete", live=True)] = False
    propagate_errors: Annotated[bool, Field("propagate_errors")] = False
    content_type: Annotated[
        DiskContentType, Field("content_type", settable=Settable.ON_ADD, search="disk_content_type", rule=known_content)
    ] = DiskContentType.DATA
    initial_size_bytes: Annotated[
        int, Field("initial_size", settable=Settable.ON_ADD, least=0, most=MAX_SIZE_BYTES)
    ] = 0
    created_at: Annotated[float, Field(search="creation_date", shape=Shape.DATE)] = 0.0

    @property
    def image(self) -> ImageRef:
        return ImageRef(storage_domain=self.storage_domain_id, disk_id=self.id, image_id=self.image_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskImage:
    """An image of a disk that is written no more, because others of the disk stand on it. It is what the disk was when
    the snapshot was taken; without a `snapshot_id` nobody needs it, and it is about to be removed. Its id is the
    image's; `parent_id` is the image of the disk that it stands on."""

    id: str
    disk_id: Annotated[str, Reference(to="disks")]
    snapshot_id: Annotated[str, Field(index=True)]
    parent_id: str | None = None
    format: DiskFormat = DiskFormat.COW
    sparse: bool = True
    provisioned_size_bytes: int = 0
    actual_size_bytes: int = 0
    status: DiskStatus = DiskStatus.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskAttachment:
    """`owner_id` is the VM or the template. The API's id of an attachment is the disk's id; `id` is the store's."""

    id: str
    owner_id: Annotated[str, Field(index=True)]
    disk_id: Annotated[str, Reference(to="disks")]
    interface: Annotated[DiskInterface, Field("interface")] = DiskInterface.VIRTIO_SCSI
    bootable: Annotated[bool, Field("bootable")] = False
    active: Annotated[bool, Field("active")] = True
    read_only: Annotated[bool, Field("read_only")] = False
    logical_name: Annotated[str, Field("logical_name", settable=Settable.NEVER, shape=Shape.TEXT)] = ""


def attachment_id(owner_id: str, disk_id: str) -> str:
    """A disk is attached to an owner once; a shareable one to several owners."""
    return f"{owner_id}/{disk_id}"
