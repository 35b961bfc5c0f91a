"""Makes a new, empty disk, floating or attached to a VM."""

from collections.abc import Collection
from dataclasses import replace
from typing import Self

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.disks.attachments import check_attachment, check_hot_interface, check_pluggable
from hosted_engine.engine.disks.checks import check_new
from hosted_engine.engine.disks.images import image_key, make_image
from hosted_engine.engine.disks.model import Disk, DiskAttachment, DiskContentType, DiskStatus
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, found
from hosted_engine.engine.vms.checks import the_vm
from hosted_engine.engine.vms.commands.hotplug import device_step, runs
from node.steps import Step


class AddDisk(Command, frozen=True, kw_only=True):
    """`disk` is the disk as it will be."""

    disk: Disk

    @property
    def id(self) -> str:
        return self.disk.id

    def check(self, tx: Transaction) -> None:
        check_new(tx, self.disk)

    def describe(self, tx: Transaction) -> str:
        return f"Adding Disk {self.disk.name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("disk", self.id),)

    def creates(self) -> tuple[tuple[str, str], ...]:
        return (("disks", self.id),)

    def begin(self, tx: Transaction, context: Context) -> None:
        emit(tx, context, EventType.USER_ADD_DISK, disk=begin_disk(tx, self.disk, context.now))

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        return (make_image(dependencies, self.id),)

    def finish(self, tx: Transaction, context: Context) -> None:
        emit(tx, context, EventType.USER_ADD_DISK_FINISHED_SUCCESS, disk=finish_disk(tx, self.id))

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        disk = take_disk_back(tx, self.id, illegal=bool(left))
        emit(tx, context, EventType.USER_ADD_DISK_FINISHED_FAILURE, disk=disk, reason=error)


class AddDiskToVm(Command, frozen=True, kw_only=True):
    """Makes a disk and attaches it; `plugs`: into a running VM."""

    disk: Disk
    attachment: DiskAttachment
    plugs: bool = False

    @property
    def vm_id(self) -> str:
        return self.attachment.owner_id

    def check(self, tx: Transaction) -> None:
        vm = check_pluggable(tx, self.vm_id, active=self.attachment.active)
        names = {self.disk.id: self.disk.name}
        check_attachment(tx, vm, self.attachment, tx.disk_attachments.list(owner_id=self.vm_id), names=names)
        check_new(tx, self.disk, "disk_attachment.disk")
        check_hot_interface(vm, self.attachment)
        check_attached_content(self.disk)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        return msgspec.structs.replace(self, plugs=self.attachment.active and runs(tx, self.vm_id))

    def describe(self, tx: Transaction) -> str:
        return f"Adding Disk {self.disk.name} to VM {the_vm(tx, self.vm_id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("VM", self.vm_id), Lock("disk", self.disk.id))

    def begin(self, tx: Transaction, context: Context) -> None:
        disk = begin_disk(tx, self.disk, context.now)
        tx.disk_attachments.add(self.attachment)
        emit(tx, context, EventType.USER_ADD_DISK_TO_VM, disk=disk, vm=the_vm(tx, self.vm_id))

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        image = make_image(dependencies, self.disk.id)
        return (image, device_step(dependencies, "disk_attachments", self.attachment)) if self.plugs else (image,)

    def finish(self, tx: Transaction, context: Context) -> None:
        disk, vm = finish_disk(tx, self.disk.id), the_vm(tx, self.vm_id)
        emit(tx, context, EventType.USER_ADD_DISK_TO_VM_FINISHED_SUCCESS, disk=disk, vm=vm)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        tx.disk_attachments.remove(self.attachment.id)
        disk, vm = take_disk_back(tx, self.disk.id, illegal=image_key(self.disk.id) in left), the_vm(tx, self.vm_id)
        emit(tx, context, EventType.USER_ADD_DISK_TO_VM_FINISHED_FAILURE, disk=disk, vm=vm, reason=error)


def check_attached_content(disk: Disk) -> None:
    if disk.content_type is not DiskContentType.DATA:
        reason = "a disc goes into the drive of a VM (`/cdroms`)"
        raise BadValue(value=disk.content_type.value, field="disk_attachment.disk.content_type", reason=reason)


def begin_disk(tx: Transaction, disk: Disk, now: float) -> Disk:
    """Its row, locked until its image is made."""
    disk = replace(disk, status=DiskStatus.LOCKED, created_at=now)
    tx.disks.add(disk)
    return disk


def finish_disk(tx: Transaction, disk_id: str) -> Disk:
    disk = replace(found(tx.disks.get(disk_id), "disk", disk_id), status=DiskStatus.OK)
    tx.disks.update(disk)
    return disk


def take_disk_back(tx: Transaction, disk_id: str, *, illegal: bool) -> Disk | None:
    """The row goes with the image; one that could not be removed keeps an illegal disk, for somebody to remove."""
    disk = tx.disks.get(disk_id)
    if disk is not None and illegal:
        tx.disks.update(replace(disk, status=DiskStatus.ILLEGAL))
    elif disk is not None:
        tx.disks.remove(disk.id)
    return disk
