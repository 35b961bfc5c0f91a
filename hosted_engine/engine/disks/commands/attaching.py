"""How a disk is attached to a VM: what attaching a new one and one that is there have in common."""

from hosted_engine.engine.command import Command
from hosted_engine.engine.disks.attachments import check_attachable, check_bootable
from hosted_engine.engine.disks.checks import check_interface
from hosted_engine.engine.disks.model import DiskAttachment, DiskInterface, attachment_id
from hosted_engine.engine.ports import Transaction


class Attaching(Command, frozen=True, kw_only=True):
    vm_id: str
    interface: DiskInterface = DiskInterface.VIRTIO_SCSI
    bootable: bool = False
    active: bool = True
    read_only: bool = False

    def check_place(self, tx: Transaction, disk_id: str) -> None:
        """Refuses where the VM cannot take a disk in this way."""
        check_interface(self.interface)
        check_attachable(tx, self.vm_id, active=self.active)
        check_bootable(tx, self.vm_id, disk_id, bootable=self.bootable)

    def attach(self, tx: Transaction, disk_id: str) -> None:
        tx.disk_attachments.add(
            DiskAttachment(
                id=attachment_id(self.vm_id, disk_id),
                owner_id=self.vm_id,
                disk_id=disk_id,
                interface=self.interface,
                bootable=self.bootable,
                active=self.active,
                read_only=self.read_only,
            )
        )
