"""VMs in the API: what the declaration of their fields does not say by itself."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from functools import cached_property
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.entity.declaration import Action, Link, Options, Place, Values, View
from hosted_engine.engine.entity.events import Events
from hosted_engine.engine.entity.field import MIB, Field, Reference, Settable, Several, name_rule
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.ids import BLANK_TEMPLATE_ID
from hosted_engine.engine.instancetypes.model import InstanceType
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ovf.collect import collect
from hosted_engine.engine.ovf.write import ovf_of
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, found
from hosted_engine.engine.search.terms import Elapsed, Kind, Observed, Of, Shown, Times, path
from hosted_engine.engine.snapshots.checks import the_snapshot
from hosted_engine.engine.snapshots.commands.preview import CommitPreview, UndoPreview
from hosted_engine.engine.snapshots.config import was_at
from hosted_engine.engine.snapshots.model import Snapshot, SnapshotType
from hosted_engine.engine.snapshots.requests import OF_BOTH, preview
from hosted_engine.engine.tags.entity import TAG
from hosted_engine.engine.vmpools.commands.detach import DetachVm
from hosted_engine.engine.vms.checks import changeable_vm, check_vm, resting_vm
from hosted_engine.engine.vms.clone import clone, from_snapshot
from hosted_engine.engine.vms.commands.add import AddVm
from hosted_engine.engine.vms.commands.freeze import FreezeVm, ThawVm
from hosted_engine.engine.vms.commands.reboot import RebootVm, ResetVm
from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.engine.vms.commands.resize import update_of
from hosted_engine.engine.vms.commands.stop import ShutdownVm, StopVm
from hosted_engine.engine.vms.commands.suspend import StopSuspendedVm, SuspendVm
from hosted_engine.engine.vms.commands.update_engine_vm import UpdateEngineVm
from hosted_engine.engine.vms.copies import bases_of
from hosted_engine.engine.vms.devices import check_chipset, check_devices, made_of, new_disks, new_nics, parts_of
from hosted_engine.engine.vms.engine_vm import has_next_run, with_config
from hosted_engine.engine.vms.growth import HOT, at_once
from hosted_engine.engine.vms.guests import GUEST_SEARCHES, guest_elements, guest_of
from hosted_engine.engine.vms.hardware import HARDWARE, HardwareEntity
from hosted_engine.engine.vms.initialization.showing import initialization_elements
from hosted_engine.engine.vms.model import HANDED_ON, RUNNING, Hardware, Origin, Vm, VmStatus
from hosted_engine.engine.vms.next_run import later, with_next_run
from hosted_engine.engine.vms.starting import NOT_OF_A_START, START_INPUTS, start
from hosted_engine.engine.vms.statuses import ALLOWED, VmAction
from node.api.messages.ha import EngineVmReport


class VmEntity(HardwareEntity[Vm]):
    def defaults(self, tx: Transaction, given: Values) -> Values:
        """What a new VM takes from its template, and from its instance type; or from a snapshot."""
        if (snapshot := _snapshot(tx, given)) is not None:
            return was_at(tx, snapshot)
        template = found(tx.templates.get(given["template_id"]), "template", given["template_id"])
        taken = {name: getattr(template, name) for name in HANDED_ON} | _hardware(tx, given.get("instance_type_id"))
        return taken | ({"description": ""} if template.id == BLANK_TEMPLATE_ID else {})

    def completed(self, given: Values) -> Collection[str]:
        """A snapshot stands in for the template."""
        return ("template_id",) if given.get("snapshot_ids") else ()

    def guaranteed_bytes(self, tx: Transaction, made: Vm) -> int:
        """So much that the hosts of the cluster can give their memory `memory_percent` times by the hundred."""
        cluster = found(tx.clusters.get(made.cluster_id), "cluster", made.cluster_id)
        return max(made.memory_bytes * 100 // cluster.memory_percent // MIB, 1) * MIB

    def change(self, tx: Transaction, before: Vm, given: Values) -> Vm:
        """While it runs, or is suspended, only what may change meanwhile changes at once."""
        if before.status in RUNNING | {VmStatus.SUSPENDED} and before.origin is not Origin.MANAGED_HOSTED_ENGINE:
            wanted = self._changed(tx, with_next_run(before), given)
            return later(before, wanted, self._live | at_once(before, wanted, given))
        return self._changed(tx, before, given)

    def _changed(self, tx: Transaction, before: Vm, given: Values) -> Vm:
        """Another instance type brings its hardware, but what is given as well."""
        chosen = given.get("instance_type_id")
        typed = before if chosen == before.instance_type_id else replace(before, **_hardware(tx, chosen))
        return super().change(tx, typed, given)

    def check(self, tx: Transaction, item: Vm, before: Vm | None) -> None:
        if before is not None:
            changeable_vm(tx, item.id, "change")
            if not set(self._differing(before, item)) <= self._live | HOT | {"next_run"}:
                resting_vm(tx, item.id, "change the hardware of")
            now, then = with_next_run(before), with_next_run(item)
            if (now.bios_type, now.custom_machine) != (then.bios_type, then.custom_machine):
                check_chipset(tx, then)
        check_vm(with_next_run(item))

    def check_alone(self, tx: Transaction, item: Vm, before: Vm | None, *, stays: bool = True) -> None:
        if stays and before is not None and set(self._differing(before, item)) & HOT:
            resting_vm(tx, item.id, "change the hardware of")

    def add(self, tx: Transaction, given: Values, options: Options, *, place: int = 0) -> tuple[Command, Vm]:
        """With `clone` its disks are full copies, and it has nothing to do with its template any more."""
        if (snapshot := _snapshot(tx, given)) is not None:
            cloning = from_snapshot(tx, snapshot, self.make(tx, {**given, "template_id": BLANK_TEMPLATE_ID}), given)
            return cloning, cloning.as_begun()
        vm, clone, storage_domain_id = self.make(tx, given), options.boolean("clone"), given.get("storage_domain_id")
        bases = bases_of(tx, vm.template_id)
        if clone:
            vm = replace(vm, template_id=BLANK_TEMPLATE_ID, original_template_id=vm.template_id)
        attributes = given.get("disk_attachments", ())
        command = AddVm.of(
            vm,
            disks=new_disks(tx, vm, attributes, bases, full=clone or False, storage_domain_id=storage_domain_id),
            nics=new_nics(tx, vm, given.get("nics", ())),
            storage_domain_id=storage_domain_id,
            clone_permissions=options.boolean("clone_permissions") or False,
        )
        return command, command.as_begun()

    def update(self, tx: Transaction, before: Vm, given: Values, options: Options) -> tuple[Command, Vm]:
        given = check_devices(tx, before, given)
        if before.origin is Origin.MANAGED_HOSTED_ENGINE:
            return UpdateEngineVm(id=before.id, given=dict(given)), self.change(tx, before, given)
        waits = before.status in RUNNING and options.boolean("next_run")
        wanted = self._changed(tx, with_next_run(before), given) if waits else before
        item = later(before, wanted, self._live) if waits else self.change(tx, before, given)
        return update_of(self, before, item), item

    def remove(self, tx: Transaction, item: Vm, options: Options, *, place: int = 0) -> Command:
        return RemoveVm(id=item.id, detach_only=options.boolean("detach_only") or False)

    def parts(self, tx: Transaction, item: Vm, command: Command, given: Values) -> Mapping[str, Any]:
        made = (command.disks, command.nics) if isinstance(command, AddVm) else ((), ())
        return parts_of(tx, item, given, *made)

    def gather(self, view: View, items: Sequence[Vm]) -> Any:
        """The engine VM's own configuration, which is not the store's, whether that of its next start is asked, what
        the nodes say, where secrets are opened, and where all of their content is asked their OVFs."""
        asked = [item.id for item in items] if view.options.boolean("all_content") else []
        ovfs = {entity.id: ovf_of(entity) for entity in collect(view.tx, asked)}
        return view.readings.engine_vm, bool(view.options.boolean("next_run")), view.readings, view.tx, ovfs

    def show(self, item: Vm, gathered: Any) -> Mapping[str, Any]:
        report, next_run, readings, tx, ovfs = gathered
        template = Link("templates", made_of(item))
        has_next = _has_next(item, report)
        shown: dict[str, Any] = {"original_template": template, "next_run_configuration_exists": has_next}
        if item.initialization is not None:
            shown["initialization"] = initialization_elements(tx.secrets, item.initialization)
        if item.id in ovfs:
            configuration = {"configuration": {"type": "ovf", "data": ovfs[item.id]}}
            shown["initialization"] = {**(shown.get("initialization") or {}), **configuration}
        shown |= guest_elements(guest_of(item, readings))
        if not next_run or not has_next:
            return shown
        wanted = with_next_run(item)
        if item.origin is Origin.MANAGED_HOSTED_ENGINE and report is not None:
            wanted = with_config(item, report.wanted)
        differing = [name for name in self._differing(item, wanted) if name != "next_run"]
        return shown | {self.columns[name].field.wire: getattr(wanted, name) for name in differing}

    @cached_property
    def _live(self) -> frozenset[str]:
        return frozenset(name for name, column in self.columns.items() if column.field.live)

    def _differing(self, one: Vm, other: Vm) -> list[str]:
        return [name for name in self.columns if getattr(one, name) != getattr(other, name)]


def _snapshot(tx: Transaction, given: Values) -> Snapshot | None:
    """The one that a new VM is made of."""
    ids = given.get("snapshot_ids", ())
    if len(ids) > 1:
        raise BadValue(value=f"{len(ids)} of them", field="vm.snapshots", reason="a VM is made of one")
    snapshot = the_snapshot(tx, ids[0]) if ids else None
    if snapshot is not None and snapshot.type is not SnapshotType.REGULAR:
        raise BadValue(value=snapshot.id, field="vm.snapshots", reason="it is none that somebody took")
    return snapshot


def _hardware(tx: Transaction, instance_type_id: str | None) -> dict[str, Any]:
    if instance_type_id is None:
        return {}
    kind = found(tx.of(InstanceType).get(instance_type_id), "instance type", instance_type_id)
    return {f.name: getattr(kind, f.name) for f in fields(Hardware) if f.name != "id"}


def _stop(tx: Transaction, vm: Vm, given: Values) -> Command:
    return StopSuspendedVm(id=vm.id, **given) if vm.status is VmStatus.SUSPENDED else StopVm(id=vm.id, **given)


def _shutdown(tx: Transaction, vm: Vm, given: Values) -> Command:
    """A suspended one has no guest to ask."""
    return StopSuspendedVm(id=vm.id, **given) if vm.status is VmStatus.SUSPENDED else ShutdownVm(id=vm.id, **given)


def _has_next(vm: Vm, report: EngineVmReport | None) -> bool:
    """The engine VM's next configuration is not the store's."""
    if vm.origin is Origin.MANAGED_HOSTED_ENGINE and report is not None and has_next_run(report):
        return True
    return bool(vm.next_run)


def _has_next_run(vm: Vm, readings: Readings) -> bool:
    return _has_next(vm, readings.engine_vm)


REASON = Field("reason", length=4000)

VMS = VmEntity(
    Vm,
    "vms",
    kind="VM",
    type="Vm",
    path="vms",
    places=(Place(("Vms", "Vm")),),
    unique=(("name",),),
    indexes=(("status",),),
    events=Events(update=EventKind("USER_UPDATE_VM", "VM {name} configuration was updated by {user}.")),
    shown=HARDWARE | {"has_illegal_images": False},
    inputs={
        "disk_attachments": Several("disk_attachments", settable=Settable.ON_ADD, of="disk_attachments"),
        "nics": Several("nics", settable=Settable.ON_ADD, of="nics"),
        "snapshot_ids": Reference("snapshots", settable=Settable.ON_ADD, to="snapshots"),
        "storage_domain_id": Reference("storage_domain", settable=Settable.ON_ADD, to="storage_domains"),
    },
    searches={
        "architecture": Shown("cpu.architecture"),
        "compatibility_level": Of(path("cluster_id"), "compatibility_level"),
        "datacenter": Of(path("cluster_id"), "datacenter"),
        **GUEST_SEARCHES,
        "has_illegal_images": Shown("has_illegal_images"),
        "next_run_config_exists": Observed(_has_next_run, Kind.BOOLEAN),
        "on_host": Of(path("node_id"), "name"),
        "tag": TAG,
        "uptime": Elapsed("started_at", during="node_id"),
        "vcpus": Times(("sockets", "cores", "threads")),
    },
    related={
        "datacenter": path("cluster_id", "data_center_id"),
        "events": path("events.vm_id"),
        "hosts": path("node_id"),
        "storage": path("disk_attachments.owner_id", "disk_id", "storage_domain_id"),
        "templates": path("template_id"),
        "vnic": path("nics.owner_id"),
    },
    actions={
        "start": Action(
            start,
            inputs=START_INPUTS,
            shown=NOT_OF_A_START,
            statuses=ALLOWED[VmAction.START],
        ),
        "stop": Action(_stop, inputs={"reason": REASON}, shown={"force": False}, statuses=ALLOWED[VmAction.STOP]),
        "shutdown": Action(
            _shutdown, inputs={"reason": REASON}, shown={"force": False}, statuses=ALLOWED[VmAction.SHUTDOWN]
        ),
        "suspend": Action(lambda tx, vm, given: SuspendVm(id=vm.id), statuses=ALLOWED[VmAction.SUSPEND]),
        "reboot": Action(
            lambda tx, vm, given: RebootVm(id=vm.id, **given),
            inputs={"force": Field("force")},
            statuses=ALLOWED[VmAction.REBOOT],
        ),
        "freeze_filesystems": Action(lambda tx, vm, given: FreezeVm(id=vm.id), statuses=ALLOWED[VmAction.FREEZE]),
        "thaw_filesystems": Action(lambda tx, vm, given: ThawVm(id=vm.id), statuses=ALLOWED[VmAction.THAW]),
        "reset": Action(lambda tx, vm, given: ResetVm(id=vm.id), statuses=ALLOWED[VmAction.RESET]),
        "preview_snapshot": Action(
            preview,
            inputs={"snapshot_id": Reference("snapshot", to="snapshots"), **OF_BOTH},
            statuses=ALLOWED[VmAction.PREVIEW],
        ),
        "commit_snapshot": Action(lambda tx, vm, given: CommitPreview(vm_id=vm.id), statuses=ALLOWED[VmAction.COMMIT]),
        "undo_snapshot": Action(lambda tx, vm, given: UndoPreview(vm_id=vm.id), statuses=ALLOWED[VmAction.UNDO]),
        "detach": Action(lambda tx, vm, given: DetachVm.of(vm), statuses=ALLOWED[VmAction.DETACH]),
        "clone": Action(
            clone,
            inputs={
                "name": Field("vm.name", length=64, rule=name_rule()),
                "storage_domain_id": Reference("storage_domain", to="storage_domains"),
                "discard_snapshots": Field("discard_snapshots"),
            },
            statuses=ALLOWED[VmAction.CLONE],
        ),
    },
)
