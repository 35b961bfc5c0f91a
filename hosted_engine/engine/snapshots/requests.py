"""What the API's actions on snapshots ask for, as commands."""

from hosted_engine.engine.command import Command
from hosted_engine.engine.entity.declaration import Values
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NotSupported, NotThere
from hosted_engine.engine.snapshots.checks import the_snapshot
from hosted_engine.engine.snapshots.commands.preview import PreviewSnapshot
from hosted_engine.engine.snapshots.commands.restore import RestoreSnapshot
from hosted_engine.engine.snapshots.model import Snapshot
from hosted_engine.engine.vms.model import Vm

NO_MEMORY = "nodes do not write a guest's memory down yet"


def preview(tx: Transaction, vm: Vm, given: Values) -> Command:
    _refuse_memory(given)
    if not given.get("snapshot_id"):
        raise BadValue(value="nothing", field="action.snapshot", reason="it has to be said which one")
    snapshot = the_snapshot(tx, given["snapshot_id"])
    if snapshot.vm_id != vm.id:
        raise NotThere(kind=f"snapshot of VM {vm.name}", id=snapshot.id)
    return PreviewSnapshot(vm_id=vm.id, snapshot_id=snapshot.id)


def restore(tx: Transaction, snapshot: Snapshot, given: Values) -> Command:
    _refuse_memory(given)
    return RestoreSnapshot(vm_id=snapshot.vm_id, snapshot_id=snapshot.id)


def _refuse_memory(given: Values) -> None:
    if given.get("restore_memory"):
        raise NotSupported(value="true", field="action.restore_memory", reason=NO_MEMORY)
