"""Gives a user a VM of a pool: one that runs already, or else one that is started for them."""

from collections.abc import Collection
from typing import Self

import msgspec

from hosted_engine.engine.command import Context, Dependencies, Lock
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.vmpools.members import give, next_vm, take_from, the_pool
from hosted_engine.engine.vms.checks import the_vm
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.model import RUNNING
from node.steps import Step


class AllocateVm(StartVm, frozen=True, kw_only=True):
    """`user_id` is who gets it; which VM it is, is chosen when it begins. `runs` says that it is running already."""

    id: str = ""
    pool_id: str
    user_id: str
    runs: bool = False

    def check(self, tx: Transaction) -> None:
        chosen = self._chosen(tx)
        if not chosen.runs:
            StartVm.check(chosen, tx)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        chosen = self._chosen(tx)
        return chosen if chosen.runs else StartVm.resolve(chosen, tx, readings)

    def describe(self, tx: Transaction) -> str:
        return f"Attaching user to a VM of VM pool {the_pool(tx, self.pool_id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (*super().locks(), Lock("VM pool", self.pool_id, shared=True))

    def begin(self, tx: Transaction, context: Context) -> None:
        give(tx, self.id, self.user_id)
        self._emit(tx, context, EventType.USER_ATTACH_USER_TO_VM_FROM_POOL)
        if not self.runs:
            super().begin(tx, context)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        return () if self.runs else super().plan(dependencies)

    def finish(self, tx: Transaction, context: Context) -> None:
        if not self.runs:
            super().finish(tx, context)
        self._emit(tx, context, EventType.USER_ATTACH_USER_TO_VM_FROM_POOL_FINISHED_SUCCESS)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        take_from(tx, the_vm(tx, self.id), self.user_id)
        super().roll_back(tx, context, error, left)
        self._emit(tx, context, EventType.USER_ATTACH_USER_TO_VM_FROM_POOL_FINISHED_FAILURE, error)

    def _chosen(self, tx: Transaction) -> Self:
        pool = the_pool(tx, self.pool_id)
        vm = next_vm(tx, pool, self.user_id)
        return msgspec.structs.replace(self, id=vm.id, runs=vm.status in RUNNING, stateless=not pool.stateful)

    def _emit(self, tx: Transaction, context: Context, kind: EventType, reason: str = "") -> None:
        emit(tx, context, kind, vm=the_vm(tx, self.id), pool=the_pool(tx, self.pool_id).name, reason=reason)
