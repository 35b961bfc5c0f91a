"""VMs in the API: what the declaration of their fields does not say by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from functools import cached_property
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.entity.declaration import Action, Entity, Events, Link, Options, Place, Values, View
from hosted_engine.engine.entity.field import Reference, Settable
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.ids import BLANK_TEMPLATE_ID
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.search.words import Elapsed, Kind, Observed, Of, Shown, Times, path
from hosted_engine.engine.tags.entity import TAG
from hosted_engine.engine.vms.checks import changeable_vm, check_make, resting_vm
from hosted_engine.engine.vms.commands.add import AddVm
from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.commands.stop import ShutdownVm, StopVm
from hosted_engine.engine.vms.commands.update_engine_vm import UpdateEngineVm
from hosted_engine.engine.vms.engine_vm import has_next_run, with_config
from hosted_engine.engine.vms.hardware import HARDWARE
from hosted_engine.engine.vms.model import RUNNING, Origin, Vm, VmBase
from hosted_engine.engine.vms.next_run import later, with_next_run
from node.api.messages.ha import EngineVmReport

MAX_MEMORY_FACTOR = 4  # oVirt's default for the memory that hot plug may reach
_HANDED_ON = tuple(f.name for f in fields(VmBase) if f.name not in ("id", "name", "comment", "origin", "created_at"))


class VmEntity(Entity[Vm]):
    def make(self, tx: Transaction, given: Values) -> Vm:
        return with_memory(super().make(tx, given), given)

    def defaults(self, tx: Transaction, given: Values) -> Values:
        """What a new VM takes from its template."""
        template = found(tx.templates.get(given["template_id"]), "template", given["template_id"])
        taken = {name: getattr(template, name) for name in _HANDED_ON}
        return taken | ({"description": ""} if template.id == BLANK_TEMPLATE_ID else {})

    def change(self, tx: Transaction, before: Vm, given: Values) -> Vm:
        """Memory alone moves its companions along, so that they stay within their bounds. While it runs only what may
        change meanwhile changes at once."""
        if before.status in RUNNING and before.origin is not Origin.MANAGED_HOSTED_ENGINE:
            return later(before, self._changed(tx, with_next_run(before), given), self._live)
        return self._changed(tx, before, given)

    def _changed(self, tx: Transaction, before: Vm, given: Values) -> Vm:
        changed = super().change(tx, before, given)
        if "memory_bytes" in given and "memory_guaranteed_bytes" not in given:
            changed = replace(
                changed, memory_guaranteed_bytes=min(before.memory_guaranteed_bytes, changed.memory_bytes)
            )
        if "memory_bytes" in given and "memory_max_bytes" not in given:
            changed = replace(changed, memory_max_bytes=max(before.memory_max_bytes, changed.memory_bytes))
        return changed

    def check(self, tx: Transaction, item: Vm, before: Vm | None) -> None:
        if before is not None:
            changeable_vm(tx, item.id, "change")
            if not set(self._differing(before, item)) <= self._live | {"next_run"}:
                resting_vm(tx, item.id, "change the hardware of")
        check_make(with_next_run(item))

    def add(self, tx: Transaction, given: Values, options: Options, *, place: int = 0) -> tuple[Command, Vm]:
        vm = self.make(tx, given)
        clone = options.boolean("clone") or False
        command = AddVm.of(vm, clone=clone, storage_domain_id=given.get("storage_domain_id"))
        return command, command.as_begun(tx)

    def update(self, tx: Transaction, before: Vm, given: Values, options: Options) -> tuple[Command, Vm]:
        if before.origin is Origin.MANAGED_HOSTED_ENGINE:
            return UpdateEngineVm(id=before.id, given=dict(given)), self.change(tx, before, given)
        return super().update(tx, before, given, options)

    def remove(self, tx: Transaction, item: Vm, options: Options, *, place: int = 0) -> Command:
        return RemoveVm(id=item.id, detach_only=options.boolean("detach_only") or False)

    def gather(self, view: View, items: Sequence[Vm]) -> Any:
        """The engine VM's own configuration, which is not the store's, and whether that of its next start is asked."""
        return view.readings.engine_vm, bool(view.options.boolean("next_run"))

    def show(self, item: Vm, gathered: Any) -> Mapping[str, Any]:
        report, next_run = gathered
        template = Link("templates", item.template_id)
        has_next = _has_next(item, report)
        shown = {"original_template": template, "next_run_configuration_exists": has_next}
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


def with_memory(vm: Vm, given: Values) -> Vm:
    """What is not given follows from the memory where that was given."""
    if "memory_bytes" not in given:
        return vm
    return replace(
        vm,
        memory_guaranteed_bytes=given.get("memory_guaranteed_bytes", vm.memory_bytes),
        memory_max_bytes=given.get("memory_max_bytes", vm.memory_bytes * MAX_MEMORY_FACTOR),
    )


def _has_next(vm: Vm, report: EngineVmReport | None) -> bool:
    """The engine VM's next configuration is not the store's."""
    if vm.origin is Origin.MANAGED_HOSTED_ENGINE and report is not None and has_next_run(report):
        return True
    return bool(vm.next_run)


def _has_next_run(vm: Vm, readings: Readings) -> bool:
    return _has_next(vm, readings.engine_vm)


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
    shown=HARDWARE | {"run_once": False, "has_illegal_images": False},
    inputs={
        "storage_domain_id": Reference("storage_domain", settable=Settable.ON_ADD, to="storage_domains"),
    },
    searches={
        "architecture": Shown("cpu.architecture"),
        "compatibility_level": Of(path("cluster_id"), "compatibility_level"),
        "datacenter": Of(path("cluster_id"), "datacenter"),
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
            lambda tx, vm, given: StartVm(id=vm.id, node_ids=given.get("node_ids", ())),
            inputs={"node_ids": Reference("vm.placement_policy.hosts", to="nodes")},
        ),
        "stop": Action(lambda tx, vm, given: StopVm(id=vm.id)),
        "shutdown": Action(lambda tx, vm, given: ShutdownVm(id=vm.id)),
    },
)
