"""A task as oVirt shows it: a job with a step for the validation and one for every step of the plan. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from hosted_engine.engine.command import Context
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.jobs.model import Job, JobStatus, JobStep, StepType
from hosted_engine.engine.ports import Transaction
from node.steps import Step


def open_job(tx: Transaction, context: Context, action: str, description: str, steps: Sequence[Step]) -> None:
    now = context.now
    tx.jobs.add(
        Job(
            id=context.job_id,
            action=action,
            description=description,
            correlation_id=context.correlation_id,
            started_at=now,
            owner_id=context.caller.user_id,
            last_updated_at=now,
        )
    )
    validating = JobStep(
        id=new_id(),
        job_id=context.job_id,
        number=0,
        description="Validating",
        started_at=now,
        type=StepType.VALIDATING,
        status=JobStatus.FINISHED,
        ended_at=now,
    )
    executing = JobStep(id=new_id(), job_id=context.job_id, number=1, description="Executing", started_at=now)
    tx.job_steps.add(validating)
    tx.job_steps.add(executing)
    for number, step in enumerate(steps):
        tx.job_steps.add(
            JobStep(
                id=new_id(),
                job_id=context.job_id,
                number=number,
                description=step.description,
                started_at=now,
                key=step.key,
                parent_step_id=executing.id,
            )
        )


def close_job(tx: Transaction, job_id: str, status: JobStatus, now: float) -> None:
    """Steps that have not ended by themselves end with the job: finished with it, or never begun."""
    job = tx.jobs.get(job_id)
    if job is None:
        return
    tx.jobs.update(replace(job, status=status, ended_at=now, last_updated_at=now))
    for step in tx.job_steps.list(job_id=job_id, status=JobStatus.STARTED):
        ended = status if not step.key or status is JobStatus.FINISHED else JobStatus.ABORTED
        tx.job_steps.update(replace(step, status=ended, ended_at=now))
