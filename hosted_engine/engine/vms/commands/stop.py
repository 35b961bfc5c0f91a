"""Stops a VM: at once, or by asking the guest."""

from dataclasses import replace
from typing import ClassVar

from hosted_engine.engine.command import Context, Dependencies
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.vms.checks import the_vm
from hosted_engine.engine.vms.commands.running import OnRunningVm
from hosted_engine.engine.vms.lifecycle import set_down, set_up
from hosted_engine.engine.vms.model import RUNNING, VmStatus
from hosted_engine.engine.vms.statuses import VmAction
from node.api.contract import NodeApi
from node.api.messages.vms import VmReport, VmState
from node.api.problems import RemoteRefused


async def destroyed(node: NodeApi, vm_id: str) -> VmReport | None:
    """How it ended on `node`; None where it did not run."""
    try:
        return await node.destroy_vm(vm_id)
    except RemoteRefused as err:
        if err.text.status != 404:
            raise
        return None


class _EndOfVm(OnRunningVm, frozen=True, kw_only=True):
    """`reason` is what its user says of it."""

    meanwhile: ClassVar[VmStatus | None] = VmStatus.POWERING_DOWN

    reason: str = ""

    def begin(self, tx: Transaction, context: Context) -> None:
        tx.vms.update(replace(the_vm(tx, self.id), status=VmStatus.POWERING_DOWN, stop_note=self.reason))


class StopVm(_EndOfVm, frozen=True, kw_only=True):
    """Cuts its power."""

    kind: ClassVar[VmAction] = VmAction.STOP
    action: ClassVar[str] = "power off"
    doing: ClassVar[str] = "Powering off"
    step: ClassVar[tuple[str, str]] = ("destroy", "Cut the power of the VM")
    done: ClassVar[EventType] = EventType.USER_STOP_VM
    failed: ClassVar[EventType] = EventType.USER_FAILED_STOP_VM

    async def act(self, node: NodeApi, dependencies: Dependencies) -> None:
        report = await destroyed(node, self.id)
        if report is None:
            return
        with dependencies.store.transaction() as tx:
            vm = the_vm(tx, self.id)
            if report.state is VmState.DOWN and vm.node_id == self.node_id and vm.status in RUNNING:
                set_down(tx, vm, report, dependencies.clock())


class ShutdownVm(_EndOfVm, frozen=True, kw_only=True):
    """Presses the power button; the guest decides, and the node's event tells when it is down."""

    kind: ClassVar[VmAction] = VmAction.SHUTDOWN
    action: ClassVar[str] = "shut down"
    doing: ClassVar[str] = "Shutting down"
    step: ClassVar[tuple[str, str]] = ("shutdown", "Ask the guest to shut down")
    done: ClassVar[EventType] = EventType.USER_INITIATED_SHUTDOWN_VM
    failed: ClassVar[EventType] = EventType.USER_FAILED_SHUTDOWN_VM

    async def act(self, node: NodeApi, dependencies: Dependencies) -> None:
        report = await node.shutdown_vm(self.id)
        with dependencies.store.transaction() as tx:
            vm = the_vm(tx, self.id)
            if vm.node_id != self.node_id or vm.status is not VmStatus.POWERING_DOWN:
                return  # an event of the node was faster and knows better
            if report.state is VmState.DOWN:
                set_down(tx, vm, report, dependencies.clock())
            else:
                set_up(tx, vm, report)
