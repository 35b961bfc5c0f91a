"""What the commands on a VM's snapshots share: what nobody else may touch meanwhile, and how that is shown."""

from collections.abc import Iterable
from dataclasses import replace

from hosted_engine.engine.command import Command, Lock
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.snapshots.images import lock_disks, unlock_disks
from hosted_engine.engine.vms.checks import the_vm
from hosted_engine.engine.vms.model import Vm, VmStatus

READERS = "snapshots of VM"  # the kind of lock that is shared by those who read what snapshots hold


class OnSnapshots(Command, frozen=True, kw_only=True):
    """`disk_ids` are the disks whose images it works on."""

    vm_id: str
    disk_ids: tuple[str, ...] = ()

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("VM", self.vm_id), Lock(READERS, self.vm_id), *(Lock("disk", id_) for id_ in self.disk_ids))

    def lock_rows(self, tx: Transaction) -> Vm:
        """A VM that is down is image_locked; one that runs goes on."""
        vm = the_vm(tx, self.vm_id)
        if vm.status is VmStatus.DOWN and self.disk_ids:
            vm = replace(vm, status=VmStatus.IMAGE_LOCKED)
            tx.vms.update(vm)
        lock_disks(tx, self.disk_ids)
        return vm

    def unlock_rows(self, tx: Transaction, more_disks: Iterable[str] = ()) -> Vm:
        vm = the_vm(tx, self.vm_id)
        if vm.status is VmStatus.IMAGE_LOCKED:
            vm = replace(vm, status=VmStatus.DOWN)
            tx.vms.update(vm)
        unlock_disks(tx, {*self.disk_ids, *more_disks})
        return vm
