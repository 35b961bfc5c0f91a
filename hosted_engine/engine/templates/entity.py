"""Templates in the API."""

from collections.abc import Mapping
from typing import Any

from hosted_engine.engine.entity.declaration import READ, Events, Link, Place
from hosted_engine.engine.entity.field import MIB
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.ids import BLANK_TEMPLATE_ID
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState
from hosted_engine.engine.search.words import Count, Of, Own, Shown, Value, path
from hosted_engine.engine.tags.entity import TAG
from hosted_engine.engine.templates.model import Template
from hosted_engine.engine.vms.checks import check_vm
from hosted_engine.engine.vms.hardware import HARDWARE, HardwareEntity


class TemplateEntity(HardwareEntity[Template]):
    """What changes of a template counts for the VMs that are made of it from then on."""

    def check(self, tx: Transaction, item: Template, before: Template | None) -> None:
        if item.id == BLANK_TEMPLATE_ID:
            raise WrongState(
                action="change",
                kind=self.kind,
                name=item.name,
                reason="it belongs to the engine, for VMs that are made of nothing",
                mend="Say at the VM what it is to have",
            )
        check_vm(item)

    def show(self, item: Template, gathered: Any) -> Mapping[str, Any]:
        return {"version.base_template": Link("templates", item.base_template_id or item.id)}


TEMPLATES = TemplateEntity(
    Template,
    "templates",
    kind="template",
    type="Template",
    path="templates",
    places=(Place(("Templates", "Template"), methods=READ | {"update"}),),
    unique=(("name", "version_number"),),
    events=Events(update=EventKind("USER_UPDATE_VM_TEMPLATE", "Template {name} configuration was updated by {user}.")),
    shown=HARDWARE,
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
