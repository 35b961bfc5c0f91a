"""Templates in the API."""

from collections.abc import Mapping
from typing import Any

from hosted_engine.engine.entity.declaration import READ, Entity, Link, Place
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
)
