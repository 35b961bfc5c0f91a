"""Removes a VM, with its disks or without them."""

from collections.abc import Collection
from dataclasses import replace
from typing import ClassVar, Self

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.disks.checks import domain_for_disks
from hosted_engine.engine.disks.images import lock_to_remove, remove_image, unlock
from hosted_engine.engine.disks.layers import why_layered
from hosted_engine.engine.entity.commands import check_removable, remove_item
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.permissions.creators import forget
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState, found
from hosted_engine.engine.snapshots.memory import abandon_memory
from hosted_engine.engine.snapshots.model import Snapshot
from hosted_engine.engine.vmpools.members import check_no_pool
from hosted_engine.engine.vms.checks import changeable_vm, resting_vm, the_vm
from hosted_engine.engine.vms.memory import forget_memory
from hosted_engine.engine.vms.model import Vm, VmStatus
from hosted_engine.engine.vms.statuses import VmAction, check_allowed
from node.steps import Step


class RemoveVm(Command, frozen=True, kw_only=True):
    """`detach_only` keeps the disks; `with_pool` says that its pool goes, too. A disk that another VM uses too is kept
    in any case. `forgets`: the memory of an earlier run is still to be removed."""

    forward_only: ClassVar[bool] = True

    id: str
    detach_only: bool = False
    with_pool: bool = False
    disk_ids: tuple[str, ...] = ()
    forgets: bool = False

    def check(self, tx: Transaction) -> None:
        check_allowed(changeable_vm(tx, self.id, "remove"), VmAction.REMOVE, "remove")
        self.check_parts(tx, resting_vm(tx, self.id, "remove"))

    def check_parts(self, tx: Transaction, vm: Vm) -> None:
        """What has to be so whether it runs or not."""
        if not self.with_pool:
            check_no_pool(tx, vm, "remove")
        if vm.delete_protected:
            raise WrongState(
                action="remove",
                kind="VM",
                name=vm.name,
                reason="it is protected from removal",
                mend="Switch the protection off first",
            )
        for attachment in tx.disk_attachments.list(owner_id=vm.id) if self.detach_only else ():
            if (layered := why_layered(tx, attachment.disk_id)) is not None:
                reason, mend = layered
                name = found(tx.disks.get(attachment.disk_id), "disk", attachment.disk_id).name
                reason = f"disk {name}: {reason}"
                raise WrongState(action="keep the disks of", kind="VM", name=vm.name, reason=reason, mend=mend)
        check_removable(tx, entity_of("vms"), vm)
        for disk in tx.disks.find(self._disks_to_remove(tx)).values():
            domain_for_disks(tx, disk.storage_domain_id)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        forgets = the_vm(tx, self.id).saved_memory is not None
        return msgspec.structs.replace(self, disk_ids=self._disks_to_remove(tx), forgets=forgets)

    def describe(self, tx: Transaction) -> str:
        return f"Removing VM {the_vm(tx, self.id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("VM", self.id), *(Lock("disk", disk_id) for disk_id in self.disk_ids))

    def begin(self, tx: Transaction, context: Context) -> None:
        for disk in tx.disks.find(self.disk_ids).values():
            lock_to_remove(tx, disk)
        if self.disk_ids:
            tx.vms.update(replace(the_vm(tx, self.id), status=VmStatus.IMAGE_LOCKED))

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        left_over = (forget_memory(dependencies, self.id),) if self.forgets else ()
        return (*left_over, *(remove_image(dependencies, disk_id) for disk_id in self.disk_ids))

    def finish(self, tx: Transaction, context: Context) -> None:
        vm = found(tx.vms.get(self.id), "VM", self.id)
        for attachment in tx.disk_attachments.list(owner_id=self.id):
            tx.disk_attachments.remove(attachment.id)
        for nic in tx.nics.list(owner_id=self.id):
            tx.nics.remove(nic.id)
        for snapshot in tx.of(Snapshot).list(vm_id=vm.id):
            abandon_memory(tx, snapshot.id)
        remove_item(tx, entity_of("vms"), vm)
        forget(tx, [("disks", disk_id) for disk_id in self.disk_ids])
        emit(tx, context, EventType.USER_REMOVE_VM_FINISHED, vm=vm)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        """Removed disks stay removed; the VM with the others is there again, and removing it can be repeated."""
        vm = the_vm(tx, self.id)
        for disk in tx.disks.find(self.disk_ids).values():
            unlock(tx, disk)
        tx.vms.update(replace(vm, status=VmStatus.DOWN))
        emit(tx, context, EventType.USER_FAILED_REMOVE_VM, vm=vm, reason=error)

    def _disks_to_remove(self, tx: Transaction) -> tuple[str, ...]:
        if self.detach_only:
            return ()
        mine = sorted(attachment.disk_id for attachment in tx.disk_attachments.list(owner_id=self.id))
        return tuple(disk_id for disk_id in mine if tx.disk_attachments.count(disk_id=disk_id) == 1)
