"""Removes a disk with its image."""

from collections.abc import Collection
from typing import ClassVar, Self

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.disks.checks import domain_for_disks
from hosted_engine.engine.disks.images import lock_to_remove, remove_image, unlock
from hosted_engine.engine.disks.model import Disk, DiskContentType, DiskStatus
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.permissions.creators import forget
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState, found
from hosted_engine.engine.vms.cdroms.discs import vm_with_disc
from hosted_engine.engine.vms.checks import resting_vm
from node.steps import Step


class RemoveDisk(Command, frozen=True, kw_only=True):
    """Detaches it first where a VM that is down has it; `vm_ids` are those."""

    forward_only: ClassVar[bool] = True

    id: str
    name: str = ""
    storage_domain_id: str = ""
    vm_ids: tuple[str, ...] = ()

    def check(self, tx: Transaction) -> None:
        disk = self._disk(tx)
        domain_for_disks(tx, disk.storage_domain_id)
        reason = self._why_not(tx, disk)
        if reason:
            raise WrongState(
                action="remove", kind="disk", name=disk.name, reason=reason, mend="Remove what needs it first"
            )
        for attachment in tx.disk_attachments.list(disk_id=disk.id):
            resting_vm(tx, attachment.owner_id, "remove a disk of")

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        disk = self._disk(tx)
        owners = sorted(attachment.owner_id for attachment in tx.disk_attachments.list(disk_id=disk.id))
        return msgspec.structs.replace(
            self, name=disk.name, storage_domain_id=disk.storage_domain_id, vm_ids=tuple(owners)
        )

    def describe(self, tx: Transaction) -> str:
        return f"Removing Disk {self.name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("disk", self.id), *(Lock("VM", vm_id) for vm_id in self.vm_ids))

    def begin(self, tx: Transaction, context: Context) -> None:
        lock_to_remove(tx, self._disk(tx))

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        return (remove_image(dependencies, self.id),)

    def finish(self, tx: Transaction, context: Context) -> None:
        domain = tx.storage_domains.get(self.storage_domain_id)
        forget(tx, [("disks", self.id)])
        emit(tx, context, EventType.USER_FINISHED_REMOVE_DISK, domain=domain, disk=self._stub())

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        """It stays where it was; illegal once its image may be gone."""
        disk = tx.disks.get(self.id)
        if disk is not None:
            unlock(tx, disk)
        emit(tx, context, EventType.USER_FINISHED_FAILED_REMOVE_DISK, disk=self._stub(), reason=error)

    def _disk(self, tx: Transaction) -> Disk:
        return found(tx.disks.get(self.id), "disk", self.id)

    def _stub(self) -> Disk:
        """For the event: the disk is gone."""
        return Disk(
            id=self.id, name=self.name, storage_domain_id=self.storage_domain_id, image_id="", provisioned_size_bytes=0
        )

    def _why_not(self, tx: Transaction, disk: Disk) -> str:
        if disk.status is DiskStatus.LOCKED:
            return "another operation works on it"
        if disk.content_type is DiskContentType.HOSTED_ENGINE:
            return "the engine runs from it"
        if owner := vm_with_disc(tx, disk.id):
            return f"{owner} has it in its CD-ROM drive"
        if tx.disks.count(template_disk_id=disk.id):
            return "thin disks of VMs stand on it"
        owners = [attachment.owner_id for attachment in tx.disk_attachments.list(disk_id=disk.id)]
        if any(tx.templates.get(owner) for owner in owners):
            return "it belongs to a template"
        return ""
