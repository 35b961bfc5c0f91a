"""/templates"""

from hosted_engine.engine.problems import found
from hosted_engine.engine.search.match import Fields
from hosted_engine.engine.templates.model import Template
from hosted_engine.rest.call import Answer, Call, Handlers
from hosted_engine.rest.mapping.templates import template_to_wire
from hosted_engine.rest.resources.base import Resource, chosen

_FIELDS: Fields[Template] = {
    "id": lambda template: template.id,
    "name": lambda template: template.name,
    "description": lambda template: template.description,
    "comment": lambda template: template.comment,
    "status": lambda template: template.status.value,
    "version_number": lambda template: template.version_number,
    "version.number": lambda template: template.version_number,
}


class Templates(Resource):
    def handlers(self) -> Handlers:
        return {("Templates", "list"): self.list, ("Template", "get"): self.get}

    async def list(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            return Answer([template_to_wire(t) for t in chosen(call, tx.templates.list(), _FIELDS)])

    async def get(self, call: Call) -> Answer:
        identity = call.ids["template"]
        with self.engine.store.transaction() as tx:
            return Answer(template_to_wire(found(tx.templates.get(identity), "template", identity)))
