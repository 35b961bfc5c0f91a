"""oVirt's jobs and steps: how a client follows what a command is doing."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from hosted_engine.engine.entity.field import Field, OnRemove, Reference, Settable, Shape

EXTERNAL_ACTION = "ExternalJob"  # of jobs that clients carry out


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


def _described(wire: str, *, by_clients: bool = False, **more: Any) -> Field:
    return Field(wire, settable=Settable.ON_ADD if by_clients else Settable.NEVER, **more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`action` is the kind of command, `owner_id` the user who gave it."""

    id: str
    action: Annotated[str, Field(search="action")]
    description: Annotated[str, _described("description", by_clients=True, search="description", length=4000)]
    correlation_id: Annotated[str, Field(search="correlation_id")]
    started_at: Annotated[float, _described("start_time", search="start_time", shape=Shape.DATE)]
    owner_id: Annotated[
        str | None,
        Reference("owner", settable=Settable.NEVER, to="users", on_remove=OnRemove.NO_ACTION, strict=False),
    ] = None
    status: Annotated[JobStatus, _described("status", search="status")] = JobStatus.STARTED
    ended_at: Annotated[float | None, _described("end_time", search="end_time", shape=Shape.DATE)] = None
    last_updated_at: Annotated[float, _described("last_updated", shape=Shape.DATE)] = 0.0
    external: Annotated[bool, _described("external")] = False
    auto_cleared: Annotated[bool, _described("auto_cleared", by_clients=True)] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStep:
    """`key` is the key of the step in the plan, empty for what oVirt adds around it."""

    id: str
    job_id: Annotated[str, Reference("job", settable=Settable.NEVER, to="jobs", on_remove=OnRemove.CASCADE)]
    number: Annotated[int, _described("number")]
    description: Annotated[str, _described("description", by_clients=True, search="description", length=4000)]
    started_at: Annotated[float, _described("start_time", shape=Shape.DATE)]
    key: str = ""
    parent_step_id: str | None = None
    type: Annotated[StepType, _described("type", by_clients=True, search="type")] = StepType.EXECUTING
    status: Annotated[JobStatus, _described("status", search="status")] = JobStatus.STARTED
    ended_at: Annotated[float | None, _described("end_time", shape=Shape.DATE)] = None
    progress: Annotated[int | None, _described("progress")] = None
    external: Annotated[bool, _described("external")] = False
