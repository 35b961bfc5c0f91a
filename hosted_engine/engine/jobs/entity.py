"""Jobs and their steps in the API."""

from collections.abc import Mapping
from typing import Any

from hosted_engine.engine.entity.declaration import READ, Entity, Link, Place, Within
from hosted_engine.engine.jobs.model import Job, JobStep

JOBS = Entity(
    Job,
    "jobs",
    kind="job",
    type="Job",
    path="jobs",
    places=(Place(("Jobs", "Job"), methods=READ),),
    order=("started_at", "id"),
    indexes=(("correlation_id",),),
)


class JobStepEntity(Entity[JobStep]):
    def show(self, item: JobStep, gathered: Any) -> Mapping[str, Any]:
        if item.parent_step_id is None:
            return {}
        return {"parent_step": Link("job_steps", item.parent_step_id, path=f"jobs/{item.job_id}/steps")}


JOB_STEPS = JobStepEntity(
    JobStep,
    "job_steps",
    kind="step",
    type="Step",
    places=(Place(("Steps", "Step"), within={"job": Within("jobs", "job_id")}, methods=READ),),
    order=("parent_step_id", "number"),
)
