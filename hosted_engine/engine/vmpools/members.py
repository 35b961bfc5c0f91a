"""Which VMs a pool has, and who uses them: a user has the role UserRole on a VM for as long as it is theirs."""

from collections.abc import Collection, Sequence

from hosted_engine.engine.permissions.grants import grant
from hosted_engine.engine.permissions.model import Permission
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState, found
from hosted_engine.engine.roles.predefined import USER_ROLE_ID
from hosted_engine.engine.vmpools.model import VmPool, VmPoolType
from hosted_engine.engine.vms.model import RUNNING, Vm, VmStatus

READY = frozenset({VmStatus.POWERING_UP, VmStatus.UP})  # as a prestarted VM is


def the_pool(tx: Transaction, pool_id: str) -> VmPool:
    return found(tx.of(VmPool).get(pool_id), "VM pool", pool_id)


def vms_of(tx: Transaction, pool_id: str) -> Sequence[Vm]:
    """In the order of their names."""
    return tx.vms.list(vm_pool_id=pool_id)


def uses(tx: Transaction, vms: Collection[Vm]) -> Sequence[Permission]:
    """The permissions by which users have them."""
    return tx.of(Permission).list(object_id=tuple(vm.id for vm in vms), role_id=USER_ROLE_ID) if vms else ()


def unused(tx: Transaction, pool_id: str) -> list[Vm]:
    """Those that no user has."""
    vms = vms_of(tx, pool_id)
    used = {permission.object_id for permission in uses(tx, vms)}
    return [vm for vm in vms if vm.id not in used]


def next_vm(tx: Transaction, pool: VmPool, user_id: str) -> Vm:
    """The one that the user gets: one that runs already, or else one that is down. Raises WrongState."""
    theirs = [one for one in uses(tx, vms_of(tx, pool.id)) if one.holder_id == user_id]
    if len(theirs) >= pool.max_user_vms:
        raise _none(pool, f"the user has {len(theirs)} of its VMs already, which is as many as one may", "Use those")
    free = unused(tx, pool.id)
    for statuses in (READY, {VmStatus.DOWN}):
        for vm in free:
            if vm.status in statuses:
                return vm
    raise _none(pool, "none of its VMs is free", "Try again when one is, or make the pool larger")


def give(tx: Transaction, vm_id: str, user_id: str) -> None:
    grant(tx, user_id, USER_ROLE_ID, "vms", vm_id)


def take_from(tx: Transaction, vm: Vm, user_id: str | None = None) -> None:
    """From that user, or from whoever has it."""
    for permission in uses(tx, [vm]):
        if user_id in (None, permission.holder_id):
            tx.of(Permission).remove(permission.id)


def release(tx: Transaction, vm: Vm) -> None:
    """A VM that is down goes back into its pool, where nobody has to take it back by hand."""
    pool = tx.of(VmPool).get(vm.vm_pool_id) if vm.vm_pool_id else None
    if pool is not None and pool.type is VmPoolType.AUTOMATIC:
        take_from(tx, vm)


def check_no_pool(tx: Transaction, vm: Vm, action: str) -> None:
    """Raises WrongState for a VM of a pool."""
    if vm.vm_pool_id is not None:
        name = the_pool(tx, vm.vm_pool_id).name
        mend = "Detach it from the pool first, or change the pool"
        raise WrongState(action=action, kind="VM", name=vm.name, reason=f"it is one of VM pool {name}", mend=mend)


def to_prestart(tx: Transaction, pool: VmPool, at_once: int) -> list[Vm]:
    """Those that are missing to what it has running, no more than `at_once`."""
    free = unused(tx, pool.id)
    running = sum(vm.status in RUNNING for vm in free)
    missing = max(0, pool.prestarted_vms - running)
    return [vm for vm in free if vm.status is VmStatus.DOWN][: min(missing, at_once)]


def _none(pool: VmPool, reason: str, mend: str) -> WrongState:
    return WrongState(action="take a VM of", kind="VM pool", name=pool.name, reason=reason, mend=mend)
