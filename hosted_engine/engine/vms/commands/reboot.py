"""Boots a running VM again."""

from typing import ClassVar

from hosted_engine.engine.command import Dependencies
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.vms.checks import the_vm
from hosted_engine.engine.vms.commands.running import OnRunningVm
from hosted_engine.engine.vms.lifecycle import set_up
from hosted_engine.engine.vms.model import VmStatus
from hosted_engine.engine.vms.statuses import VmAction
from node.api.contract import NodeApi


class RebootVm(OnRunningVm, frozen=True, kw_only=True):
    """Asks its guest; with `force` nobody is asked. What changes with its next start waits for one."""

    kind: ClassVar[VmAction] = VmAction.REBOOT
    action: ClassVar[str] = "reboot"
    doing: ClassVar[str] = "Rebooting"
    step: ClassVar[tuple[str, str]] = ("reboot", "Ask the guest to boot again")
    meanwhile: ClassVar[VmStatus | None] = VmStatus.REBOOT_IN_PROGRESS
    done: ClassVar[EventType] = EventType.USER_REBOOT_VM
    failed: ClassVar[EventType] = EventType.USER_FAILED_REBOOT_VM

    force: bool = False

    async def act(self, node: NodeApi, dependencies: Dependencies) -> None:
        report = await (node.reset_vm(self.id) if self.force else node.reboot_vm(self.id))
        with dependencies.store.transaction() as tx:
            vm = the_vm(tx, self.id)
            if vm.status is VmStatus.REBOOT_IN_PROGRESS and vm.node_id == self.node_id:  # else an event was faster
                set_up(tx, vm, report)


class ResetVm(OnRunningVm, frozen=True, kw_only=True):
    """Presses its reset button: what its guest was asked before is over."""

    kind: ClassVar[VmAction] = VmAction.RESET
    action: ClassVar[str] = "reset"
    doing: ClassVar[str] = "Resetting"
    step: ClassVar[tuple[str, str]] = ("reset", "Press the reset button of the VM")
    meanwhile: ClassVar[VmStatus | None] = VmStatus.UP
    done: ClassVar[EventType] = EventType.USER_RESET_VM
    failed: ClassVar[EventType] = EventType.USER_FAILED_RESET_VM

    async def act(self, node: NodeApi, dependencies: Dependencies) -> None:
        await node.reset_vm(self.id)
