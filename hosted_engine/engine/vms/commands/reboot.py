"""Boots a running VM again."""

from collections.abc import Collection
from typing import ClassVar

from hosted_engine.engine.command import Means
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.vms.commands.running import OnRunningVm
from hosted_engine.engine.vms.model import VmStatus
from node.api.contract import NodeApi

BOOTED = frozenset({VmStatus.UP, VmStatus.POWERING_UP})


class ResetVm(OnRunningVm, frozen=True, kw_only=True):
    """Presses its reset button: what its guest was asked before is over. The statuses are oVirt's."""

    action: ClassVar[str] = "reset"
    doing: ClassVar[str] = "Resetting"
    step: ClassVar[tuple[str, str]] = ("reset", "Press the reset button of the VM")
    allowed: ClassVar[Collection[VmStatus]] = BOOTED | {VmStatus.REBOOT_IN_PROGRESS, VmStatus.POWERING_DOWN}
    meanwhile: ClassVar[VmStatus | None] = VmStatus.UP
    done: ClassVar[EventType] = EventType.USER_RESET_VM
    failed: ClassVar[EventType] = EventType.USER_FAILED_RESET_VM

    async def act(self, node: NodeApi, means: Means) -> None:
        await node.reset_vm(self.id)
