"""The questions that the commands on disks ask first, each with its refusal."""

from hosted_engine.engine.disks.model import Disk, DiskInterface, DiskStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, WrongState, found
from hosted_engine.engine.storage.model import StorageDomain, StorageDomainStatus

MIN_SIZE_BYTES = 512
MAX_SIZE_BYTES = 500 << 40  # oVirt's limit, and qcow2's is not far


def domain_for_disks(tx: Transaction, domain_id: str) -> StorageDomain:
    """The storage domain, when disks can be made and removed on it now."""
    domain = found(tx.storage_domains.get(domain_id), "storage domain", domain_id)
    if domain.hosted_engine:
        reason, mend = "it belongs to the engine's own VM", "Choose another storage domain"
    elif domain.status is not StorageDomainStatus.ACTIVE:
        reason, mend = f"it is {domain.status.value}", "Bring a node up that mounts it, or choose another"
    else:
        return domain
    raise WrongState(action="use", kind="storage domain", name=domain.name, reason=reason, mend=mend)


def settled_disk(tx: Transaction, disk_id: str, action: str) -> Disk:
    """The disk, when nothing is being done to its image."""
    disk = found(tx.disks.get(disk_id), "disk", disk_id)
    if disk.status is not DiskStatus.OK:
        raise WrongState(
            action=action,
            kind="disk",
            name=disk.name,
            reason=f"it is {disk.status.value}",
            mend="Remove it" if disk.status is DiskStatus.ILLEGAL else "Try again when it is ok",
        )
    return disk


def check_size(size_bytes: int) -> None:
    if not MIN_SIZE_BYTES <= size_bytes <= MAX_SIZE_BYTES:
        raise BadValue(value=size_bytes, field="provisioned size", reason="it has to lie between 512 bytes and 500 TiB")


def check_interface(interface: DiskInterface) -> None:
    if interface is DiskInterface.SPAPR_VSCSI:
        raise BadValue(value=interface.value, field="interface", reason="x86-64 has no such controller")
