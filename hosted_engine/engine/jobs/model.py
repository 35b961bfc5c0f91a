"""oVirt's jobs and steps: how a client follows what a command is doing."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from hosted_engine.engine.entity.field import Reference


class JobStatus(StrEnum):
    """Of jobs and of steps."""

    ABORTED = "aborted"
    FAILED = "failed"
    FINISHED = "finished"
    STARTED = "started"
    UNKNOWN = "unknown"


class StepType(StrEnum):
    VALIDATING = "validating"
    EXECUTING = "executing"
    FINALIZING = "finalizing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`action` is the kind of command, `owner_id` the user who gave it."""

    id: str
    action: str
    description: str
    correlation_id: str
    started_at: float
    owner_id: str | None = None
    status: JobStatus = JobStatus.STARTED
    ended_at: float | None = None
    last_updated_at: float = 0.0
    external: bool = False
    auto_cleared: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStep:
    """`key` is the key of the step in the plan, empty for what oVirt adds around it."""

    id: str
    job_id: Annotated[str, Reference(to="jobs")]
    number: int
    description: str
    started_at: float
    key: str = ""
    parent_step_id: str | None = None
    type: StepType = StepType.EXECUTING
    status: JobStatus = JobStatus.STARTED
    ended_at: float | None = None
    progress: int | None = None
    external: bool = False
