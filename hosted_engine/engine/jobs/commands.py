"""Jobs that clients carry out themselves and show here, with their steps: added, ended and cleared by them."""

from dataclasses import replace

from hosted_engine.engine.command import Command, Context, Lock
from hosted_engine.engine.entity.commands import AddEntity
from hosted_engine.engine.jobs.model import Job, JobStatus, JobStep
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, WrongState, found


def own_job(tx: Transaction, id: str, action: str) -> Job:
    """Raises NotThere, WrongState for a job of the engine itself."""
    job = found(tx.jobs.get(id), "job", id)
    if not job.external:
        mend = "Leave it to the engine"
        raise WrongState(action=action, kind="job", name=job.description, reason="it is a job of the engine", mend=mend)
    return job


def running_job(tx: Transaction, id: str, action: str) -> Job:
    """Raises what own_job raises, and WrongState for a job that has ended."""
    job = own_job(tx, id, action)
    if job.status is not JobStatus.STARTED:
        reason = f"it is {job.status.value} already"
        raise WrongState(action=action, kind="job", name=job.description, reason=reason, mend="Add another job")
    return job


class AddExternalJob(AddEntity, frozen=True, kw_only=True):
    """Its owner and its correlation id are those of the request."""

    def finish(self, tx: Transaction, context: Context) -> None:
        job: Job = self._item()
        now = context.now
        tx.jobs.add(
            replace(
                job,
                started_at=now,
                last_updated_at=now,
                owner_id=context.caller.user_id,
                correlation_id=context.correlation_id,
            )
        )


class AddExternalStep(AddEntity, frozen=True, kw_only=True):
    def check(self, tx: Transaction) -> None:
        step: JobStep = self._item()
        running_job(tx, step.job_id, "add a step to")
        if step.parent_step_id is None:
            return
        parent = tx.job_steps.get(step.parent_step_id)
        if parent is None or parent.job_id != step.job_id or parent.status is not JobStatus.STARTED:
            reason = "it is no step of this job that still runs"
            raise BadValue(value=step.parent_step_id, field="step.parent_step", reason=reason)

    def finish(self, tx: Transaction, context: Context) -> None:
        step: JobStep = self._item()
        beside = [one for one in tx.job_steps.list(job_id=step.job_id) if one.parent_step_id == step.parent_step_id]
        tx.job_steps.add(replace(step, number=len(beside), started_at=context.now))
        touch(tx, step.job_id, context.now)


class EndJob(Command, frozen=True, kw_only=True):
    """Its steps that still run end with it."""

    id: str
    succeeded: bool = True

    def check(self, tx: Transaction) -> None:
        running_job(tx, self.id, "end")

    def describe(self, tx: Transaction) -> str:
        return f"Ending External Job {found(tx.jobs.get(self.id), 'job', self.id).description}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("job", self.id),)

    def finish(self, tx: Transaction, context: Context) -> None:
        job = found(tx.jobs.get(self.id), "job", self.id)
        status = outcome(self.succeeded)
        tx.jobs.update(replace(job, status=status, ended_at=context.now, last_updated_at=context.now))
        for step in tx.job_steps.list(job_id=self.id, status=JobStatus.STARTED):
            tx.job_steps.update(replace(step, status=status, ended_at=context.now))


class EndStep(Command, frozen=True, kw_only=True):
    """The job goes on, even if the step has failed: to end it is its owner's."""

    id: str
    job_id: str
    succeeded: bool = True

    def check(self, tx: Transaction) -> None:
        step = self._step(tx)
        running_job(tx, self.job_id, "end a step of")
        if step.status is not JobStatus.STARTED:
            reason = f"it is {step.status.value} already"
            raise WrongState(action="end", kind="step", name=step.description, reason=reason, mend="Leave it")

    def describe(self, tx: Transaction) -> str:
        return f"Ending External Step {self._step(tx).description}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("job", self.job_id),)

    def finish(self, tx: Transaction, context: Context) -> None:
        step = self._step(tx)
        tx.job_steps.update(replace(step, status=outcome(self.succeeded), ended_at=context.now))
        touch(tx, self.job_id, context.now)

    def _step(self, tx: Transaction) -> JobStep:
        return found(tx.job_steps.get(self.id), "step", self.id)


class ClearJob(Command, frozen=True, kw_only=True):
    """From here on it goes some time after its end, as those of the engine do."""

    id: str

    def check(self, tx: Transaction) -> None:
        own_job(tx, self.id, "clear")

    def describe(self, tx: Transaction) -> str:
        return f"Clearing External Job {found(tx.jobs.get(self.id), 'job', self.id).description}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("job", self.id),)

    def finish(self, tx: Transaction, context: Context) -> None:
        tx.jobs.update(replace(found(tx.jobs.get(self.id), "job", self.id), auto_cleared=True))


def outcome(succeeded: bool) -> JobStatus:
    return JobStatus.FINISHED if succeeded else JobStatus.FAILED


def touch(tx: Transaction, job_id: str, now: float) -> None:
    tx.jobs.update(replace(found(tx.jobs.get(job_id), "job", job_id), last_updated_at=now))
