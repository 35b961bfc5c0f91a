"""Makes a new, empty disk, floating or attached to a VM."""

from collections.abc import Collection
from dataclasses import replace
from typing import Self

import msgspec

from hosted_engine.engine.command import Command, Context, Lock, Means, good_name
from hosted_engine.engine.disks.checks import check_size, domain_for_disks
from hosted_engine.engine.disks.commands.attaching import Attaching
from hosted_engine.engine.disks.images import make_image
from hosted_engine.engine.disks.model import Disk, DiskFormat, DiskStatus, attachment_id
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, WrongState, found
from hosted_engine.engine.vms.checks import the_vm
from node.steps import Step


class AddDisk(Command, frozen=True, kw_only=True):
    name: str
    storage_domain_id: str
    provisioned_size_bytes: int
    description: str = ""
    format: DiskFormat = DiskFormat.COW
    sparse: bool = True
    shareable: bool = False
    wipe_after_delete: bool = False
    propagate_errors: bool = False
    id: str = msgspec.field(default_factory=new_id)
    image_id: str = msgspec.field(default_factory=new_id)

    def check(self, tx: Transaction) -> None:
        good_name(self.name, kind="disk")
        check_size(self.provisioned_size_bytes)
        domain = domain_for_disks(tx, self.storage_domain_id)
        if tx.disks.get(self.id) is not None:
            raise BadValue(value=self.id, field="id", reason="another disk has it")
        if self.shareable and self.format is not DiskFormat.RAW:
            raise BadValue(value="cow", field="format", reason="a shareable disk has to be raw")
        free = domain.free_bytes
        if not self.sparse and free is not None and free < self.provisioned_size_bytes:
            raise WrongState(
                action="make a disk on",
                kind="storage domain",
                name=domain.name,
                reason=f"it has {free} bytes free, {self.provisioned_size_bytes} are needed",
                mend="Make room on it, choose another, or make a thin disk",
            )

    def settle(self, tx: Transaction, readings: Readings) -> Self:
        return msgspec.structs.replace(self, name=good_name(self.name, kind="disk"))

    def describe(self, tx: Transaction) -> str:
        return f"Adding Disk {self.name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("disk", self.id),)

    def creates(self) -> tuple[tuple[str, str], ...]:
        return (("disks", self.id),)

    def begin(self, tx: Transaction, context: Context) -> None:
        disk = self.new_disk(context.now)
        tx.disks.add(disk)
        emit(tx, context, EventType.USER_ADD_DISK, disk=disk)

    def plan(self, means: Means) -> tuple[Step, ...]:
        return (make_image(means, self.id),)

    def finish(self, tx: Transaction, context: Context) -> None:
        emit(tx, context, EventType.USER_ADD_DISK_FINISHED_SUCCESS, disk=self.ready(tx))

    def take_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        disk = self.gone(tx, left)
        emit(tx, context, EventType.USER_ADD_DISK_FINISHED_FAILURE, disk=disk, reason=error)

    def new_disk(self, now: float) -> Disk:
        return Disk(
            id=self.id,
            name=self.name,
            storage_domain_id=self.storage_domain_id,
            image_id=self.image_id,
            provisioned_size_bytes=self.provisioned_size_bytes,
            description=self.description,
            format=self.format,
            sparse=self.sparse,
            status=DiskStatus.LOCKED,
            shareable=self.shareable,
            wipe_after_delete=self.wipe_after_delete,
            propagate_errors=self.propagate_errors,
            created_at=now,
        )

    def ready(self, tx: Transaction) -> Disk:
        disk = replace(found(tx.disks.get(self.id), "disk", self.id), status=DiskStatus.OK)
        tx.disks.update(disk)
        return disk

    def gone(self, tx: Transaction, left: Collection[str]) -> Disk | None:
        """The row goes with the image; one that could not be removed keeps an illegal disk, for somebody to remove."""
        disk = tx.disks.get(self.id)
        if disk is not None and left:
            tx.disks.update(replace(disk, status=DiskStatus.ILLEGAL))
        elif disk is not None:
            tx.disks.remove(disk.id)
        return disk


class AddDiskToVm(Attaching, frozen=True, kw_only=True):
    """A new disk, and its attachment to a VM that is down."""

    disk: AddDisk

    def check(self, tx: Transaction) -> None:
        self.check_place(tx, self.disk.id)
        self.disk.check(tx)

    def settle(self, tx: Transaction, readings: Readings) -> Self:
        return msgspec.structs.replace(self, disk=self.disk.settle(tx, readings))

    def describe(self, tx: Transaction) -> str:
        return f"Adding Disk {self.disk.name} to VM {the_vm(tx, self.vm_id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("VM", self.vm_id), *self.disk.locks())

    def begin(self, tx: Transaction, context: Context) -> None:
        disk = self.disk.new_disk(context.now)
        tx.disks.add(disk)
        self.attach(tx, disk.id)
        emit(tx, context, EventType.USER_ADD_DISK_TO_VM, disk=disk, vm=the_vm(tx, self.vm_id))

    def plan(self, means: Means) -> tuple[Step, ...]:
        return self.disk.plan(means)

    def finish(self, tx: Transaction, context: Context) -> None:
        disk = self.disk.ready(tx)
        emit(tx, context, EventType.USER_ADD_DISK_TO_VM_FINISHED_SUCCESS, disk=disk, vm=the_vm(tx, self.vm_id))

    def take_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        tx.disk_attachments.remove(attachment_id(self.vm_id, self.disk.id))
        disk = self.disk.gone(tx, left)
        vm = the_vm(tx, self.vm_id)
        emit(tx, context, EventType.USER_ADD_DISK_TO_VM_FINISHED_FAILURE, disk=disk, vm=vm, reason=error)
