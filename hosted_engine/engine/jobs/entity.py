"""Jobs and their steps in the API: the engine's own, and those that clients show here."""

from collections.abc import Mapping
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.entity.declaration import READ, Action, Entity, Link, Options, Place, Values, Within
from hosted_engine.engine.entity.field import Field, Reference, Settable
from hosted_engine.engine.jobs.commands import AddExternalJob, AddExternalStep, ClearJob, EndJob, EndStep
from hosted_engine.engine.jobs.model import EXTERNAL_ACTION, Job, JobStep
from hosted_engine.engine.ports import Transaction

_SUCCEEDED = {"succeeded": Field("succeeded")}
_UNFORCED = {"force": False}


class JobEntity(Entity[Job]):
    def defaults(self, tx: Transaction, given: Values) -> Values:
        return {"action": EXTERNAL_ACTION, "correlation_id": "", "started_at": 0.0, "external": True}

    def add(self, tx: Transaction, given: Values, options: Options, *, place: int = 0) -> tuple[Command, Job]:
        item = self.make(tx, given)
        return AddExternalJob.of(self, item, place=place), item


JOBS = JobEntity(
    Job,
    "jobs",
    kind="job",
    type="Job",
    path="jobs",
    places=(Place(("Jobs", "Job"), methods=READ | {"add"}),),
    order=("started_at", "id"),
    indexes=(("correlation_id",),),
    actions={
        "clear": Action(lambda tx, job, attributes: ClearJob(id=job.id)),
        "end": Action(
            lambda tx, job, attributes: EndJob(id=job.id, succeeded=attributes.get("succeeded", True)),
            inputs=_SUCCEEDED,
            shown=_UNFORCED,
        ),
    },
)


class JobStepEntity(Entity[JobStep]):
    def defaults(self, tx: Transaction, given: Values) -> Values:
        """Where among the others it stands is settled when it is added."""
        beside = [s for s in tx.job_steps.list(job_id=given["job_id"]) if s.parent_step_id == given.get("parent")]
        return {
            "number": len(beside),
            "started_at": 0.0,
            "external": True,
            "parent_step_id": given.get("parent"),
        }

    def add(self, tx: Transaction, given: Values, options: Options, *, place: int = 0) -> tuple[Command, JobStep]:
        item = self.make(tx, given)
        return AddExternalStep.of(self, item, place=place), item

    def show(self, item: JobStep, gathered: Any) -> Mapping[str, Any]:
        if item.parent_step_id is None:
            return {}
        return {"parent_step": Link("job_steps", item.parent_step_id, path=f"jobs/{item.job_id}/steps")}


JOB_STEPS = JobStepEntity(
    JobStep,
    "job_steps",
    kind="step",
    type="Step",
    places=(Place(("Steps", "Step"), within={"job": Within("jobs", "job_id")}, methods=READ | {"add"}),),
    order=("parent_step_id", "number"),
    inputs={"parent": Reference("parent_step", to="job_steps", settable=Settable.ON_ADD)},
    actions={
        "end": Action(
            lambda tx, step, attributes: EndStep(
                id=step.id, job_id=step.job_id, succeeded=attributes.get("succeeded", True)
            ),
            inputs=_SUCCEEDED,
            shown=_UNFORCED,
        )
    },
)
