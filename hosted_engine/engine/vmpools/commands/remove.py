"""Removes a pool: its VMs are stopped, and go with their disks."""

from collections.abc import Collection
from typing import ClassVar, Self

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.entity.commands import remove_item
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit_of
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.vmpools.commands.fill import KIND, TABLE
from hosted_engine.engine.vmpools.members import the_pool, vms_of
from hosted_engine.engine.vmpools.model import VmPool
from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.engine.vms.commands.stop import StopVm
from hosted_engine.engine.vms.model import RUNNING, VmStatus
from node.steps import Step

BEGUN = EventKind("USER_REMOVE_VM_POOL_INITIATED", "The removal of VM pool {name} was begun by {user}.")
REMOVED = EventKind("USER_REMOVE_VM_POOL", "VM pool {name} was removed by {user}.")
NOT_REMOVED = EventKind("USER_REMOVE_VM_POOL_FAILED", "VM pool {name} could not be removed for {user}: {reason}")


class RemovePool(Command, frozen=True, kw_only=True):
    """What was removed when it fails stays removed; the pool with the others is there, and it can be repeated."""

    forward_only: ClassVar[bool] = True

    id: str
    stops: tuple[StopVm, ...] = ()
    vms: tuple[RemoveVm, ...] = ()

    def check(self, tx: Transaction) -> None:
        pool = the_pool(tx, self.id)
        for vm in vms_of(tx, self.id):
            removal = RemoveVm(id=vm.id, with_pool=True)
            if vm.status in RUNNING:
                StopVm(id=vm.id).check(tx)
                removal.check_parts(tx, vm)
            else:
                removal.check(tx)
        entity_of(TABLE).check_removable(tx, pool)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        vms = vms_of(tx, self.id)
        return msgspec.structs.replace(
            self,
            stops=tuple(StopVm(id=vm.id).resolve(tx, readings) for vm in vms if vm.status in RUNNING),
            vms=tuple(RemoveVm(id=vm.id, with_pool=True).resolve(tx, readings) for vm in vms),
        )

    def describe(self, tx: Transaction) -> str:
        return f"Removing VM pool {the_pool(tx, self.id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock(KIND, self.id), *(lock for vm in self.vms for lock in vm.locks()))

    def begin(self, tx: Transaction, context: Context) -> None:
        stopped = {stop.id for stop in self.stops}
        for stop in self.stops:
            stop.begin(tx, context)
        for vm in self.vms:
            if vm.id not in stopped:
                vm.begin(tx, context)
        self._emit(tx, context, BEGUN, the_pool(tx, self.id))

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        stops = [step for stop in self.stops for step in _named(stop, dependencies)]
        return (*stops, *(step for vm in self.vms for step in _named(vm, dependencies)))

    def finish(self, tx: Transaction, context: Context) -> None:
        pool = tx.of(VmPool).get(self.id)
        if pool is None:
            return
        for command in (*self.stops, *self.vms):
            command.finish(tx, context)
        remove_item(tx, entity_of(TABLE), pool)
        self._emit(tx, context, REMOVED, pool)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        """A VM that could not be stopped runs on."""
        for stop in self.stops:
            stop.roll_back(tx, context, error, left)
        for vm in self.vms:
            if (there := tx.vms.get(vm.id)) is not None and there.status in (VmStatus.DOWN, VmStatus.IMAGE_LOCKED):
                vm.roll_back(tx, context, error, left)
        self._emit(tx, context, NOT_REMOVED, the_pool(tx, self.id), error)

    def _emit(self, tx: Transaction, context: Context, kind: EventKind, pool: VmPool, reason: str = "") -> None:
        emit_of(tx, context, kind, entity_of(TABLE), pool, reason=reason)


def _named(command: StopVm | RemoveVm, dependencies: Dependencies) -> list[Step]:
    """Its steps with keys of their own among those of others."""
    return [
        Step(f"{step.key}-{command.id}", step.description, step.do, step.undo) for step in command.plan(dependencies)
    ]
