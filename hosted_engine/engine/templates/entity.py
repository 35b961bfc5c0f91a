"""Templates in the API."""

from collections.abc import Mapping
from typing import Any

from hosted_engine.engine.entity.declaration import READ, Entity, Link, Place
from hosted_engine.engine.entity.field import MIB
from hosted_engine.engine.search.words import Count, Of, Own, Shown, Value, path
from hosted_engine.engine.tags.entity import TAG
from hosted_engine.engine.templates.model import Template
from hosted_engine.engine.vms.hardware import HARDWARE


class TemplateEntity(Entity[Template]):
    def show(self, item: Template, gathered: Any) -> Mapping[str, Any]:
        return {"version.base_template": Link("templates", item.base_template_id or item.id)}


TEMPLATES = TemplateEntity(
    Template,
    "templates",
    kind="template",
    type="Template",
    path="templates",
    places=(Place(("Templates", "Template"), methods=READ),),
    unique=(("name", "version_number"),),
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
