"""/events, /jobs and the steps of a job"""

import re
from datetime import UTC, datetime

from hosted_engine.engine.events.model import Event
from hosted_engine.engine.jobs.model import Job, JobStep
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NotThere, found
from hosted_engine.engine.search.match import PAGE_SIZE, Fields
from hosted_engine.limits import EVENTS
from hosted_engine.rest.call import Answer, Call, Handlers
from hosted_engine.rest.mapping.history import event_to_wire, job_to_wire, step_to_wire
from hosted_engine.rest.problems import TooBroad
from hosted_engine.rest.resources.base import Resource, chosen, names

_NUMBER = re.compile("[0-9]{1,18}", re.ASCII)


class Events(Resource):
    def handlers(self) -> Handlers:
        return {("Events", "list"): self.list, ("Event", "get"): self.get}

    async def list(self, call: Call) -> Answer:
        """The newest first; `from` leaves out that event and all before it. A negative `max` asks for all that one
        answer may have."""
        after, limit = call.parameters.integer("from") or 0, call.parameters.integer("max")
        if limit is not None and limit > EVENTS:
            raise TooBroad(parameter="max", problem=f"is {limit}", limit=EVENTS)
        with self.engine.store.transaction() as tx:
            if call.parameters.text("search"):
                events = chosen(call, tx.events.list(after=after), _event_fields(tx))
            else:
                limit = PAGE_SIZE if limit is None else limit
                events = list(tx.events.list(after=after, limit=limit if limit >= 0 else EVENTS))
            return Answer([event_to_wire(event) for event in events[:EVENTS]])

    async def get(self, call: Call) -> Answer:
        identity = call.ids["event"]
        with self.engine.store.transaction() as tx:
            event = tx.events.get(int(identity)) if _NUMBER.fullmatch(identity) else None
            return Answer(event_to_wire(found(event, "event", identity)))


class Jobs(Resource):
    def handlers(self) -> Handlers:
        return {
            ("Jobs", "list"): self.list,
            ("Job", "get"): self.get,
            ("Steps", "list"): self.list_steps,
            ("Step", "get"): self.get_step,
        }

    async def list(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            newest_first = sorted(tx.jobs.list(), key=lambda job: job.started_at, reverse=True)
            return Answer([job_to_wire(job) for job in chosen(call, newest_first, _JOB_FIELDS)])

    async def get(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            return Answer(job_to_wire(_job(tx, call.ids["job"])))

    async def list_steps(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            steps = tx.job_steps.list(job_id=_job(tx, call.ids["job"]).id)
            ordered = sorted(steps, key=lambda step: (step.parent_step_id or "", step.number))
            return Answer([step_to_wire(step) for step in ordered])

    async def get_step(self, call: Call) -> Answer:
        identity = call.ids["step"]
        with self.engine.store.transaction() as tx:
            step: JobStep = found(tx.job_steps.get(identity), "step", identity)
            if step.job_id != call.ids["job"]:
                raise NotThere(kind="step", id=identity)
            return Answer(step_to_wire(step))


_JOB_FIELDS: Fields[Job] = {
    "id": lambda job: job.id,
    "description": lambda job: job.description,
    "correlation_id": lambda job: job.correlation_id,
    "status": lambda job: job.status.value,
    "action": lambda job: job.action,
}


def _job(tx: Transaction, identity: str) -> Job:
    return found(tx.jobs.get(identity), "job", identity)


def _event_fields(tx: Transaction) -> Fields[Event]:
    vms, nodes, users = names(tx.vms), names(tx.nodes), names(tx.users)
    clusters, templates, domains = names(tx.clusters), names(tx.templates), names(tx.storage_domains)
    fields: Fields[Event] = {
        "id": lambda event: event.id,
        "type": lambda event: event.code,
        "message": lambda event: event.description,
        "description": lambda event: event.description,
        "severity": lambda event: event.severity.value,
        "time": lambda event: datetime.fromtimestamp(event.at, tz=UTC),
        "correlation_id": lambda event: event.correlation_id,
        "event_vm": lambda event: vms.get(event.vm_id or ""),
        "event_host": lambda event: nodes.get(event.node_id or ""),
        "usrname": lambda event: users.get(event.user_id or ""),
        "event_cluster": lambda event: clusters.get(event.cluster_id or ""),
        "event_template": lambda event: templates.get(event.template_id or ""),
        "event_storage": lambda event: domains.get(event.storage_domain_id or ""),
    }
    across = {
        "vm": "event_vm",
        "vms": "event_vm",
        "host": "event_host",
        "hosts": "event_host",
        "user": "usrname",
        "users": "usrname",
        "cluster": "event_cluster",
        "clusters": "event_cluster",
        "template": "event_template",
        "templates": "event_template",
        "storage": "event_storage",
    }
    return {**fields, **{f"{name}.name": fields[field] for name, field in across.items()}}
