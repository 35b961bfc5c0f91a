"""Takes a VM out of its pool: it is a VM like others from then on. A pool without VMs goes with the last one."""

from dataclasses import replace

from hosted_engine.engine.command import Command, Context, Lock
from hosted_engine.engine.entity.commands import remove_item
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState
from hosted_engine.engine.vmpools.members import the_pool, vms_of
from hosted_engine.engine.vmpools.model import VmPool
from hosted_engine.engine.vms.checks import resting_vm, the_vm
from hosted_engine.engine.vms.model import Vm


class DetachVm(Command, frozen=True, kw_only=True):
    id: str
    pool_id: str

    @classmethod
    def of(cls, vm: Vm) -> "DetachVm":
        """Raises WrongState for a VM that is in no pool."""
        if vm.vm_pool_id is None:
            mend = "Choose a VM of a pool"
            raise WrongState(action="detach", kind="VM", name=vm.name, reason="it is in no VM pool", mend=mend)
        return cls(id=vm.id, pool_id=vm.vm_pool_id)

    def check(self, tx: Transaction) -> None:
        self.of(resting_vm(tx, self.id, "detach"))

    def describe(self, tx: Transaction) -> str:
        return f"Detaching VM {the_vm(tx, self.id).name} from VM pool {the_pool(tx, self.pool_id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("VM", self.id), Lock("VM pool", self.pool_id))

    def finish(self, tx: Transaction, context: Context) -> None:
        pool = the_pool(tx, self.pool_id)
        vm = replace(the_vm(tx, self.id), vm_pool_id=None)
        tx.vms.update(vm)
        left = len(vms_of(tx, pool.id))
        if not left:
            remove_item(tx, entity_of("vm_pools"), pool)
        elif pool.prestarted_vms > left:
            tx.of(VmPool).update(replace(pool, prestarted_vms=left))
        emit(tx, context, EventType.USER_REMOVE_VM_FROM_POOL, vm=vm, pool=pool.name)
