"""The questions that the commands on disks ask first, each with its refusal."""

import uuid

from hosted_engine.engine.disks.model import Disk, DiskContentType, DiskFormat, DiskStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, WrongState, found
from hosted_engine.engine.storage.model import StorageDomain, StorageDomainStatus
from hosted_engine.engine.storage.space import SpaceLevel, level
from hosted_engine.engine.vms.checks import resting_vm


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


def domain_with_space(tx: Transaction, domain_id: str) -> StorageDomain:
    """As domain_for_disks, and there is more free than it has to keep."""
    domain = domain_for_disks(tx, domain_id)
    if level(domain) is SpaceLevel.CRITICAL:
        raise WrongState(
            action="use",
            kind="storage domain",
            name=domain.name,
            reason=f"it has {domain.free_bytes} bytes free, and has to keep {domain.critical_space_gib} GiB",
            mend="Make room on it, choose another, or lower its critical_space_action_blocker",
        )
    return domain


def usable_disk(tx: Transaction, disk_id: str, action: str) -> Disk:
    """The disk, when nothing is being done to its image."""
    disk = found(tx.disks.get(disk_id), "disk", disk_id)
    if disk.status is not DiskStatus.OK:
        mend = "Remove it" if disk.status is DiskStatus.ILLEGAL else "Try again when it is ok"
        raise _refused(disk, action, f"it is {disk.status.value}", mend)
    return disk


def check_new(tx: Transaction, disk: Disk, root: str = "disk") -> None:
    """`root` is the disk's place in the body."""
    if tx.disks.get(disk.id) is not None:
        raise BadValue(value=disk.id, field=f"{root}.id", reason="another disk has it")
    check_make(disk, root)
    check_room(domain_with_space(tx, disk.storage_domain_id), disk, disk.provisioned_size_bytes)


def check_changed(tx: Transaction, disk: Disk, before: Disk) -> None:
    """What an update may not do; a disk of a running VM is another question (check_unused)."""
    if before.status is DiskStatus.LOCKED:
        raise _refused(disk, "change", "it is locked", "Try again when it is ok")
    if disk.provisioned_size_bytes != before.provisioned_size_bytes:
        _check_growth(tx, disk, before)
    if disk.shareable != before.shareable:
        check_make(disk)
        _check_sharing(tx, disk)


def check_unused(tx: Transaction, disk: Disk) -> None:
    """No VM may run on it while what the VM was started with changes."""
    for attachment in tx.disk_attachments.list(disk_id=disk.id, active=True):
        if tx.vms.get(attachment.owner_id) is not None:
            resting_vm(tx, attachment.owner_id, "change a plugged disk of")


def check_make(disk: Disk, root: str = "disk") -> None:
    """Raises BadValue where no image can be made so. The combinations are oVirt's for storage of files."""
    if disk.format is DiskFormat.COW and not disk.sparse:
        raise BadValue(value="false", field=f"{root}.sparse", reason="a disk of the format cow is always thin")
    if disk.content_type is DiskContentType.ISO and disk.format is not DiskFormat.RAW:
        raise BadValue(value="cow", field=f"{root}.format", reason="a disk with an ISO image is raw")
    if disk.format is DiskFormat.COW and disk.shareable:
        raise BadValue(value="cow", field=f"{root}.format", reason="a shareable disk has to be raw")


def check_room(domain: StorageDomain, disk: Disk, more_bytes: int) -> None:
    """A preallocated disk takes its room at once, a thin one what its client says that it will have at first."""
    free = domain.free_bytes
    if disk.sparse:
        more_bytes = disk.initial_size_bytes
    if free is not None and free < more_bytes:
        raise WrongState(
            action="make a disk on",
            kind="storage domain",
            name=domain.name,
            reason=f"it has {free} bytes free, {more_bytes} are needed",
            mend="Make room on it, choose another, or make a thin disk",
        )


def belongs_to_template(tx: Transaction, disk_id: str) -> bool:
    return any(tx.templates.get(attachment.owner_id) for attachment in tx.disk_attachments.list(disk_id=disk_id))


def good_disk_id(text: str) -> str:
    """A UUID in its usual form. Raises BadValue."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise BadValue(value=repr(text[:40]), field="disk.id", reason="it has to be a UUID") from None


def _check_growth(tx: Transaction, disk: Disk, before: Disk) -> None:
    usable_disk(tx, disk.id, "change the size of")
    size, was = disk.provisioned_size_bytes, before.provisioned_size_bytes
    if size < was:
        reason = f"it has {was} bytes, and {size} would cut off what lies behind"
        raise _refused(disk, "shrink", reason, "Make a smaller one and copy what is needed")
    if belongs_to_template(tx, disk.id):
        raise _refused(disk, "change the size of", "it belongs to a template", "Make a VM of the template and grow its")
    check_room(domain_with_space(tx, disk.storage_domain_id), disk, size - was)


def _check_sharing(tx: Transaction, disk: Disk) -> None:
    if belongs_to_template(tx, disk.id):
        raise _refused(disk, "share", "it belongs to a template", "Choose another disk")
    users = tx.disk_attachments.count(disk_id=disk.id)
    if not disk.shareable and users > 1:
        raise _refused(disk, "stop sharing", f"{users} VMs have it", "Detach it from all but one first")


def _refused(disk: Disk, action: str, reason: str, mend: str) -> WrongState:
    return WrongState(action=action, kind="disk", name=disk.name, reason=reason, mend=mend)
