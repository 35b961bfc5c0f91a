"""Disks and their attachments between the domain and the wire."""

from typing import Any

from hosted_engine.engine.disks.model import Disk, DiskAttachment, DiskFormat, DiskInterface
from hosted_engine.rest.mapping.refs import ref
from hosted_engine.rest.media.wire import Wire


def disk_to_wire(disk: Disk) -> Wire:
    return {
        **ref("disks", disk.id),
        "name": disk.name,
        "alias": disk.name,
        "description": disk.description,
        "actual_size": disk.actual_size_bytes,
        "total_size": disk.actual_size_bytes,
        "provisioned_size": disk.provisioned_size_bytes,
        "backup": "none",
        "content_type": disk.content_type.value,
        "format": disk.format.value,
        "qcow_version": "qcow2_v3" if disk.format is DiskFormat.COW else None,
        "image_id": disk.image_id,
        "propagate_errors": disk.propagate_errors,
        "shareable": disk.shareable,
        "sparse": disk.sparse,
        "status": disk.status.value,
        "storage_type": "image",
        "wipe_after_delete": disk.wipe_after_delete,
        "storage_domains": [ref("storagedomains", disk.storage_domain_id)],
    }


def attachment_to_wire(attachment: DiskAttachment, owner: str) -> Wire:
    """`owner` is the collection of what it is attached to: "vms" or "templates"."""
    identity = attachment.disk_id
    return {
        **ref(owner, attachment.owner_id, "diskattachments", identity),
        "active": attachment.active,
        "bootable": attachment.bootable,
        "interface": attachment.interface.value,
        "logical_name": attachment.logical_name or None,
        "pass_discard": False,
        "read_only": attachment.read_only,
        "uses_scsi_reservation": False,
        "disk": ref("disks", identity),
        "vm" if owner == "vms" else "template": ref(owner, attachment.owner_id),
    }


def disk_from_wire(body: Wire) -> dict[str, Any]:
    """The inputs of AddDisk that `body` gives, the name and the storage domain aside."""
    kind = body.get("format")
    given = {
        "description": body.get("description"),
        "provisioned_size_bytes": body.get("provisioned_size"),
        "format": DiskFormat(kind) if kind else None,
        "sparse": body.get("sparse", None if kind is None else kind == "cow"),
        "shareable": body.get("shareable"),
        "wipe_after_delete": body.get("wipe_after_delete"),
        "propagate_errors": body.get("propagate_errors"),
    }
    return {name: value for name, value in given.items() if value is not None}


def attachment_from_wire(body: Wire) -> dict[str, Any]:
    """How the disk is to be attached, as far as `body` says."""
    interface = body.get("interface")
    given = {
        "interface": DiskInterface(interface) if interface else None,
        "bootable": body.get("bootable"),
        "active": body.get("active"),
        "read_only": body.get("read_only"),
    }
    return {name: value for name, value in given.items() if value is not None}
