"""Suspends a VM to disk; lets it go on from there on any node, or gives its memory up."""

from collections.abc import Collection
from dataclasses import replace
from typing import ClassVar, Self

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.snapshots.stateless import check_not_stateless
from hosted_engine.engine.vmpools.members import check_no_pool
from hosted_engine.engine.vms.checks import changeable_vm, the_vm
from hosted_engine.engine.vms.commands.running import OnRunningVm
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.lifecycle import set_down, set_up
from hosted_engine.engine.vms.memory import forget_memory, new_memory
from hosted_engine.engine.vms.model import RUNNING, VmStatus
from hosted_engine.engine.vms.next_run import with_next_run
from hosted_engine.engine.vms.spec import spec_of
from hosted_engine.engine.vms.statuses import VmAction, check_allowed
from node.api.contract import NodeApi
from node.api.messages.images import ImageRef
from node.api.messages.vms import DownReason, SuspendRequest
from node.api.problems import NodeNonResponsive
from node.steps import Step


class SuspendVm(OnRunningVm, frozen=True, kw_only=True):
    """`memory` is where its memory goes. It runs on where that fails."""

    kind: ClassVar[VmAction] = VmAction.SUSPEND
    action: ClassVar[str] = "suspend"
    doing: ClassVar[str] = "Suspending"
    step: ClassVar[tuple[str, str]] = ("suspend", "Save the memory of the VM and end it")
    meanwhile: ClassVar[VmStatus | None] = VmStatus.SAVING_STATE
    done: ClassVar[EventType] = EventType.USER_SUSPEND_VM_OK
    failed: ClassVar[EventType] = EventType.USER_FAILED_SUSPEND_VM

    memory: ImageRef | None = None

    def check(self, tx: Transaction) -> None:
        super().check(tx)
        check_not_stateless(tx, the_vm(tx, self.id), "suspend")
        check_no_pool(tx, the_vm(tx, self.id), "suspend")
        self._new_memory(tx)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        return msgspec.structs.replace(super().resolve(tx, readings), memory=self._new_memory(tx))

    def _new_memory(self, tx: Transaction) -> ImageRef:
        return new_memory(tx, the_vm(tx, self.id), "suspend", "shut the VM down")

    def begin(self, tx: Transaction, context: Context) -> None:
        vm = replace(the_vm(tx, self.id), status=VmStatus.SAVING_STATE, saved_memory=self.memory)
        tx.vms.update(vm)
        emit(tx, context, EventType.USER_SUSPEND_VM, vm=vm, node=tx.nodes.get(self.node_id))

    async def act(self, node: NodeApi, dependencies: Dependencies) -> None:
        memory = found(self.memory, "memory of VM", self.id)
        report = await node.suspend_vm(self.id, SuspendRequest(memory=memory))
        with dependencies.store.transaction() as tx:
            vm = the_vm(tx, self.id)
            if vm.node_id == self.node_id and vm.status in RUNNING:  # else the node's event was faster
                set_down(tx, vm, report, dependencies.clock())

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        super().roll_back(tx, context, error, left)
        vm = the_vm(tx, self.id)
        if vm.status is self.was:
            tx.vms.update(replace(vm, saved_memory=None))


class ResumeSuspendedVm(StartVm, frozen=True, kw_only=True):
    """Goes on from its memory. Where that fails it stays suspended; what it was suspended with is kept."""

    forward_only: ClassVar[bool] = True

    def check(self, tx: Transaction) -> None:
        check_allowed(changeable_vm(tx, self.id, "resume"), VmAction.START, "resume")

    def is_stateless(self, tx: Transaction) -> bool:
        return False  # it goes on with what it wrote before

    def describe(self, tx: Transaction) -> str:
        return f"Resuming VM {the_vm(tx, self.id).name} from its memory"

    def begin(self, tx: Transaction, context: Context) -> None:
        vm = replace(the_vm(tx, self.id), status=VmStatus.RESTORING_STATE, node_id=self.node_id, detail="")
        tx.vms.update(replace(vm, started_at=context.now, stop_note=""))

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        async def resume() -> None:
            with dependencies.store.transaction() as tx:
                vm = the_vm(tx, self.id)
                spec = msgspec.structs.replace(spec_of(tx, vm), resume_from=vm.saved_memory, start_paused=self.paused)
            try:
                report = await (await dependencies.fleet.node(self.node_id)).start_vm(spec)
            except NodeNonResponsive:
                self._mark_unknown(dependencies)
                raise
            with dependencies.store.transaction() as tx:
                vm = the_vm(tx, self.id)
                if vm.status is VmStatus.RESTORING_STATE:  # else an event of the node was faster and knows better
                    set_up(tx, vm, report)

        step = Step("resume", "Start the VM from its memory", resume)
        return (step, forget_memory(dependencies, self.id))

    def _mark_unknown(self, dependencies: Dependencies) -> None:
        """Its node may have it: what it says next decides."""
        with dependencies.store.transaction() as tx:
            vm = the_vm(tx, self.id)
            if vm.status is VmStatus.RESTORING_STATE:
                tx.vms.update(replace(vm, status=VmStatus.UNKNOWN, reported_at=0.0))

    def finish(self, tx: Transaction, context: Context) -> None:
        emit(tx, context, EventType.USER_RESUME_VM, vm=the_vm(tx, self.id), node=tx.nodes.get(self.node_id))

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        vm = the_vm(tx, self.id)
        if vm.status is VmStatus.RESTORING_STATE:
            vm = replace(vm, status=VmStatus.SUSPENDED, node_id=None, detail=error)
            tx.vms.update(vm)
        emit(tx, context, EventType.USER_FAILED_RESUME_VM, vm=vm, node=tx.nodes.get(self.node_id), reason=error)


class StopSuspendedVm(Command, frozen=True, kw_only=True):
    """It is down then, and its memory is gone. `reason` is what its user says of it."""

    forward_only: ClassVar[bool] = True

    id: str
    reason: str = ""

    def check(self, tx: Transaction) -> None:
        check_allowed(changeable_vm(tx, self.id, "power off"), VmAction.STOP, "power off")

    def describe(self, tx: Transaction) -> str:
        return f"Powering off suspended VM {the_vm(tx, self.id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("VM", self.id),)

    def begin(self, tx: Transaction, context: Context) -> None:
        vm = replace(with_next_run(the_vm(tx, self.id)), status=VmStatus.DOWN, detail="", stop_note=self.reason)
        vm = replace(vm, stopped_at=context.now, stop_reason=DownReason.DESTROYED, run_once=False)
        tx.vms.update(vm)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        return (forget_memory(dependencies, self.id),)

    def finish(self, tx: Transaction, context: Context) -> None:
        emit(tx, context, EventType.USER_STOP_SUSPENDED_VM, vm=the_vm(tx, self.id))

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        emit(tx, context, EventType.USER_STOP_SUSPENDED_VM_FAILED, vm=the_vm(tx, self.id), reason=error)
