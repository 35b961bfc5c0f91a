"""Stops a VM: at once, or by asking the guest."""

from collections.abc import Collection
from dataclasses import replace
from typing import ClassVar, Self

import msgspec

from hosted_engine.engine.command import Command, Context, Lock, Means
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.vms.checks import running_vm, the_vm
from hosted_engine.engine.vms.lifecycle import went_down
from hosted_engine.engine.vms.model import RUNNING, VmStatus
from node.api.messages.vms import VmState
from node.api.problems import RemoteRefused
from node.steps import Step


class _EndOfVm(Command, frozen=True, kw_only=True):
    """`reason` is what its user says of it; `node_id` and `was` are what the VM was on and in before."""

    forward_only: ClassVar[bool] = True
    action: ClassVar[str]
    failed: ClassVar[EventType]

    id: str
    reason: str = ""
    node_id: str = ""
    was: VmStatus = VmStatus.UP

    def check(self, tx: Transaction) -> None:
        running_vm(tx, self.id, self.action)

    def settle(self, tx: Transaction, readings: Readings) -> Self:
        vm = the_vm(tx, self.id)
        return msgspec.structs.replace(self, node_id=vm.node_id or "", was=vm.status)

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("VM", self.id),)

    def begin(self, tx: Transaction, context: Context) -> None:
        tx.vms.update(replace(the_vm(tx, self.id), status=VmStatus.POWERING_DOWN, stop_note=self.reason))

    def take_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        vm = the_vm(tx, self.id)
        if vm.status is VmStatus.POWERING_DOWN:  # else the node's events know better
            vm = replace(vm, status=self.was)
            tx.vms.update(vm)
        emit(tx, context, self.failed, vm=vm, node=tx.nodes.get(self.node_id), reason=error)


class StopVm(_EndOfVm, frozen=True, kw_only=True):
    """Cuts its power."""

    action: ClassVar[str] = "power off"
    failed: ClassVar[EventType] = EventType.USER_FAILED_STOP_VM

    def describe(self, tx: Transaction) -> str:
        return f"Powering off VM {the_vm(tx, self.id).name}"

    def plan(self, means: Means) -> tuple[Step, ...]:
        async def destroy() -> None:
            node = await means.fleet.node(self.node_id)
            try:
                report = await node.destroy_vm(self.id)
            except RemoteRefused as err:
                if err.text.status != 404:
                    raise
                return  # it ended by itself in the meantime; the node's event has the reason
            with means.store.transaction() as tx:
                vm = the_vm(tx, self.id)
                if report.state is VmState.DOWN and vm.node_id == self.node_id and vm.status in RUNNING:
                    went_down(tx, vm, report, means.clock())

        return (Step("destroy", "Cut the power of the VM", destroy),)

    def finish(self, tx: Transaction, context: Context) -> None:
        emit(tx, context, EventType.USER_STOP_VM, vm=the_vm(tx, self.id), node=tx.nodes.get(self.node_id))


class ShutdownVm(_EndOfVm, frozen=True, kw_only=True):
    """Presses the power button; the guest decides, and the node's event tells when it is down."""

    action: ClassVar[str] = "shut down"
    failed: ClassVar[EventType] = EventType.USER_FAILED_SHUTDOWN_VM

    def describe(self, tx: Transaction) -> str:
        return f"Shutting down VM {the_vm(tx, self.id).name}"

    def plan(self, means: Means) -> tuple[Step, ...]:
        async def shutdown() -> None:
            await (await means.fleet.node(self.node_id)).shutdown_vm(self.id)

        return (Step("shutdown", "Ask the guest to shut down", shutdown),)

    def finish(self, tx: Transaction, context: Context) -> None:
        vm = the_vm(tx, self.id)
        emit(tx, context, EventType.USER_INITIATED_SHUTDOWN_VM, vm=vm, node=tx.nodes.get(self.node_id))
