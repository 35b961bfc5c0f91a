"""Attaches disks that are there to VMs, detaches them, and changes how they are attached. All at once, no steps."""

from dataclasses import replace

from hosted_engine.engine.command import Command, Context, Lock
from hosted_engine.engine.disks.attachments import check_attachable, check_bootable, the_attachment
from hosted_engine.engine.disks.checks import check_interface, settled_disk
from hosted_engine.engine.disks.commands.attaching import Attaching
from hosted_engine.engine.disks.model import DiskAttachment, DiskContentType, DiskInterface, attachment_id
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState, found
from hosted_engine.engine.vms.checks import changeable_vm, resting_vm, the_vm


class AddDiskAttachment(Attaching, frozen=True, kw_only=True):
    """Attaches a disk that is there already."""

    disk_id: str

    def check(self, tx: Transaction) -> None:
        self.check_place(tx, self.disk_id)
        disk = settled_disk(tx, self.disk_id, "attach")
        owners = [attachment.owner_id for attachment in tx.disk_attachments.list(disk_id=disk.id)]
        reason = ""
        if self.vm_id in owners:
            reason = "it is attached to this VM already"
        elif any(tx.templates.get(owner) for owner in owners):
            reason = "it belongs to a template"
        elif owners and not disk.shareable:
            reason = "it is attached to another VM and not shareable"
        elif disk.content_type is not DiskContentType.DATA:
            reason = f"it holds {disk.content_type.value}"
        if reason:
            raise WrongState(action="attach", kind="disk", name=disk.name, reason=reason, mend="Choose another disk")

    def describe(self, tx: Transaction) -> str:
        disk = found(tx.disks.get(self.disk_id), "disk", self.disk_id)
        return f"Attaching Disk {disk.name} to VM {the_vm(tx, self.vm_id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("VM", self.vm_id), Lock("disk", self.disk_id))

    def finish(self, tx: Transaction, context: Context) -> None:
        self.attach(tx, self.disk_id)
        disk = tx.disks.get(self.disk_id)
        emit(tx, context, EventType.USER_ATTACH_DISK_TO_VM, disk=disk, vm=the_vm(tx, self.vm_id))


class UpdateDiskAttachment(Command, frozen=True, kw_only=True):
    """What is None stays as it is."""

    vm_id: str
    disk_id: str
    interface: DiskInterface | None = None
    bootable: bool | None = None
    active: bool | None = None
    read_only: bool | None = None

    def check(self, tx: Transaction) -> None:
        changeable_vm(tx, self.vm_id, "change a disk of")
        attachment = the_attachment(tx, self.vm_id, self.disk_id)
        changed = self._changed(attachment)
        if changed == attachment:
            return
        if attachment.active or changed.active:
            resting_vm(tx, self.vm_id, "change a plugged disk of")
        check_interface(changed.interface)
        check_bootable(tx, self.vm_id, self.disk_id, bootable=changed.bootable)

    def describe(self, tx: Transaction) -> str:
        disk = found(tx.disks.get(self.disk_id), "disk", self.disk_id)
        return f"Editing Disk {disk.name} of VM {the_vm(tx, self.vm_id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("VM", self.vm_id), Lock("disk", self.disk_id))

    def finish(self, tx: Transaction, context: Context) -> None:
        tx.disk_attachments.update(self._changed(the_attachment(tx, self.vm_id, self.disk_id)))
        disk = tx.disks.get(self.disk_id)
        emit(tx, context, EventType.USER_UPDATE_VM_DISK, disk=disk, vm=the_vm(tx, self.vm_id))

    def _changed(self, attachment: DiskAttachment) -> DiskAttachment:
        return replace(
            attachment,
            interface=attachment.interface if self.interface is None else self.interface,
            bootable=attachment.bootable if self.bootable is None else self.bootable,
            active=attachment.active if self.active is None else self.active,
            read_only=attachment.read_only if self.read_only is None else self.read_only,
        )


class RemoveDiskAttachment(Command, frozen=True, kw_only=True):
    """Detaches a disk and keeps it; RemoveDisk is what removes it."""

    vm_id: str
    disk_id: str

    def check(self, tx: Transaction) -> None:
        attachment = the_attachment(tx, self.vm_id, self.disk_id)
        check_attachable(tx, self.vm_id, active=attachment.active)

    def describe(self, tx: Transaction) -> str:
        disk = found(tx.disks.get(self.disk_id), "disk", self.disk_id)
        return f"Detaching Disk {disk.name} from VM {the_vm(tx, self.vm_id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("VM", self.vm_id), Lock("disk", self.disk_id))

    def finish(self, tx: Transaction, context: Context) -> None:
        tx.disk_attachments.remove(attachment_id(self.vm_id, self.disk_id))
        disk = tx.disks.get(self.disk_id)
        emit(tx, context, EventType.USER_DETACH_DISK_FROM_VM, disk=disk, vm=the_vm(tx, self.vm_id))
