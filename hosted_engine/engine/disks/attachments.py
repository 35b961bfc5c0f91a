"""What has to hold before a disk is attached to a VM or its attachment changes."""

from hosted_engine.engine.disks.model import DiskAttachment, attachment_id
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NotThere, WrongState
from hosted_engine.engine.vms.checks import changeable_vm, resting_vm
from hosted_engine.engine.vms.model import Vm, VmStatus


def check_attachable(tx: Transaction, vm_id: str, *, active: bool) -> Vm:
    """The VM; it has to be down for an active attachment, because disks cannot be plugged into a running VM yet."""
    if active:
        return resting_vm(tx, vm_id, "plug a disk into or out of")
    vm = changeable_vm(tx, vm_id, "attach a disk to")
    if vm.status is VmStatus.IMAGE_LOCKED:
        resting_vm(tx, vm_id, "attach a disk to")
    return vm


def check_bootable(tx: Transaction, vm_id: str, disk_id: str, *, bootable: bool) -> None:
    """A VM boots from one disk."""
    if not bootable:
        return
    for other in tx.disk_attachments.list(owner_id=vm_id, bootable=True):
        if other.disk_id != disk_id:
            disk = tx.disks.get(other.disk_id)
            raise WrongState(
                action="make bootable for the VM the",
                kind="disk",
                name=disk_id,
                reason=f"its disk {disk.name if disk else other.disk_id} is the bootable one",
                mend="Make that one not bootable first",
            )


def the_attachment(tx: Transaction, vm_id: str, disk_id: str) -> DiskAttachment:
    attachment = tx.disk_attachments.get(attachment_id(vm_id, disk_id))
    if attachment is None:
        raise NotThere(kind="disk attachment", id=disk_id)
    return attachment
