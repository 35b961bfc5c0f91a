"""Events, jobs and steps as they travel."""

from hosted_engine.engine.events.model import Event
from hosted_engine.engine.jobs.model import Job, JobStep
from hosted_engine.rest.mapping.refs import ref, ref_or_none, when
from hosted_engine.rest.media.wire import Wire


def event_to_wire(event: Event) -> Wire:
    return {
        **ref("events", str(event.id)),
        "description": event.description,
        "code": event.code,
        "correlation_id": event.correlation_id or None,
        "custom_id": -1,
        "flood_rate": 30,
        "index": event.id,
        "origin": "oVirt",
        "severity": event.severity.value,
        "time": when(event.at),
        "user": ref_or_none("users", event.user_id),
        "vm": ref_or_none("vms", event.vm_id),
        "storage_domain": ref_or_none("storagedomains", event.storage_domain_id),
        "host": ref_or_none("hosts", event.node_id),
        "template": ref_or_none("templates", event.template_id),
        "cluster": ref_or_none("clusters", event.cluster_id),
        "data_center": ref_or_none("datacenters", event.data_center_id),
    }


def job_to_wire(job: Job) -> Wire:
    return {
        **ref("jobs", job.id),
        "description": job.description,
        "auto_cleared": job.auto_cleared,
        "external": job.external,
        "status": job.status.value,
        "start_time": when(job.started_at),
        "end_time": when(job.ended_at),
        "last_updated": when(job.last_updated_at),
        "owner": ref_or_none("users", job.owner_id),
    }


def step_to_wire(step: JobStep) -> Wire:
    parent = ref("jobs", step.job_id, "steps", step.parent_step_id) if step.parent_step_id else None
    return {
        **ref("jobs", step.job_id, "steps", step.id),
        "description": step.description,
        "external": step.external,
        "number": step.number,
        "progress": step.progress,
        "status": step.status.value,
        "type": step.type.value,
        "start_time": when(step.started_at),
        "end_time": when(step.ended_at),
        "job": ref("jobs", step.job_id),
        "parent_step": parent,
    }
