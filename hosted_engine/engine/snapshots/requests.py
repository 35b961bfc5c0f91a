"""What the API's actions on snapshots ask for, as commands."""

from collections.abc import Mapping, Sequence
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.disks.layers import layer_in
from hosted_engine.engine.entity.declaration import Values
from hosted_engine.engine.entity.field import Field, Several
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NotThere
from hosted_engine.engine.snapshots.checks import the_snapshot
from hosted_engine.engine.snapshots.commands.preview import PreviewSnapshot
from hosted_engine.engine.snapshots.commands.restore import RestoreSnapshot
from hosted_engine.engine.snapshots.model import Snapshot
from hosted_engine.engine.vms.model import Vm

OF_BOTH: Mapping[str, Field] = {
    "restore_memory": Field("restore_memory"),
    "disks": Several("disks", of="disks", completed=("name",)),
}


def preview(tx: Transaction, vm: Vm, given: Values) -> Command:
    if not given.get("snapshot_id"):
        raise BadValue(value="nothing", field="action.snapshot", reason="it has to be said which one")
    snapshot = the_snapshot(tx, given["snapshot_id"])
    if snapshot.vm_id != vm.id:
        raise NotThere(kind=f"snapshot of VM {vm.name}", id=snapshot.id)
    return PreviewSnapshot(vm_id=vm.id, snapshot_id=snapshot.id, **_how(tx, snapshot, given))


def restore(tx: Transaction, snapshot: Snapshot, given: Values) -> Command:
    return RestoreSnapshot(vm_id=snapshot.vm_id, snapshot_id=snapshot.id, **_how(tx, snapshot, given))


def _how(tx: Transaction, snapshot: Snapshot, given: Values) -> Mapping[str, Any]:
    memory, disks = given.get("restore_memory") or False, given.get("disks")
    if disks is None:
        return {"restore_memory": memory}
    chosen = _chosen(tx, snapshot, disks)
    if memory and set(chosen) != {one["disk"]["id"] for one in snapshot.disks}:
        reason = "the memory knows all disks as they were, and some of them are left out"
        raise BadValue(value="true", field="action.restore_memory", reason=reason)
    return {"restore_memory": memory, "chosen": chosen}


def _chosen(tx: Transaction, snapshot: Snapshot, disks: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Those that are to be what they were, by the images that they were on; one that is said with the image that it is
    on now is as one that is not named."""
    chosen = []
    for how in disks:
        id_, image_id = str(how.get("id", "")), how.get("image_id")
        disk, then = tx.disks.get(id_), layer_in(tx, id_, snapshot.id)
        if disk is None or id_ not in {one["disk"]["id"] for one in snapshot.disks}:
            raise NotThere(kind=f"disk of snapshot {snapshot.description!r}", id=id_)
        if then is not None and image_id in (None, then.id):
            chosen.append(id_)
        elif image_id not in (None, disk.image_id):
            reason = f"disk {disk.name} was on image {then.id if then else disk.image_id} then"
            raise BadValue(value=image_id, field="action.disks.image_id", reason=reason)
    return tuple(chosen)
