"""Makes a pool with its VMs, or more VMs in one that is there: all of them, or none."""

from collections.abc import Collection, Iterable
from typing import Any, Self

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.entity.changes import changed
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit_of
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.macpools.pool import free_macs, pool_of
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.vmpools.members import the_pool
from hosted_engine.engine.vmpools.model import VmPool
from hosted_engine.engine.vms.commands.add import AddVm
from node.steps import Step

TABLE, KIND = "vm_pools", "VM pool"
ADDED = EventKind("USER_ADD_VM_POOL_WITH_VMS", "VM pool {name} with {count} VMs was added by {user}.")
NOT_ADDED = EventKind("USER_ADD_VM_POOL_WITH_VMS_FAILED", "VM pool {name} could not be added for {user}: {reason}")
GROWN = EventKind("USER_UPDATE_VM_POOL_WITH_VMS", "VM pool {name} was changed by {user}; {count} VMs were added to it.")
NOT_GROWN = EventKind(
    "USER_UPDATE_VM_POOL_WITH_VMS_FAILED", "{count} VMs could not be added to VM pool {name} for {user}: {reason}"
)


class FillPool(Command, frozen=True, kw_only=True):
    """`pool` is a new pool as JSON has it; else `changes` are what else changes of the pool `id`."""

    id: str
    vms: tuple[AddVm, ...]
    pool: dict[str, Any] | None = None
    changes: dict[str, Any] = msgspec.field(default_factory=dict)

    def check(self, tx: Transaction) -> None:
        """How many run already was held against its size when the command was made: it has not so many VMs yet."""
        entity, item = entity_of(TABLE), self._wanted(tx)
        entity.check_references(tx, item)
        entity.check(tx, item, None)
        entity.check_unique(tx, item)
        for vm in self.vms:
            vm.check(tx)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        """Each NIC has an address of its own."""
        missing = sum(len(vm.without_mac) for vm in self.vms)
        free = iter(free_macs(tx, pool_of(tx, self._wanted(tx).cluster_id), missing))
        return msgspec.structs.replace(self, vms=tuple(vm.with_macs(free) for vm in self.vms))

    def describe(self, tx: Transaction) -> str:
        name = self._wanted(tx).name
        return f"Adding VM pool {name}" if self.pool is not None else f"Adding VMs to VM pool {name}"

    def locks(self) -> tuple[Lock, ...]:
        return tuple(dict.fromkeys((Lock(KIND, self.id), *(lock for vm in self.vms for lock in vm.locks()))))

    def creates(self) -> tuple[tuple[str, str], ...]:
        return ((TABLE, self.id),) if self.pool is not None else ()

    def begin(self, tx: Transaction, context: Context) -> None:
        if self.pool is not None:
            tx.of(VmPool).add(self._wanted(tx))
        for vm in self.vms:
            vm.begin(tx, context)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        return tuple(step for vm in self.vms for step in vm.plan(dependencies))

    def finish(self, tx: Transaction, context: Context) -> None:
        for vm in self.vms:
            vm.finish(tx, context)
        if self.pool is None:
            tx.of(VmPool).update(self._wanted(tx))
        self._emit(tx, context, ADDED if self.pool is not None else GROWN, self._wanted(tx))

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        pool = self._wanted(tx)
        for vm in self.vms:
            vm.roll_back(tx, context, error, left)
        if self.pool is not None and tx.of(VmPool).get(self.id) is not None:
            tx.of(VmPool).remove(self.id)
        self._emit(tx, context, NOT_ADDED if self.pool is not None else NOT_GROWN, pool, error)

    def _wanted(self, tx: Transaction) -> VmPool:
        if self.pool is not None:
            return msgspec.convert(self.pool, VmPool)
        pool: VmPool = changed(the_pool(tx, self.id), self.changes)
        return pool

    def _emit(self, tx: Transaction, context: Context, kind: EventKind, pool: VmPool, reason: str = "") -> None:
        emit_of(tx, context, kind, entity_of(TABLE), pool, count=str(len(self.vms)), reason=reason)


def new_pool(pool: VmPool, vms: Iterable[AddVm]) -> FillPool:
    return FillPool(id=pool.id, pool=msgspec.to_builtins(pool), vms=tuple(vms))
