"""Makes a VM what it was at a snapshot: to look at it, for good, or back to what it was before."""

from collections.abc import Collection
from typing import ClassVar, Self

import msgspec

from hosted_engine.engine.command import Context, Dependencies
from hosted_engine.engine.disks.layers import abandoned, tops_first
from hosted_engine.engine.disks.model import DiskImage
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.snapshots.checks import (
    check_disks_usable,
    check_not_previewed,
    check_previewed,
    check_whole,
    the_snapshot,
    usable_snapshot,
)
from hosted_engine.engine.snapshots.commands.on_vm import OnSnapshots
from hosted_engine.engine.snapshots.images import Doomed, Layer, doomed, make_layer, remove_layer
from hosted_engine.engine.snapshots.model import Snapshot
from hosted_engine.engine.snapshots.switch import (
    commit_preview,
    layers_on,
    obsolete_after_commit,
    obsolete_after_undo,
    to_preview,
    undo_preview,
)
from hosted_engine.engine.vms.checks import resting_vm, the_vm
from node.steps import Step


class PreviewSnapshot(OnSnapshots, frozen=True, kw_only=True):
    """`layers` are what is written to meanwhile."""

    snapshot_id: str
    layers: tuple[Layer, ...] = ()

    def check(self, tx: Transaction) -> None:
        vm = resting_vm(tx, self.vm_id, "preview a snapshot of")
        check_not_previewed(tx, vm, "preview a snapshot of")
        check_whole(tx, usable_snapshot(tx, self.snapshot_id, "preview"), "preview")
        attached = [one.disk_id for one in tx.disk_attachments.list(owner_id=vm.id)]
        check_disks_usable(tx, attached, "preview a snapshot of")

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        layers = layers_on(tx, the_snapshot(tx, self.snapshot_id))
        return msgspec.structs.replace(self, layers=layers, disk_ids=tuple(layer.disk_id for layer in layers))

    def describe(self, tx: Transaction) -> str:
        snapshot = the_snapshot(tx, self.snapshot_id)
        return f"Previewing Snapshot {snapshot.description} of VM {the_vm(tx, self.vm_id).name}"

    def begin(self, tx: Transaction, context: Context) -> None:
        vm = self.lock_rows(tx)
        description = the_snapshot(tx, self.snapshot_id).description
        emit(tx, context, EventType.USER_TRY_BACK_TO_SNAPSHOT, vm=vm, snapshot=description)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        return tuple(make_layer(dependencies, layer) for layer in self.layers)

    def finish(self, tx: Transaction, context: Context) -> None:
        snapshot = the_snapshot(tx, self.snapshot_id)
        to_preview(tx, snapshot, self.layers, context.now)
        vm = self.unlock_rows(tx)
        kind = EventType.USER_TRY_BACK_TO_SNAPSHOT_FINISH_SUCCESS
        emit(tx, context, kind, vm=vm, snapshot=snapshot.description)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        vm, snapshot = self.unlock_rows(tx), the_snapshot(tx, self.snapshot_id)
        kind = EventType.USER_TRY_BACK_TO_SNAPSHOT_FINISH_FAILURE
        emit(tx, context, kind, vm=vm, snapshot=snapshot.description, reason=error)


class _EndPreview(OnSnapshots, frozen=True, kw_only=True):
    """The rows are so at once; then the images go that nobody needs any more. One that cannot be removed now is by the
    next command that removes some."""

    forward_only: ClassVar[bool] = True
    action: ClassVar[str]
    doing: ClassVar[str]
    begun: ClassVar[EventType]
    done: ClassVar[EventType]
    failed: ClassVar[EventType]

    snapshot_id: str = ""
    images: tuple[Doomed, ...] = ()

    def switch(self, tx: Transaction, snapshot: Snapshot, before: Snapshot) -> None:
        raise NotImplementedError

    def obsolete(self, tx: Transaction, before: Snapshot) -> list[DiskImage]:
        """What `switch` abandons."""
        raise NotImplementedError

    def check(self, tx: Transaction) -> None:
        vm = resting_vm(tx, self.vm_id, self.action)
        check_previewed(tx, vm, self.action)
        attached = [one.disk_id for one in tx.disk_attachments.list(owner_id=vm.id)]
        check_disks_usable(tx, attached, self.action)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        snapshot, before = check_previewed(tx, the_vm(tx, self.vm_id), self.action)
        kept = sorted({one["disk"]["id"] for one in (*snapshot.disks, *before.disks)})
        disk_ids = tuple(sorted(tx.disks.find(kept)))
        images = doomed(tx, tops_first([*abandoned(tx, disk_ids), *self.obsolete(tx, before)]))
        return msgspec.structs.replace(self, snapshot_id=snapshot.id, disk_ids=disk_ids, images=images)

    def describe(self, tx: Transaction) -> str:
        snapshot = the_snapshot(tx, self.snapshot_id)
        return f"{self.doing} Snapshot {snapshot.description} of VM {the_vm(tx, self.vm_id).name}"

    def begin(self, tx: Transaction, context: Context) -> None:
        snapshot, before = check_previewed(tx, the_vm(tx, self.vm_id), self.action)
        self.switch(tx, snapshot, before)
        vm = self.lock_rows(tx)
        emit(tx, context, self.begun, vm=vm, snapshot=snapshot.description)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        return tuple(remove_layer(dependencies, image) for image in self.images)

    def finish(self, tx: Transaction, context: Context) -> None:
        vm = self.unlock_rows(tx)
        emit(tx, context, self.done, vm=vm, snapshot=the_snapshot(tx, self.snapshot_id).description)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        vm, snapshot = self.unlock_rows(tx), the_snapshot(tx, self.snapshot_id)
        emit(tx, context, self.failed, vm=vm, snapshot=snapshot.description, reason=error)


class UndoPreview(_EndPreview, frozen=True, kw_only=True):
    action: ClassVar[str] = "undo the preview of"
    doing: ClassVar[str] = "Undoing preview of"
    begun: ClassVar[EventType] = EventType.USER_UNDO_RESTORE_FROM_SNAPSHOT_START
    done: ClassVar[EventType] = EventType.USER_UNDO_RESTORE_FROM_SNAPSHOT_FINISH_SUCCESS
    failed: ClassVar[EventType] = EventType.USER_UNDO_RESTORE_FROM_SNAPSHOT_FINISH_FAILURE

    def switch(self, tx: Transaction, snapshot: Snapshot, before: Snapshot) -> None:
        undo_preview(tx, snapshot, before)

    def obsolete(self, tx: Transaction, before: Snapshot) -> list[DiskImage]:
        return obsolete_after_undo(tx, before)


class CommitPreview(_EndPreview, frozen=True, kw_only=True):
    action: ClassVar[str] = "commit the preview of"
    doing: ClassVar[str] = "Committing"
    begun: ClassVar[EventType] = EventType.USER_COMMIT_RESTORE_FROM_SNAPSHOT_START
    done: ClassVar[EventType] = EventType.USER_COMMIT_RESTORE_FROM_SNAPSHOT_FINISH_SUCCESS
    failed: ClassVar[EventType] = EventType.USER_COMMIT_RESTORE_FROM_SNAPSHOT_FINISH_FAILURE

    def switch(self, tx: Transaction, snapshot: Snapshot, before: Snapshot) -> None:
        commit_preview(tx, snapshot, before)

    def obsolete(self, tx: Transaction, before: Snapshot) -> list[DiskImage]:
        return obsolete_after_commit(tx, before)
