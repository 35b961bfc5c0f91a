"""Takes a snapshot: from then on the VM's disks are written to new images, which stand on those that they were on."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Self

import msgspec

from hosted_engine.engine.command import Context, Dependencies
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.snapshots.checks import (
    check_disks_usable,
    check_not_previewed,
    snapshot_disks,
    still_vm,
    the_snapshot,
)
from hosted_engine.engine.snapshots.commands.on_vm import OnSnapshots
from hosted_engine.engine.snapshots.config import stored_config
from hosted_engine.engine.snapshots.images import Layer, layer_over, make_layer
from hosted_engine.engine.snapshots.live import SWITCH, switch_running
from hosted_engine.engine.snapshots.memory import TAKE, WITHOUT, abandon_memory, check_memory
from hosted_engine.engine.snapshots.model import MemoryVolume, Snapshot, SnapshotStatus
from hosted_engine.engine.snapshots.stateless import check_not_stateless
from hosted_engine.engine.snapshots.switch import leave
from hosted_engine.engine.vms.checks import the_vm
from hosted_engine.engine.vms.memory import new_memory
from node.api.messages.images import ImageRef
from node.steps import Step


class AddSnapshot(OnSnapshots, frozen=True, kw_only=True):
    """`snapshot` is the snapshot without what it keeps, as JSON has it; `chosen` the only disks that it holds, where it
    is not all. A VM that runs, on `node_id`, goes on with all of its disks at one moment; `memory` is where its memory
    of that moment goes, if the snapshot has it."""

    snapshot: dict[str, Any]
    chosen: tuple[str, ...] | None = None
    layers: tuple[Layer, ...] = ()
    node_id: str = ""
    memory: ImageRef | None = None

    @property
    def wanted(self) -> Snapshot:
        return msgspec.convert(self.snapshot, Snapshot)

    def check(self, tx: Transaction) -> None:
        vm = still_vm(tx, self.vm_id, "take a snapshot of")
        check_not_previewed(tx, vm, "take a snapshot of")
        check_not_stateless(tx, vm, "take a snapshot of")
        disks = snapshot_disks(tx, vm, self.chosen)
        check_disks_usable(tx, [disk.id for disk in disks], "take a snapshot of")
        if self.wanted.persist_memorystate:
            check_memory(tx, vm, disks)
            new_memory(tx, vm, TAKE, WITHOUT)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        vm = the_vm(tx, self.vm_id)
        layers = tuple(layer_over(disk) for disk in snapshot_disks(tx, vm, self.chosen))
        return msgspec.structs.replace(
            self,
            layers=layers,
            disk_ids=tuple(layer.disk_id for layer in layers),
            node_id=vm.node_id or "",
            memory=new_memory(tx, vm, TAKE, WITHOUT) if self.wanted.persist_memorystate else None,
        )

    def describe(self, tx: Transaction) -> str:
        return f"Creating VM Snapshot {self.wanted.description} for VM {the_vm(tx, self.vm_id).name}"

    def begin(self, tx: Transaction, context: Context) -> None:
        vm = the_vm(tx, self.vm_id)
        snapshot = replace(self.wanted, status=SnapshotStatus.LOCKED, taken_at=context.now, **stored_config(tx, vm))
        tx.of(Snapshot).add(snapshot)
        if (memory := self.memory) is not None:
            volume = MemoryVolume(id=memory.disk_id, storage_domain_id=memory.storage_domain, snapshot_id=snapshot.id)
            tx.of(MemoryVolume).add(volume)
        self.lock_rows(tx)
        emit(tx, context, EventType.USER_CREATE_SNAPSHOT, vm=vm, snapshot=snapshot.description)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        layers = tuple(make_layer(dependencies, layer) for layer in self.layers)
        if not self.node_id or not (layers or self.memory):
            return layers
        return (*layers, switch_running(dependencies, self.vm_id, self.layers, self.memory))

    def finish(self, tx: Transaction, context: Context) -> None:
        snapshot = the_snapshot(tx, self.wanted.id)
        leave(tx, self.layers, snapshot.id)
        tx.of(Snapshot).update(replace(snapshot, status=SnapshotStatus.OK))
        vm = self.unlock_rows(tx)
        kind = EventType.USER_CREATE_SNAPSHOT_FINISHED_SUCCESS
        emit(tx, context, kind, vm=vm, snapshot=snapshot.description)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        tx.of(Snapshot).remove(self.wanted.id)
        if self.memory is not None and SWITCH in left:
            abandon_memory(tx, self.wanted.id)
        elif self.memory is not None and tx.of(MemoryVolume).get(self.memory.disk_id) is not None:
            tx.of(MemoryVolume).remove(self.memory.disk_id)  # it was never written
        vm = self.unlock_rows(tx)
        kind = EventType.USER_CREATE_SNAPSHOT_FINISHED_FAILURE
        emit(tx, context, kind, vm=vm, snapshot=self.wanted.description, reason=error)
