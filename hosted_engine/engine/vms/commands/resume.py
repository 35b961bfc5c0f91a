"""Lets the guest of a paused VM go on: what oVirt's `start` does to one."""

from collections.abc import Collection
from typing import Self

import msgspec

from hosted_engine.engine.command import Command, Context, Lock, Means
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.vms.checks import running_vm, the_vm
from hosted_engine.engine.vms.lifecycle import went_up
from hosted_engine.engine.vms.model import VmStatus
from node.steps import Step


class ResumeVm(Command, frozen=True, kw_only=True):
    """`node_id` is where it stands still."""

    id: str
    node_id: str = ""

    def check(self, tx: Transaction) -> None:
        running_vm(tx, self.id, "resume")

    def settle(self, tx: Transaction, readings: Readings) -> Self:
        return msgspec.structs.replace(self, node_id=the_vm(tx, self.id).node_id or "")

    def describe(self, tx: Transaction) -> str:
        return f"Resuming VM {the_vm(tx, self.id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("VM", self.id),)

    def plan(self, means: Means) -> tuple[Step, ...]:
        async def resume() -> None:
            report = await (await means.fleet.node(self.node_id)).resume_vm(self.id)
            with means.store.transaction() as tx:
                vm = the_vm(tx, self.id)
                if vm.status is VmStatus.PAUSED and vm.node_id == self.node_id:
                    went_up(tx, vm, report)

        return (Step("resume", "Let the guest go on", resume),)

    def finish(self, tx: Transaction, context: Context) -> None:
        emit(tx, context, EventType.USER_RESUME_VM, vm=the_vm(tx, self.id), node=tx.nodes.get(self.node_id))

    def take_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        emit(tx, context, EventType.USER_FAILED_RESUME_VM, vm=the_vm(tx, self.id), reason=error)
