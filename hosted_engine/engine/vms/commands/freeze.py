"""Holds the file systems of a guest still, and lets them go on: for who copies its disks meanwhile."""

from typing import ClassVar

from hosted_engine.engine.command import Dependencies
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.vms.commands.running import OnRunningVm
from hosted_engine.engine.vms.statuses import VmAction
from node.api.contract import NodeApi


class FreezeVm(OnRunningVm, frozen=True, kw_only=True):
    """Its host lets them go on after two minutes, whatever happens."""

    action: ClassVar[str] = "freeze the file systems of"
    doing: ClassVar[str] = "Freezing file systems of"
    step: ClassVar[tuple[str, str]] = ("freeze", "Let the guest's file systems stand still")
    kind: ClassVar[VmAction] = VmAction.FREEZE
    done: ClassVar[EventType] = EventType.FREEZE_VM_SUCCESS
    failed: ClassVar[EventType] = EventType.USER_FAILED_TO_FREEZE_VM

    async def act(self, node: NodeApi, _: Dependencies) -> None:
        await node.freeze_vm(self.id)


class ThawVm(OnRunningVm, frozen=True, kw_only=True):
    action: ClassVar[str] = "thaw the file systems of"
    doing: ClassVar[str] = "Thawing file systems of"
    step: ClassVar[tuple[str, str]] = ("thaw", "Let the guest's file systems go on")
    kind: ClassVar[VmAction] = VmAction.THAW
    done: ClassVar[EventType] = EventType.THAW_VM_SUCCESS
    failed: ClassVar[EventType] = EventType.USER_FAILED_TO_THAW_VM

    async def act(self, node: NodeApi, _: Dependencies) -> None:
        await node.thaw_vm(self.id)
