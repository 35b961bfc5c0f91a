"""The questions that the commands on a VM ask first, each with its refusal."""

from math import prod

from hosted_engine.engine.clusters.model import Cluster
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NameTaken, Protected, WrongState, found
from hosted_engine.engine.vms.initialization.checks import check_initialization
from hosted_engine.engine.vms.model import (
    MAX_CPUS,
    RUNNING,
    Hardware,
    Origin,
    SerialNumberPolicy,
    Vm,
    VmBase,
    VmStatus,
    VmType,
)
from hosted_engine.engine.vms.statuses import VmAction, check_allowed


def the_vm(tx: Transaction, vm_id: str) -> Vm:
    return found(tx.vms.get(vm_id), "VM", vm_id)


def changeable_vm(tx: Transaction, vm_id: str, action: str) -> Vm:
    """The VM, unless it is the engine's own."""
    vm = the_vm(tx, vm_id)
    if vm.origin is Origin.MANAGED_HOSTED_ENGINE:
        raise Protected(action=action, name=vm.name)
    return vm


def resting_vm(tx: Transaction, vm_id: str, action: str) -> Vm:
    """The VM, when it is down for certain."""
    vm = changeable_vm(tx, vm_id, action)
    if vm.status is not VmStatus.DOWN:
        stops = vm.status in RUNNING or vm.status is VmStatus.SUSPENDED
        mend = "Stop it first" if stops else "Try again when it is down"
        if vm.status is VmStatus.UNKNOWN:
            mend = "Bring its host back first"
        raise WrongState(action=action, kind="VM", name=vm.name, reason=f"it is {vm.status.value}", mend=mend)
    return vm


def pluggable_vm(tx: Transaction, vm_id: str, action: VmAction, verb: str) -> Vm:
    """The VM, when it is down for certain, or runs on a node and the action is allowed in its status."""
    if changeable_vm(tx, vm_id, verb).status in RUNNING:
        return running_vm(tx, vm_id, action, verb)
    return resting_vm(tx, vm_id, verb)


def running_vm(tx: Transaction, vm_id: str, action: VmAction, verb: str) -> Vm:
    """The VM, when it runs on a node and the action is allowed in its status; `verb` is the action in words."""
    vm = changeable_vm(tx, vm_id, verb)
    check_allowed(vm, action, verb)
    if vm.status not in RUNNING or vm.node_id is None:
        reason = f"it is {vm.status.value}"
        raise WrongState(action=verb, kind="VM", name=vm.name, reason=reason, mend="Start it first")
    return vm


def check_name_free(tx: Transaction, name: str, vm_id: str) -> None:
    if any(vm.id != vm_id for vm in tx.vms.list(name=name)):
        raise NameTaken(name=name, kind="VM")


def check_runs_vms(cluster: Cluster) -> None:
    if not cluster.virt_service:
        raise WrongState(
            action="run VMs in",
            kind="cluster",
            name=cluster.name,
            reason="its virt_service is off",
            mend="Choose another cluster, or switch it on",
        )


def check_vm(vm: VmBase) -> None:
    """Raises BadValue where no VM can be so."""
    check_make(vm)
    check_initialization(vm.initialization, vm.os_type)
    if (vm.serial_number_policy is SerialNumberPolicy.CUSTOM) is not bool(vm.serial_number):
        reason = "a number of one's own goes with the policy custom, and with no other"
        raise BadValue(value=repr(vm.serial_number), field="vm.serial_number.value", reason=reason)
    if vm.type is VmType.HIGH_PERFORMANCE:
        reason = "nodes cannot pin a VM's memory and processors yet"
        raise BadValue(value=vm.type.value, field="vm.type", reason=reason)


def check_make(vm: Hardware) -> None:
    """Raises BadValue where no VM can be made so."""
    _check_memory(vm)
    cpus = (vm.sockets, vm.cores, vm.threads)
    if min(cpus) < 1 or prod(cpus) > MAX_CPUS:
        raise BadValue(
            value=":".join(map(str, cpus)),
            field="vm.cpu.topology",
            reason=f"there have to be 1 to {MAX_CPUS} CPUs in all",
        )
    devices = vm.boot_devices
    if not devices or len(set(devices)) != len(devices) or not set(devices) <= {"hd", "cdrom", "network"}:
        raise BadValue(
            value=", ".join(devices) or "nothing",
            field="vm.os.boot.devices",
            reason="they are hd, cdrom and network, each at most once",
        )


def _check_memory(vm: Hardware) -> None:
    memory, guaranteed = vm.memory_bytes, vm.memory_guaranteed_bytes
    if not 0 < guaranteed <= memory:
        reason = "it has to lie between 1 MiB and the memory"
        raise BadValue(value=guaranteed, field="vm.memory_policy.guaranteed", reason=reason)
    if vm.memory_max_bytes < memory:
        raise BadValue(value=vm.memory_max_bytes, field="vm.memory_policy.max", reason="it is less than the memory")
