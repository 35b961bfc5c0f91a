"""What has to hold before a disk is attached to a VM or its attachment changes."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from hosted_engine.engine.disks.checks import belongs_to_template, usable_disk
from hosted_engine.engine.disks.model import Disk, DiskAttachment, DiskContentType, DiskInterface
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, WrongState
from hosted_engine.engine.vms.checks import changeable_vm, pluggable_vm, resting_vm
from hosted_engine.engine.vms.model import RUNNING, Vm, VmStatus
from hosted_engine.engine.vms.statuses import VmAction

MOST = {DiskInterface.IDE: 3, DiskInterface.SATA: 5, DiskInterface.VIRTIO_SCSI: 16383}  # disks of a VM; oVirt's
WRITABLE_ONLY = frozenset({DiskInterface.IDE, DiskInterface.SATA})  # their drives know no write protection
HOT_INTERFACES = frozenset({DiskInterface.VIRTIO, DiskInterface.VIRTIO_SCSI})


def check_hot_interface(vm: Vm, attachment: DiskAttachment, root: str = "disk_attachment") -> None:
    """Raises BadValue for a disk that cannot come or go while the VM runs."""
    if vm.status in RUNNING and attachment.active and attachment.interface not in HOT_INTERFACES:
        reason = f"{attachment.interface.value} disks are neither plugged into a running VM nor unplugged"
        raise BadValue(value=attachment.interface.value, field=f"{root}.interface", reason=reason)


def check_pluggable(tx: Transaction, vm_id: str, *, active: bool) -> Vm:
    """The VM, when a disk can be attached to it or detached: an active one is plugged at once where it runs."""
    if active:
        return pluggable_vm(tx, vm_id, VmAction.PLUG_DISK, "plug a disk into or out of")
    vm = changeable_vm(tx, vm_id, "attach a disk to")
    if vm.status is VmStatus.IMAGE_LOCKED:
        resting_vm(tx, vm_id, "attach a disk to")
    return vm


def check_attachable(tx: Transaction, disk_id: str, vm_id: str) -> Disk:
    """The disk, when another VM can have it."""
    disk = usable_disk(tx, disk_id, "attach")
    owners = [attachment.owner_id for attachment in tx.disk_attachments.list(disk_id=disk.id)]
    reason = ""
    if vm_id in owners:
        reason = "it is attached to this VM already"
    elif belongs_to_template(tx, disk_id):
        reason = "it belongs to a template"
    elif owners and not disk.shareable:
        reason = "it is attached to another VM and not shareable"
    elif disk.content_type is not DiskContentType.DATA:
        reason = f"it holds {disk.content_type.value}"
    if reason:
        raise WrongState(action="attach", kind="disk", name=disk.name, reason=reason, mend="Choose another disk")
    return disk


def check_attachment(
    tx: Transaction,
    vm: Vm,
    attachment: DiskAttachment,
    others: Iterable[DiskAttachment],
    *,
    root: str = "disk_attachment",
    names: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Whether the VM can have the disk in this way, beside the `others` of its attachments. `root` is the place in the
    body, `names` are those of disks that are yet to be made."""
    others = [other for other in others if other.disk_id != attachment.disk_id]
    _check_interface(vm, attachment, root)
    limit = MOST.get(attachment.interface)
    if limit is not None and sum(other.interface is attachment.interface for other in others) >= limit:
        raise BadValue(
            value=attachment.interface.value,
            field=f"{root}.interface",
            reason=f"a VM has at most {limit} disks of it",
        )
    for other in others:
        if attachment.bootable and other.bootable:
            disk, the_other = (_name(tx, one.disk_id, names) for one in (attachment, other))
            raise WrongState(
                action="make bootable for the VM the",
                kind="disk",
                name=disk,
                reason=f"its disk {the_other} is the bootable one",
                mend="Make that one not bootable first",
            )


def why_not_interface(vm: Vm, interface: DiskInterface) -> str:
    """A reason, or nothing. The rules are oVirt's for x86-64."""
    machine = vm.custom_machine or vm.bios_type.machine
    old = machine == "pc" or machine.startswith("pc-i440fx")
    if interface is DiskInterface.SPAPR_VSCSI:
        return "x86-64 has no such controller"
    if interface is DiskInterface.IDE and not old:
        return "the chipset q35 has no IDE; sata, virtio and virtio_scsi are possible"
    if interface is DiskInterface.SATA and old:
        return "the chipset i440fx has no SATA; ide, virtio and virtio_scsi are possible"
    return ""


def _name(tx: Transaction, disk_id: str, names: Mapping[str, str]) -> str:
    disk = tx.disks.get(disk_id)
    return disk.name if disk is not None else names.get(disk_id, disk_id)


def _check_interface(vm: Vm, attachment: DiskAttachment, root: str) -> None:
    interface = attachment.interface
    if reason := why_not_interface(vm, interface):
        raise BadValue(value=interface.value, field=f"{root}.interface", reason=reason)
    if attachment.read_only and interface in WRITABLE_ONLY:
        reason = f"a disk at {interface.value} cannot be write-protected; virtio and virtio_scsi can"
        raise BadValue(value="true", field=f"{root}.read_only", reason=reason)
