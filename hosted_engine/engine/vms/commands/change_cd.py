"""Changes the disc in the drive of a running VM, or takes it out."""

from collections.abc import Collection
from dataclasses import replace
from typing import ClassVar, Self

import msgspec

from hosted_engine.engine.command import Context, Dependencies, Lock
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.vms.cdroms.discs import check_disc, disc_of
from hosted_engine.engine.vms.checks import the_vm
from hosted_engine.engine.vms.commands.running import OnRunningVm
from hosted_engine.engine.vms.statuses import VmAction
from node.api.contract import NodeApi
from node.api.messages.vms import CdRequest


class ChangeCd(OnRunningVm, frozen=True, kw_only=True):
    """`disk_id` is the ISO disk, None where the drive is to be empty. The next run has what it has without it."""

    kind: ClassVar[VmAction] = VmAction.CHANGE_CD
    action: ClassVar[str] = "change the CD of"
    doing: ClassVar[str] = "Changing the CD of"
    step: ClassVar[tuple[str, str]] = ("change-cd", "Change the disc in the drive")
    failed: ClassVar[EventType] = EventType.USER_FAILED_CHANGE_DISK_VM

    disk_id: str | None = None
    disk_locks: tuple[Lock, ...] = ()

    def check(self, tx: Transaction) -> None:
        super().check(tx)
        check_disc(tx, self.disk_id)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        held = (Lock("disk", self.disk_id, shared=True),) if self.disk_id else ()
        return msgspec.structs.replace(super().resolve(tx, readings), disk_locks=held)

    def locks(self) -> tuple[Lock, ...]:
        """Others may read the disc meanwhile, nobody removes it."""
        return (*super().locks(), *self.disk_locks)

    async def act(self, node: NodeApi, dependencies: Dependencies) -> None:
        with dependencies.store.transaction() as tx:
            disc = disc_of(tx, self.disk_id)
        await node.change_cd(self.id, CdRequest(disc=disc))

    def finish(self, tx: Transaction, context: Context) -> None:
        vm = the_vm(tx, self.id)
        disk = tx.disks.get(self.disk_id) if self.disk_id else None
        if vm.node_id == self.node_id:  # else it went down meanwhile, and its drive is gone
            tx.vms.update(replace(vm, current_cd_disk_id=self.disk_id))
        kind = EventType.USER_CHANGE_DISK_VM if disk is not None else EventType.USER_EJECT_VM_DISK
        emit(tx, context, kind, vm=vm, node=tx.nodes.get(self.node_id), disk=disk)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        """What is in the drive now only the node knows; it was asked for this, or for nothing."""
        emit(tx, context, self.failed, vm=the_vm(tx, self.id), node=tx.nodes.get(self.node_id), reason=error)
