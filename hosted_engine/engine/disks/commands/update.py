"""Changes a disk, and how it is attached in the same request; its image grows when it gets larger."""

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, cast

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.disks.images import grow_image
from hosted_engine.engine.disks.model import Disk, DiskAttachment, DiskStatus
from hosted_engine.engine.entity.changes import changed, changes
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit_of
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from node.steps import Step

if TYPE_CHECKING:
    from hosted_engine.engine.entity.declaration import Entity

EXTENDED = EventKind("USER_EXTEND_DISK_SIZE_SUCCESS", "The size of disk {name} is {size} now, as {user} asked for.")
NOT_EXTENDED = EventKind("USER_EXTEND_DISK_SIZE_FAILURE", "Disk {name} could not be made larger for {user}: {reason}")


class UpdateDisk(Command, frozen=True, kw_only=True):
    """`changes` and `attachment_changes` hold the fields that change, as JSON has them: what others change meanwhile
    stays. `vm_ids` are those that have it."""

    id: str
    changes: dict[str, Any]
    attachment_id: str = ""
    attachment_changes: dict[str, Any] = msgspec.field(default_factory=dict)
    vm_ids: tuple[str, ...] = ()

    @classmethod
    def of(cls, before: Disk, disk: Disk, attachment: tuple[DiskAttachment, DiskAttachment] | None = None) -> Self:
        """`attachment` as it was and as it will be."""
        command = cls(id=before.id, changes=changes(before, disk))
        if attachment is None:
            return command
        return msgspec.structs.replace(command, attachment_id=attachment[0].id, attachment_changes=changes(*attachment))

    @property
    def size_bytes(self) -> int | None:
        return self.changes.get("provisioned_size_bytes")

    def check(self, tx: Transaction) -> None:
        before = self._disk(tx)
        _disks().check(tx, changed(before, self.changes), before)
        if self.attachment_changes:
            attached = self._attachment(tx)
            _attachments().check(tx, changed(attached, self.attachment_changes), attached)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        owners = {attachment.owner_id for attachment in tx.disk_attachments.list(disk_id=self.id)}
        return msgspec.structs.replace(self, vm_ids=tuple(sorted(owners)))

    def describe(self, tx: Transaction) -> str:
        return f"Editing Disk {self._disk(tx).name}"

    def locks(self) -> tuple[Lock, ...]:
        """The VMs, too: none may start on an image that grows."""
        return (Lock("disk", self.id), *(Lock("VM", vm_id) for vm_id in self.vm_ids))

    def begin(self, tx: Transaction, context: Context) -> None:
        if self.size_bytes is not None:
            tx.disks.update(replace(self._disk(tx), status=DiskStatus.LOCKED))

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        return () if self.size_bytes is None else (grow_image(dependencies, self.id, self.size_bytes),)

    def finish(self, tx: Transaction, context: Context) -> None:
        before = self._disk(tx)
        disk = replace(changed(before, self.changes), status=self._status(before))
        tx.disks.update(disk)
        if self.size_bytes is not None:
            emit_of(tx, context, EXTENDED, _disks(), disk, size=_format_size(disk.provisioned_size_bytes))
        if not self.attachment_id:
            emit_of(tx, context, _disks().events.update, _disks(), disk)
            return
        attachment = changed(self._attachment(tx), self.attachment_changes)
        tx.disk_attachments.update(attachment)
        emit_of(tx, context, _attachments().events.update, _attachments(), attachment)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        disk = self._disk(tx)
        tx.disks.update(replace(disk, status=self._status(disk)))
        emit_of(tx, context, NOT_EXTENDED, _disks(), disk, reason=error)

    def _status(self, disk: Disk) -> DiskStatus:
        """An illegal disk that was renamed stays illegal."""
        return DiskStatus.OK if self.size_bytes is not None else disk.status

    def _disk(self, tx: Transaction) -> Disk:
        return found(tx.disks.get(self.id), "disk", self.id)

    def _attachment(self, tx: Transaction) -> DiskAttachment:
        return found(tx.disk_attachments.get(self.attachment_id), "disk attachment", self.id)


def _disks() -> "Entity[Disk]":
    return cast("Entity[Disk]", entity_of("disks"))


def _attachments() -> "Entity[DiskAttachment]":
    return cast("Entity[DiskAttachment]", entity_of("disk_attachments"))


def _format_size(size_bytes: int) -> str:
    gib = size_bytes / (1 << 30)
    return f"{gib:.0f} GiB" if gib == int(gib) else f"{size_bytes} bytes"
