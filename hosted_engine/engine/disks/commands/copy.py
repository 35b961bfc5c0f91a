"""Makes a disk that is a copy of another one, on whichever storage domain."""

from collections.abc import Collection
from typing import Self

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.disks.commands.add import begin_disk, finish_disk, take_disk_back
from hosted_engine.engine.disks.copying import check_copyable, room_for
from hosted_engine.engine.disks.images import ImageSource, copy_image
from hosted_engine.engine.disks.model import Disk
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit_of
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from node.steps import Step

COPYING = EventKind("USER_COPIED_DISK", "User {user} copies disk {source} to {name}.")
COPIED = EventKind("USER_COPIED_DISK_FINISHED_SUCCESS", "Disk {source} was copied to {name} for {user}.")
NOT_COPIED = EventKind(
    "USER_COPIED_DISK_FINISHED_FAILURE", "Disk {source} was not copied to {name} for {user}: {reason}"
)


class CopyDisk(Command, frozen=True, kw_only=True):
    """`disk` is the new one, `source_id` the one that is copied; `vm_ids` have that and may not start meanwhile."""

    source_id: str
    disk: Disk
    source: ImageSource | None = None
    vm_ids: tuple[str, ...] = ()

    def check(self, tx: Transaction) -> None:
        source = check_copyable(tx, self.source_id, "copy")
        room_for(tx, source, self.disk.storage_domain_id)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        owners = {attachment.owner_id for attachment in tx.disk_attachments.list(disk_id=self.source_id)}
        source = ImageSource.of(self._source(tx))
        return msgspec.structs.replace(self, source=source, vm_ids=tuple(sorted(owners)))

    def describe(self, tx: Transaction) -> str:
        return f"Copying Disk {self._source(tx).name}"

    def locks(self) -> tuple[Lock, ...]:
        ids = (self.disk.id, self.source_id)
        return (*(Lock("disk", one) for one in ids), *(Lock("VM", vm_id) for vm_id in self.vm_ids))

    def creates(self) -> tuple[tuple[str, str], ...]:
        return (("disks", self.disk.id),)

    def begin(self, tx: Transaction, context: Context) -> None:
        self._emit(tx, context, COPYING, begin_disk(tx, self.disk, context.now))

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        assert self.source is not None
        return (copy_image(dependencies, self.disk.id, self.source),)

    def finish(self, tx: Transaction, context: Context) -> None:
        self._emit(tx, context, COPIED, finish_disk(tx, self.disk.id))

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        take_disk_back(tx, self.disk.id, illegal=bool(left))
        self._emit(tx, context, NOT_COPIED, self.disk, reason=error)

    def _emit(self, tx: Transaction, context: Context, kind: EventKind, disk: Disk, **values: str) -> None:
        emit_of(tx, context, kind, entity_of("disks"), disk, source=self._source(tx).name, **values)

    def _source(self, tx: Transaction) -> Disk:
        return found(tx.disks.get(self.source_id), "disk", self.source_id)
