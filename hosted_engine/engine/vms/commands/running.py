"""What is done to a VM on the node that runs it, in one step: a command says only what is its own."""

from collections.abc import Collection
from dataclasses import replace
from typing import ClassVar, Self

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.vms.checks import running_vm, the_vm
from hosted_engine.engine.vms.model import VmStatus
from hosted_engine.engine.vms.statuses import VmAction
from node.api.contract import NodeApi
from node.steps import Step


class OnRunningVm(Command, frozen=True, kw_only=True):
    """`kind` says in which statuses it may be done, `action` is its verb ("shut down"), `doing` begins the job's
    description, `step` is the key of its step and what that does, `meanwhile` the status from its begin on. `node_id`
    and `was` are what the VM was on and in before."""

    forward_only: ClassVar[bool] = True
    kind: ClassVar[VmAction]
    action: ClassVar[str]
    doing: ClassVar[str]
    step: ClassVar[tuple[str, str]]
    meanwhile: ClassVar[VmStatus | None] = None
    done: ClassVar[EventType]
    failed: ClassVar[EventType]

    id: str
    node_id: str = ""
    was: VmStatus = VmStatus.UP

    async def act(self, node: NodeApi, dependencies: Dependencies) -> None:
        """Ask the node for it; safe to repeat."""
        raise NotImplementedError

    def check(self, tx: Transaction) -> None:
        running_vm(tx, self.id, self.kind, self.action)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        vm = the_vm(tx, self.id)
        return msgspec.structs.replace(self, node_id=vm.node_id or "", was=vm.status)

    def describe(self, tx: Transaction) -> str:
        return f"{self.doing} VM {the_vm(tx, self.id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("VM", self.id),)

    def begin(self, tx: Transaction, context: Context) -> None:
        if self.meanwhile is not None:
            tx.vms.update(replace(the_vm(tx, self.id), status=self.meanwhile))

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        async def act() -> None:
            await self.act(await dependencies.fleet.node(self.node_id), dependencies)

        key, description = self.step
        return (Step(key, description, act),)

    def finish(self, tx: Transaction, context: Context) -> None:
        emit(tx, context, self.done, vm=the_vm(tx, self.id), node=tx.nodes.get(self.node_id))

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        vm = the_vm(tx, self.id)
        if vm.status is self.meanwhile:  # else the node's events know better
            vm = replace(vm, status=self.was)
            tx.vms.update(vm)
        emit(tx, context, self.failed, vm=vm, node=tx.nodes.get(self.node_id), reason=error)
