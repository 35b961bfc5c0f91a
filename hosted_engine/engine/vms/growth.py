"""How far a VM may grow while it runs, and which changes are carried out at once. Pure."""

from hosted_engine.engine.entity.declaration import Values
from hosted_engine.engine.entity.field import MIB
from hosted_engine.engine.vms.model import Vm, VmStatus

MOST_SOCKETS = 16  # oVirt's MaxNumOfVmSockets
MOST_CPUS = 240  # a q35 has 255 without a virtual IOMMU
MEMORY_STEP = 256 * MIB  # oVirt's HotPlugMemoryMultiplicationSizeMb
LEAST_MEMORY = 1024 * MIB  # a guest that may get memory above 4 GiB keeps 64 MiB for bounce buffers
HOT = frozenset({"sockets", "memory_bytes"})
GROWS = frozenset({VmStatus.UP, VmStatus.PAUSED})


def cpus_max(vm: Vm) -> int:
    """So many processors a VM is started for."""
    in_socket = vm.cores * vm.threads
    return max(vm.sockets, min(MOST_SOCKETS, MOST_CPUS // in_socket)) * in_socket


def memory_max_bytes(vm: Vm) -> int | None:
    """So much memory a VM is started for; None: as much as it has."""
    grows = vm.memory_bytes >= LEAST_MEMORY and vm.memory_max_bytes >= vm.memory_bytes + MEMORY_STEP
    return vm.memory_max_bytes if grows else None


def at_once(before: Vm, wanted: Vm, given: Values) -> frozenset[str]:
    """What of `given`, which makes the running VM `before` into `wanted`, a node is asked for now."""
    if before.status not in GROWS:
        return frozenset()
    hot = set()
    if "sockets" in given and wanted.sockets != before.sockets and _same_sockets(before, wanted):
        hot.add("sockets")
    if "memory_bytes" in given and _plugs_memory(before, wanted):
        hot.add("memory_bytes")
    return frozenset(hot)


def _same_sockets(before: Vm, wanted: Vm) -> bool:
    """Sockets like those that it has, and no more than it was started for."""
    same = (before.cores, before.threads) == (wanted.cores, wanted.threads)
    return same and wanted.sockets * wanted.cores * wanted.threads <= cpus_max(before)


def _plugs_memory(before: Vm, wanted: Vm) -> bool:
    more, most = wanted.memory_bytes - before.memory_bytes, memory_max_bytes(before)
    return more > 0 and more % MEMORY_STEP == 0 and most is not None and wanted.memory_bytes <= most
