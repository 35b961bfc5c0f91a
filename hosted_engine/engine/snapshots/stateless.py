"""A stateless run of a VM: it writes to images of its own, and when it is down its disks are what they were before."""

import msgspec

from hosted_engine.engine.disks.layers import abandon, back_on, frozen
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState
from hosted_engine.engine.snapshots.checks import check_disks_usable, check_not_previewed, snapshot_disks, why_not_taken
from hosted_engine.engine.snapshots.config import stored_config
from hosted_engine.engine.snapshots.images import Layer, layer_over
from hosted_engine.engine.snapshots.model import STATELESS_DESCRIPTION, Snapshot, SnapshotType
from hosted_engine.engine.snapshots.switch import leave
from hosted_engine.engine.vms.checks import the_vm
from hosted_engine.engine.vms.model import Vm


class StatelessRun(msgspec.Struct, frozen=True, kw_only=True):
    """The snapshot that is taken for it, and the images that it writes to."""

    snapshot_id: str
    layers: tuple[Layer, ...]


def check_stateless(tx: Transaction, vm: Vm) -> None:
    """Raises WrongState when the VM cannot run so."""
    check_not_previewed(tx, vm, "run stateless")
    if vm.high_availability:
        reason = "it is highly available, and would start anew with what it was before"
        raise WrongState(
            action="run stateless", kind="VM", name=vm.name, reason=reason, mend="Switch one of the two off"
        )
    check_disks_usable(tx, [disk.id for disk in snapshot_disks(tx, vm, None)], "run stateless from")


def new_run(tx: Transaction, vm: Vm) -> StatelessRun | None:
    """None for a VM without a disk of its own: there is nothing to go back to."""
    layers = tuple(layer_over(disk) for disk in snapshot_disks(tx, vm, None))
    return StatelessRun(snapshot_id=new_id(), layers=layers) if layers else None


def begin_run(tx: Transaction, vm_id: str, run: StatelessRun, now: float) -> None:
    """The VM is on the images of its run. Safe to repeat."""
    if tx.of(Snapshot).get(run.snapshot_id) is not None:
        return
    snapshot = Snapshot(
        id=run.snapshot_id,
        vm_id=vm_id,
        description=STATELESS_DESCRIPTION,
        type=SnapshotType.STATELESS,
        taken_at=now,
        **stored_config(tx, the_vm(tx, vm_id)),
    )
    tx.of(Snapshot).add(snapshot)
    leave(tx, run.layers, snapshot.id)


def end_run(tx: Transaction, vm_id: str) -> None:
    """The disks are what they were before; what was written meanwhile is abandoned. Nothing for a VM that kept it."""
    snapshot = stateless_snapshot(tx, vm_id)
    if snapshot is None:
        return
    for image in tx.disk_images.list(snapshot_id=snapshot.id):
        disk = tx.disks.get(image.disk_id)
        if disk is not None:
            written = frozen(disk, "")
            tx.disk_images.remove(image.id)
            tx.disks.update(back_on(disk, image))
            tx.disk_images.add(written)
            abandon(tx, written)
    tx.of(Snapshot).remove(snapshot.id)


def stateless_snapshot(tx: Transaction, vm_id: str) -> Snapshot | None:
    """What the VM goes back to when its run ends."""
    return next(iter(tx.of(Snapshot).list(vm_id=vm_id, type=SnapshotType.STATELESS)), None)


def check_not_stateless(tx: Transaction, vm: Vm, action: str) -> None:
    """Raises WrongState while the VM runs stateless."""
    if stateless_snapshot(tx, vm.id) is not None:
        raise WrongState(
            action=action,
            kind="VM",
            name=vm.name,
            reason="it runs stateless, and nothing of this run stays",
            mend="Stop it first",
        )


def disks_that_stay(tx: Transaction, vm: Vm) -> list[str]:
    """The names of those whose changes a stateless run keeps: no snapshot holds them."""
    attached = tx.disks.find([one.disk_id for one in tx.disk_attachments.list(owner_id=vm.id) if not one.read_only])
    return sorted(disk.name for disk in attached.values() if why_not_taken(disk))
