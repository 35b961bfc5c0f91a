"""Snapshots in the API, with the disks and NICs that a VM had then."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from hosted_engine.engine.command import Command
from hosted_engine.engine.entity.declaration import Action, Entity, Link, Options, Place, Values, View, Within
from hosted_engine.engine.entity.field import Settable, Several
from hosted_engine.engine.entity.reported import AsItWas, Reported, Shown
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NotThere
from hosted_engine.engine.snapshots.checks import snapshot_disks, the_snapshot
from hosted_engine.engine.snapshots.commands.add import AddSnapshot
from hosted_engine.engine.snapshots.commands.remove import RemoveSnapshot
from hosted_engine.engine.snapshots.config import disk_then, disks_in, nics_in
from hosted_engine.engine.snapshots.memory import why_no_memory
from hosted_engine.engine.snapshots.model import Snapshot, SnapshotType
from hosted_engine.engine.snapshots.requests import OF_BOTH, restore
from hosted_engine.engine.vms.cdroms.api import CDROM_ID
from hosted_engine.engine.vms.checks import the_vm


class SnapshotEntity(Entity[Snapshot]):
    def add(self, tx: Transaction, given: Values, options: Options, *, place: int = 0) -> tuple[Command, Snapshot]:
        """With its memory, as in oVirt, unless that is not wanted, or not said and not possible."""
        attributes = given.get("disk_attachments")
        chosen = None if attributes is None else tuple(str(how.get("disk", {}).get("id", "")) for how in attributes)
        wanted = given.get("persist_memorystate")
        if wanted is not False:
            vm = the_vm(tx, given["vm_id"])
            reason = why_no_memory(tx, vm, snapshot_disks(tx, vm, chosen))
            if wanted and reason is not None:
                raise BadValue(value="true", field="snapshot.persist_memorystate", reason=f"VM {vm.name}: {reason}")
            wanted = reason is None
        snapshot = self.make(tx, {**given, "persist_memorystate": wanted})
        command = AddSnapshot(vm_id=snapshot.vm_id, snapshot=msgspec.to_builtins(snapshot), chosen=chosen)
        return command, snapshot

    def gather(self, view: View, items: Sequence[Snapshot]) -> Any:
        """The names of their VMs, by which clients know their own again."""
        return {vm.id: vm.name for vm in view.tx.vms.find({item.vm_id for item in items}).values()}

    def show(self, item: Snapshot, gathered: Any) -> Mapping[str, Any]:
        return {"vm": Link("vms", item.vm_id, name=gathered.get(item.vm_id, ""))}

    def remove(self, tx: Transaction, item: Snapshot, options: Options, *, place: int = 0) -> Command:
        return RemoveSnapshot(vm_id=item.vm_id, snapshot_id=item.id)


SNAPSHOTS = SnapshotEntity(
    Snapshot,
    "snapshots",
    kind="snapshot",
    type="Snapshot",
    places=(
        Place(
            ("Snapshots", "Snapshot"),
            within={"vm": Within("vms", "vm_id")},
            methods=frozenset({"list", "get", "add", "remove"}),
        ),
    ),
    order=("taken_at", "id"),
    inputs={
        "disk_attachments": Several(
            "disk_attachments", settable=Settable.ON_ADD, of="disk_attachments", completed=("disk",)
        )
    },
    actions={"restore": Action(restore, inputs=OF_BOTH)},
)


def _snapshot(tx: Transaction, ids: Mapping[str, str]) -> Snapshot:
    """Raises NotThere."""
    snapshot = the_snapshot(tx, ids["snapshot"])
    if snapshot.vm_id != ids["vm"]:
        raise NotThere(kind="snapshot", id=snapshot.id)
    return snapshot


def _disks(tx: Transaction, readings: Readings, ids: Mapping[str, str], _: Options) -> Mapping[str, Shown]:
    snapshot = _snapshot(tx, ids)
    if snapshot.type is SnapshotType.ACTIVE:
        attached = tx.disk_attachments.list(owner_id=snapshot.vm_id)
        disks = list(tx.disks.find([one.disk_id for one in attached]).values())
    else:
        disks = [disk_then(tx, snapshot, disk) for _, disk in disks_in(snapshot) if tx.disks.get(disk.id)]
    link = Link("snapshots", snapshot.id, path=f"vms/{snapshot.vm_id}/snapshots")
    return {disk.id: AsItWas("disks", disk, more={"snapshot": link}) for disk in disks}


def _nics(tx: Transaction, readings: Readings, ids: Mapping[str, str], _: Options) -> Mapping[str, Shown]:
    snapshot = _snapshot(tx, ids)
    active = snapshot.type is SnapshotType.ACTIVE
    nics = tx.nics.list(owner_id=snapshot.vm_id) if active else nics_in(snapshot)
    return {nic.id: AsItWas("nics", nic, gathered=frozenset()) for nic in nics}


def _cdroms(tx: Transaction, readings: Readings, ids: Mapping[str, str], _: Options) -> Mapping[str, Shown]:
    """With the disc that it would have started with."""
    snapshot = _snapshot(tx, ids)
    vm = the_vm(tx, snapshot.vm_id)
    disc = vm.cd_disk_id if snapshot.type is SnapshotType.ACTIVE else snapshot.vm.get("cd_disk_id")
    return {CDROM_ID: {"file.id": disc, "vm": Link("vms", vm.id)}}


_WITHIN = frozenset({"vm", "snapshot"})
SNAPSHOT_DISKS = Reported("disk", ("SnapshotDisks", "SnapshotDisk"), _WITHIN, _disks)
SNAPSHOT_NICS = Reported("NIC", ("SnapshotNics", "SnapshotNic"), _WITHIN, _nics)
SNAPSHOT_CDROMS = Reported("CD-ROM", ("SnapshotCdroms", "SnapshotCdrom"), _WITHIN, _cdroms)
