"""Lets the guest of a paused VM go on: what oVirt's `start` does to one."""

from typing import ClassVar

from hosted_engine.engine.command import Dependencies
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.vms.checks import the_vm
from hosted_engine.engine.vms.commands.running import OnRunningVm
from hosted_engine.engine.vms.lifecycle import set_up
from hosted_engine.engine.vms.model import VmStatus
from hosted_engine.engine.vms.statuses import VmAction
from node.api.contract import NodeApi


class ResumeVm(OnRunningVm, frozen=True, kw_only=True):
    kind: ClassVar[VmAction] = VmAction.START
    action: ClassVar[str] = "resume"
    doing: ClassVar[str] = "Resuming"
    step: ClassVar[tuple[str, str]] = ("resume", "Let the guest go on")
    done: ClassVar[EventType] = EventType.USER_RESUME_VM
    failed: ClassVar[EventType] = EventType.USER_FAILED_RESUME_VM

    async def act(self, node: NodeApi, dependencies: Dependencies) -> None:
        report = await node.resume_vm(self.id)
        with dependencies.store.transaction() as tx:
            vm = the_vm(tx, self.id)
            if vm.status is VmStatus.PAUSED and vm.node_id == self.node_id:
                set_up(tx, vm, report)
