"""Templates in the API."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from hosted_engine.engine.command import Command
from hosted_engine.engine.disks.entity import DISK_ATTACHMENTS, DISKS
from hosted_engine.engine.entity.declaration import Link, Options, Place, Values, View
from hosted_engine.engine.entity.events import Events
from hosted_engine.engine.entity.field import MIB, Part, Reference, Settable
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NotSupported, found
from hosted_engine.engine.search.terms import Count, Of, Own, Shown, Value, path
from hosted_engine.engine.tags.entity import TAG
from hosted_engine.engine.templates.checks import base_of, check_changeable, check_gone
from hosted_engine.engine.templates.commands.add import AddTemplate
from hosted_engine.engine.templates.commands.remove import RemoveTemplate
from hosted_engine.engine.templates.model import Template
from hosted_engine.engine.vms.checks import check_vm
from hosted_engine.engine.vms.copies import NewDisk, bases_of, full_copy
from hosted_engine.engine.vms.devices import nic_like
from hosted_engine.engine.vms.entity import VMS
from hosted_engine.engine.vms.hardware import HARDWARE, HardwareEntity
from hosted_engine.engine.vms.initialization.showing import initialization_elements
from hosted_engine.engine.vms.model import HANDED_ON, Vm
from hosted_engine.engine.vms.next_run import with_next_run


class TemplateEntity(HardwareEntity[Template]):
    """What changes of a template counts for the VMs that are made of it from then on."""

    def defaults(self, tx: Transaction, given: Values) -> Values:
        """What a new one takes from the VM that it is made of."""
        vm = with_next_run(_vm(tx, given["vm"]))
        taken = {name: getattr(vm, name) for name in HANDED_ON} | {"cluster_id": vm.cluster_id, "description": ""}
        if base_id := given.get("base_id"):
            taken |= {"base_template_id": base_id, "version_name": ""}
        return taken

    def make(self, tx: Transaction, given: Values) -> Template:
        made = super().make(tx, given)
        return replace(made, base_template_id=base_of(made))

    def check(self, tx: Transaction, item: Template, before: Template | None) -> None:
        check_changeable(item)
        check_vm(item)

    def check_removable(self, tx: Transaction, item: Template) -> None:
        check_gone(tx, item)

    def add(self, tx: Transaction, given: Values, options: Options, *, place: int = 0) -> tuple[Command, Template]:
        if options.boolean("seal"):
            reason = "nodes do not take a guest's own traces (keys, addresses) off an image"
            raise NotSupported(value="true", field="seal", reason=reason)
        vm, template = _vm(tx, given["vm"]), self.make(tx, given)
        VMS.check_same(tx, vm, {n: v for n, v in given["vm"].items() if n in VMS.columns}, "template.vm")
        command = AddTemplate(
            template=msgspec.to_builtins(template),
            vm_id=vm.id,
            disks=_disks(tx, vm, template, given),
            nics=tuple(nic_like(nic, template.id) for nic in tx.nics.list(owner_id=vm.id)),
            clone_permissions=options.boolean("clone_permissions") or False,
        )
        return command, command.as_begun()

    def update(self, tx: Transaction, before: Template, given: Values, options: Options) -> tuple[Command, Template]:
        if given.get("vm"):
            reason = "a template is made of a VM once"
            raise BadValue(value=given["vm"].get("id", "a VM"), field="template.vm", reason=reason)
        return super().update(tx, before, {name: value for name, value in given.items() if name != "vm"}, options)

    def remove(self, tx: Transaction, item: Template, options: Options, *, place: int = 0) -> Command:
        return RemoveTemplate(id=item.id)

    def parts(self, tx: Transaction, item: Template, command: Command, given: Values) -> Mapping[str, Any]:
        """The VM as it is, with what is said of the copies of its disks."""
        if not isinstance(command, AddTemplate):
            return {}
        parts: dict[str, Any] = {"vm": (VMS, found(tx.vms.get(command.vm_id), "VM", command.vm_id))}
        for new in command.disks:
            if new.place and new.disk is not None:
                below, base = new.place.removeprefix("template."), replace(new.disk, id=new.base_id)
                attachment = replace(new.attachment, disk_id=new.base_id)
                parts |= {below: (DISK_ATTACHMENTS, attachment), f"{below}.disk": (DISKS, base)}
        return parts

    def gather(self, view: View, items: Sequence[Template]) -> Any:
        return view.tx

    def show(self, item: Template, gathered: Any) -> Mapping[str, Any]:
        shown: dict[str, Any] = {"version.base_template": Link("templates", base_of(item))}
        if item.initialization is not None:
            shown["initialization"] = initialization_elements(gathered.secrets, item.initialization)
        return shown


def _vm(tx: Transaction, attributes: Values) -> Vm:
    """By its id, or else by its name. Raises NotThere."""
    if identity := attributes.get("id"):
        return found(tx.vms.get(identity), "VM", identity)
    name = attributes.get("name", "")
    return found(next(iter(tx.vms.list(name=name)), None), "VM", name)


def _disks(tx: Transaction, vm: Vm, template: Template, given: Values) -> tuple[NewDisk, ...]:
    """They keep their names. What is said of a disk of the VM is so of its copy."""
    attributes: Sequence[Values] = given["vm"].get("disk_attachments", ())
    bases = bases_of(tx, vm.id)
    places = {
        str(how.get("disk", {}).get("id")): (how, f"template.vm.disk_attachments.disk_attachment[{number}]")
        for number, how in enumerate(attributes, 1)
    }
    for identity, (_, place) in places.items():
        if identity not in bases:
            raise BadValue(value=identity, field=f"{place}.disk.id", reason="the VM has no such disk that is copied")
    copies = []
    for base_id, base in bases.items():
        how, place = places.get(base_id, ({}, ""))
        copies.append(full_copy(base, template.id, base.disk.name, how, place, given.get("storage_domain_id")))
    return tuple(copies)


TEMPLATES = TemplateEntity(
    Template,
    "templates",
    kind="template",
    type="Template",
    path="templates",
    places=(Place(("Templates", "Template")),),
    unique=(("name", "version_number"),),
    events=Events(update=EventKind("USER_UPDATE_VM_TEMPLATE", "Template {name} configuration was updated by {user}.")),
    shown=HARDWARE,
    inputs={
        "vm": Part(
            "vm",
            of="vms",
            settable=Settable.ON_ADD,
            required=True,
            existing=True,
            completed=("cluster_id", "template_id"),
        ),
        "base_id": Reference("version.base_template", to="templates", settable=Settable.ON_ADD),
        "storage_domain_id": Reference("storage_domain", settable=Settable.ON_ADD, to="storage_domains"),
    },
    searches={
        "architecture": Shown("cpu.architecture"),
        "childcount": Count(path("vms.template_id")),
        "datacenter": Of(path("cluster_id"), "datacenter"),
        "mem": Value(Own("memory_bytes"), MIB),
        "tag": TAG,
    },
    related={
        "events": path("events.template_id"),
        "hosts": path("vms.template_id", "node_id"),
        "storage": path("disk_attachments.owner_id", "disk_id", "storage_domain_id"),
        "vms": path("vms.template_id"),
        "vnic": path("nics.owner_id"),
    },
)
