"""The questions that the commands on snapshots ask first, each with its refusal."""

from collections.abc import Iterable

from hosted_engine.engine.disks.checks import domain_for_disks, usable_disk
from hosted_engine.engine.disks.model import Disk, DiskContentType, DiskStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState, found
from hosted_engine.engine.snapshots.model import Snapshot, SnapshotStatus, SnapshotType
from hosted_engine.engine.vms.checks import changeable_vm, resting_vm
from hosted_engine.engine.vms.model import Vm, VmStatus
from hosted_engine.engine.vms.statuses import VmAction, check_allowed


def still_vm(tx: Transaction, vm_id: str, verb: str) -> Vm:
    """The VM, when it is down, or runs and stays where it is."""
    vm = changeable_vm(tx, vm_id, verb)
    check_allowed(vm, VmAction.SNAPSHOT, verb)
    return vm


def the_snapshot(tx: Transaction, snapshot_id: str) -> Snapshot:
    return found(tx.of(Snapshot).get(snapshot_id), "snapshot", snapshot_id)


def previewed(tx: Transaction, vm_id: str) -> Snapshot | None:
    """The snapshot that the VM shows instead of itself."""
    return next(iter(tx.of(Snapshot).list(vm_id=vm_id, status=SnapshotStatus.IN_PREVIEW)), None)


def before_preview(tx: Transaction, vm_id: str) -> Snapshot | None:
    """What the VM was before that."""
    return next(iter(tx.of(Snapshot).list(vm_id=vm_id, type=SnapshotType.PREVIEW)), None)


def check_not_previewed(tx: Transaction, vm: Vm, action: str) -> None:
    snapshot = previewed(tx, vm.id)
    if snapshot is not None:
        raise WrongState(
            action=action,
            kind="VM",
            name=vm.name,
            reason=f"its snapshot {snapshot.description!r} is in preview",
            mend="Commit or undo the preview first",
        )


def check_previewed(tx: Transaction, vm: Vm, action: str) -> tuple[Snapshot, Snapshot]:
    """The snapshot in preview, and what was before."""
    snapshot, before = previewed(tx, vm.id), before_preview(tx, vm.id)
    if snapshot is None or before is None:
        raise WrongState(
            action=action,
            kind="VM",
            name=vm.name,
            reason="none of its snapshots is in preview",
            mend="Preview a snapshot first",
        )
    return snapshot, before


def previewing_vm(tx: Transaction, vm_id: str, action: str) -> Vm:
    """The VM, when it is down, or suspended with the memory that it was previewed with."""
    vm = changeable_vm(tx, vm_id, action)
    return vm if vm.status is VmStatus.SUSPENDED else resting_vm(tx, vm_id, action)


def usable_snapshot(tx: Transaction, snapshot_id: str, action: str) -> Snapshot:
    """The snapshot, when it is one that somebody took and nothing is done to it."""
    snapshot = the_snapshot(tx, snapshot_id)
    reason = ""
    if snapshot.type is not SnapshotType.REGULAR:
        reason = f"it is the {snapshot.type.value} one, which nobody took"
    elif snapshot.status is not SnapshotStatus.OK:
        reason = f"it is {snapshot.status.value}"
    if reason:
        raise _refused(snapshot, action, reason, "Choose another one, or try again when it is ok")
    return snapshot


def check_whole(tx: Transaction, snapshot: Snapshot, action: str) -> None:
    """Raises WrongState when an image of it is not what it was: a removal of the snapshot that failed has begun."""
    broken = tx.disk_images.list(snapshot_id=snapshot.id, status=DiskStatus.ILLEGAL)
    if broken:
        raise _refused(snapshot, action, "its removal has begun, and failed half-way", "Remove it")


def snapshot_disks(tx: Transaction, vm: Vm, chosen: Iterable[str] | None) -> list[Disk]:
    """The disks that a snapshot of the VM holds: all of its own, or those that are chosen."""
    attached = tx.disks.find([one.disk_id for one in tx.disk_attachments.list(owner_id=vm.id)])
    own = {id_: disk for id_, disk in attached.items() if why_not_taken(disk) == ""}
    if chosen is None:
        return list(own.values())
    for id_ in chosen:
        if id_ not in attached:
            found(None, "disk of the VM", id_)
        if reason := why_not_taken(attached[id_]):
            raise WrongState(
                action="take a snapshot of", kind="disk", name=attached[id_].name, reason=reason, mend="Leave it out"
            )
    return [own[id_] for id_ in chosen]


def why_not_taken(disk: Disk) -> str:
    """A reason, or nothing."""
    if disk.shareable:
        return "other VMs may write to it at the same time"
    if disk.content_type is not DiskContentType.DATA:
        return f"it holds {disk.content_type.value}"
    return ""


def check_disks_usable(tx: Transaction, disks: Iterable[str], action: str) -> None:
    for disk_id in disks:
        disk = usable_disk(tx, disk_id, action)
        domain_for_disks(tx, disk.storage_domain_id)


def _refused(snapshot: Snapshot, action: str, reason: str, mend: str) -> WrongState:
    return WrongState(action=action, kind="snapshot", name=repr(snapshot.description), reason=reason, mend=mend)
