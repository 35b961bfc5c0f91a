"""How long the past is kept: finished jobs as long as oVirt keeps them, events a month. Pure."""

from hosted_engine.engine.jobs.model import JobStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.users.sessions import is_current

FINISHED_JOBS_S = 600.0  # oVirt's SucceededJobCleanupTimeInMinutes
FAILED_JOBS_S = 3600.0  # oVirt's FailedJobCleanupTimeInMinutes
EVENTS_S = 30 * 86_400.0  # oVirt's AuditLogAgingThreshold


def sweep(tx: Transaction, now: float) -> None:
    """Jobs with their steps and tasks, events, and sessions that are over. A job that its client will clear stays."""
    for job in tx.jobs.list(status=(JobStatus.FINISHED, JobStatus.FAILED, JobStatus.ABORTED)):
        if not job.auto_cleared:
            continue
        kept_s = FINISHED_JOBS_S if job.status is JobStatus.FINISHED else FAILED_JOBS_S
        if job.ended_at is not None and job.ended_at < now - kept_s:
            for task in tx.tasks.list(job_id=job.id):
                tx.tasks.remove(task.id)
            for step in tx.job_steps.list(job_id=job.id):
                tx.job_steps.remove(step.id)
            tx.jobs.remove(job.id)
    for session in tx.sessions.list():
        if not is_current(session, now):
            tx.sessions.remove(session.id)
    tx.events.forget(now - EVENTS_S)
