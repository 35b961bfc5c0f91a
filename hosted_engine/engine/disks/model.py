"""A disk: one image on a storage domain; and its attachment to a VM or a template."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from hosted_engine.engine.entity.field import Field, Reference
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """The image lies at `<volume>/images/<id>/<image_id>`. `sparse` is thin provisioning; `template_disk_id` names the
    disk that a thin overlay stands on."""

    id: str
    name: str
    storage_domain_id: Annotated[str, Reference(to="storage_domains")]
    image_id: str
    provisioned_size_bytes: int
    description: str = ""
    format: DiskFormat = DiskFormat.COW
    sparse: bool = True
    status: DiskStatus = DiskStatus.OK
    actual_size_bytes: int = 0
    template_disk_id: Annotated[str | None, Reference(to="disks")] = None
    shareable: bool = False
    wipe_after_delete: bool = False
    propagate_errors: bool = False
    content_type: DiskContentType = DiskContentType.DATA
    created_at: float = 0.0

    def image(self, volume: str) -> ImageRef:
        return ImageRef(volume=volume, disk_id=self.id, image_id=self.image_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskAttachment:
    """`owner_id` is the VM or the template. The API's id of an attachment is the disk's id; `id` is the store's."""

    id: str
    owner_id: Annotated[str, Field(index=True)]
    disk_id: Annotated[str, Reference(to="disks")]
    interface: DiskInterface = DiskInterface.VIRTIO_SCSI
    bootable: bool = False
    active: bool = True
    read_only: bool = False
    logical_name: str = ""


def attachment_id(owner_id: str, disk_id: str) -> str:
    """A disk is attached to an owner once; a shareable one to several owners."""
    return f"{owner_id}/{disk_id}"
