"""Makes a VM what it was at a snapshot: to look at it, for good, or back to what it was before."""

from collections.abc import Collection, Iterable
from dataclasses import replace
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
    previewing_vm,
    the_snapshot,
    usable_snapshot,
)
from hosted_engine.engine.snapshots.commands.on_vm import OnSnapshots
from hosted_engine.engine.snapshots.images import Doomed, Layer, doomed, make_layer, remove_layer
from hosted_engine.engine.snapshots.memory import abandon_file, check_restorable, link_key, link_memory, new_link
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
from hosted_engine.engine.vms.model import Vm, VmStatus
from node.api.messages.images import ImageRef
from node.steps import Step


class PreviewSnapshot(OnSnapshots, frozen=True, kw_only=True):
    """`layers` are what is written to meanwhile. `chosen` are the only disks that are what they were, where it is not
    all: the others stay as they are. With `restore_memory` the VM is suspended then, with `link`, one more name of the
    snapshot's `memory`, and goes on from that when it is started."""

    snapshot_id: str
    chosen: tuple[str, ...] | None = None
    restore_memory: bool = False
    layers: tuple[Layer, ...] = ()
    memory: ImageRef | None = None
    link: ImageRef | None = None

    def check(self, tx: Transaction) -> None:
        vm = resting_vm(tx, self.vm_id, "preview a snapshot of")
        check_not_previewed(tx, vm, "preview a snapshot of")
        snapshot = usable_snapshot(tx, self.snapshot_id, "preview")
        check_whole(tx, snapshot, "preview")
        if self.restore_memory:
            check_restorable(tx, snapshot)
        attached = [one.disk_id for one in tx.disk_attachments.list(owner_id=vm.id)]
        check_disks_usable(tx, attached, "preview a snapshot of")

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        snapshot = the_snapshot(tx, self.snapshot_id)
        layers = layers_on(tx, snapshot, self.chosen)
        volume = check_restorable(tx, snapshot) if self.restore_memory else None
        return msgspec.structs.replace(
            self,
            layers=layers,
            disk_ids=tuple(layer.disk_id for layer in layers),
            memory=volume.image if volume else None,
            link=new_link(volume) if volume else None,
        )

    def describe(self, tx: Transaction) -> str:
        snapshot = the_snapshot(tx, self.snapshot_id)
        return f"Previewing Snapshot {snapshot.description} of VM {the_vm(tx, self.vm_id).name}"

    def begin(self, tx: Transaction, context: Context) -> None:
        vm = self.lock_rows(tx)
        description = the_snapshot(tx, self.snapshot_id).description
        emit(tx, context, EventType.USER_TRY_BACK_TO_SNAPSHOT, vm=vm, snapshot=description)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        layers = tuple(make_layer(dependencies, layer) for layer in self.layers)
        if self.memory is None or self.link is None:
            return layers
        return (*layers, link_memory(dependencies, self.vm_id, self.memory, self.link))

    def finish(self, tx: Transaction, context: Context) -> None:
        snapshot = the_snapshot(tx, self.snapshot_id)
        to_preview(tx, snapshot, self.layers, context.now, self.link)
        vm = self.unlock_rows(tx)
        kind = EventType.USER_TRY_BACK_TO_SNAPSHOT_FINISH_SUCCESS
        emit(tx, context, kind, vm=vm, snapshot=snapshot.description)

    def unlock_rows(self, tx: Transaction, more_disks: Iterable[str] = ()) -> Vm:
        """With the memory of then it is not down."""
        vm = super().unlock_rows(tx, more_disks)
        if self.link is not None and vm.saved_memory == self.link and vm.status is VmStatus.DOWN:
            vm = replace(vm, status=VmStatus.SUSPENDED, detail="")
            tx.vms.update(vm)
        return vm

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        vm, snapshot = self.unlock_rows(tx), the_snapshot(tx, self.snapshot_id)
        self.abandon_link(tx, left)
        kind = EventType.USER_TRY_BACK_TO_SNAPSHOT_FINISH_FAILURE
        emit(tx, context, kind, vm=vm, snapshot=snapshot.description, reason=error)

    def abandon_link(self, tx: Transaction, left: Collection[str]) -> None:
        """Where it could not be removed at once."""
        if self.link is not None and link_key(self.link) in left:
            abandon_file(tx, self.link)


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
        vm = previewing_vm(tx, self.vm_id, self.action)
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
        """A memory that the VM was suspended with is of the preview, and goes with it."""
        vm = the_vm(tx, self.vm_id)
        if vm.status is VmStatus.SUSPENDED:
            if vm.saved_memory is not None:
                abandon_file(tx, vm.saved_memory)
            tx.vms.update(replace(vm, status=VmStatus.DOWN, saved_memory=None))
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
