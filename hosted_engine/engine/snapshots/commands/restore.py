"""Makes a VM what it was at a snapshot, for good, in one command."""

from collections.abc import Collection
from typing import Self

import msgspec

from hosted_engine.engine.command import Context, Dependencies
from hosted_engine.engine.disks.layers import abandoned, frozen, layers_of, line_of, tops_first
from hosted_engine.engine.disks.model import DiskImage
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.snapshots.checks import check_previewed, the_snapshot
from hosted_engine.engine.snapshots.commands.preview import PreviewSnapshot
from hosted_engine.engine.snapshots.images import Doomed, doomed, remove_layer
from hosted_engine.engine.snapshots.switch import commit_preview, to_preview
from hosted_engine.engine.vms.checks import the_vm
from node.steps import Step


class RestoreSnapshot(PreviewSnapshot, frozen=True, kw_only=True):
    """As a preview that is committed at once. From the step `switch` on there is no way back: images that cannot be
    removed after it are by the next command that removes some."""

    images: tuple[Doomed, ...] = ()

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        resolved = super().resolve(tx, readings)
        obsolete = [image for layer in resolved.layers for image in _obsolete(tx, layer.disk_id, layer.parent_id)]
        images = doomed(tx, tops_first([*abandoned(tx, resolved.disk_ids), *obsolete]))
        return msgspec.structs.replace(resolved, images=images)

    def describe(self, tx: Transaction) -> str:
        snapshot = the_snapshot(tx, self.snapshot_id)
        return f"Restoring VM {the_vm(tx, self.vm_id).name} from Snapshot {snapshot.description}"

    def begin(self, tx: Transaction, context: Context) -> None:
        vm = self.lock_rows(tx)
        description = the_snapshot(tx, self.snapshot_id).description
        emit(tx, context, EventType.USER_RESTORE_FROM_SNAPSHOT_START, vm=vm, snapshot=description)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        async def switch() -> None:
            with dependencies.store.transaction() as tx:
                if not self._switched(tx):
                    to_preview(tx, the_snapshot(tx, self.snapshot_id), self.layers, dependencies.clock(), self.link)
                    commit_preview(tx, *check_previewed(tx, the_vm(tx, self.vm_id), "restore"))

        switching = Step("switch", "Make the VM what it was at the snapshot", switch)
        removals = (remove_layer(dependencies, image) for image in self.images)
        return (*super().plan(dependencies), switching, *removals)

    def finish(self, tx: Transaction, context: Context) -> None:
        vm, snapshot = self.unlock_rows(tx), the_snapshot(tx, self.snapshot_id)
        emit(tx, context, EventType.USER_RESTORE_FROM_SNAPSHOT_FINISH_SUCCESS, vm=vm, snapshot=snapshot.description)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        if self._switched(tx):
            self.finish(tx, context)
            return
        vm, snapshot = self.unlock_rows(tx), the_snapshot(tx, self.snapshot_id)
        self.abandon_link(tx, left)
        kind = EventType.USER_RESTORE_FROM_SNAPSHOT_FINISH_FAILURE
        emit(tx, context, kind, vm=vm, snapshot=snapshot.description, reason=error)

    def _switched(self, tx: Transaction) -> bool:
        """Every snapshot of a VM without disks is the same but for its rows, which are written once."""
        disks = tx.disks.find([layer.disk_id for layer in self.layers])
        return bool(self.layers) and all(
            layer.disk_id in disks and disks[layer.disk_id].image_id == layer.image_id for layer in self.layers
        )


def _obsolete(tx: Transaction, disk_id: str, parent_id: str) -> list[DiskImage]:
    """The images of the disk as it is that are above the one of the snapshot."""
    disk, layers = tx.disks.get(disk_id), layers_of(tx, disk_id)
    if disk is None:
        return []
    kept = set(line_of(layers, parent_id))
    above = [layers[image_id] for image_id in line_of(layers, disk.parent_image_id) if image_id not in kept]
    return [frozen(disk, ""), *above]
