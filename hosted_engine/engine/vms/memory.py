"""The memory of a suspended VM: where it goes, and how it is given up."""

import logging
from dataclasses import replace

from hosted_engine.engine.command import Dependencies
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState
from hosted_engine.engine.snapshots.model import memory_image
from hosted_engine.engine.storage.model import StorageDomain, StorageDomainStatus, StorageDomainType
from hosted_engine.engine.vms.model import Vm
from hosted_engine.engine.vms.spec import active_disks, cluster_of
from node.api.messages.images import ImageRef
from node.api.problems import Problem
from node.steps import Step

log = logging.getLogger(__name__)

DEVICES_BYTES = 256 << 20  # what QEMU writes beside the memory: video memory and the state of devices


def new_memory(tx: Transaction, vm: Vm, action: str, without: str) -> ImageRef:
    """Where the memory of a VM can go: beside its disks, or else on another domain. Raises WrongState; `without` is
    what can be done where there is none."""
    needed = vm.memory_bytes + DEVICES_BYTES
    own = {disk.storage_domain_id for _, disk in active_disks(tx, vm.id)}
    every = tx.storage_domains.list(data_center_id=cluster_of(tx, vm).data_center_id, type=StorageDomainType.DATA)
    fitting = [domain for domain in every if _has_room(domain, needed)]
    if not fitting:
        raise WrongState(
            action=action,
            kind="VM",
            name=vm.name,
            reason=f"no active storage domain has {needed >> 20} MiB free for its memory",
            mend=f"Free room on one, or {without}",
        )
    chosen = min(fitting, key=lambda domain: (domain.id not in own, not domain.master, domain.name))
    return memory_image(chosen.id, new_id())


def _has_room(domain: StorageDomain, needed: int) -> bool:
    active = domain.status is StorageDomainStatus.ACTIVE and not domain.hosted_engine
    return active and (domain.free_bytes is None or domain.free_bytes >= needed)


def forget_memory(dependencies: Dependencies, vm_id: str) -> Step:
    """The file goes. One that cannot be removed now is, when the VM starts or goes next."""

    async def do() -> None:
        with dependencies.store.transaction() as tx:
            vm = tx.vms.get(vm_id)
        memory = vm.saved_memory if vm is not None else None
        if memory is None:
            return
        try:
            await (await dependencies.fleet.carrier(memory.storage_domain)).remove_image(memory)
        except Problem as err:
            log.warning("the memory with which VM %s was suspended is not removed yet: %s", vm_id, err)
            return
        with dependencies.store.transaction() as tx:
            vm = tx.vms.get(vm_id)
            if vm is not None and vm.saved_memory == memory:
                tx.vms.update(replace(vm, saved_memory=None))

    return Step("forget-memory", "Remove the memory with which the VM was suspended", do)
