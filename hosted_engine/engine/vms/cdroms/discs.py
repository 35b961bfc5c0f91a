"""The discs that VMs have in their drives: disks of the content type iso."""

from hosted_engine.engine.disks.checks import usable_disk
from hosted_engine.engine.disks.model import Disk, DiskContentType
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, found
from hosted_engine.engine.vms.model import Vm
from node.api.messages.images import ImageRef


def check_disc(tx: Transaction, disk_id: str | None) -> None:
    """Raises BadValue for one that is no disc, WrongState for one that cannot be used now."""
    if disk_id is None:
        return
    disk = tx.disks.get(disk_id)
    if disk is None or disk.content_type is not DiskContentType.ISO:
        reason = "there is no such disk" if disk is None else f"the disk {disk.name} holds {disk.content_type}, no ISO"
        raise BadValue(value=disk_id, field="cdrom.file.id", reason=reason)
    usable_disk(tx, disk_id, "use")


def disc_of(tx: Transaction, disk_id: str | None) -> ImageRef | None:
    return found(tx.disks.get(disk_id), "disk", disk_id).image if disk_id else None


def disc_of_vm(tx: Transaction, vm: Vm) -> Disk | None:
    """What it starts with."""
    return tx.disks.get(vm.cd_disk_id) if vm.cd_disk_id else None


def vm_with_disc(tx: Transaction, disk_id: str) -> str:
    """The name of a VM or template that has it in its drive, or will have; empty where none has."""
    vms = [*tx.vms.list(cd_disk_id=disk_id), *tx.vms.list(current_cd_disk_id=disk_id)]
    if vms:
        return f"VM {vms[0].name}"
    templates = tx.templates.list(cd_disk_id=disk_id)
    return f"template {templates[0].name}" if templates else ""
