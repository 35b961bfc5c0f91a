"""A task: one command on its way, written down so that a crash of the engine does not lose it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from hosted_engine.engine.entity.field import Reference
from node.steps import Mark


class TaskStatus(StrEnum):
    """RUNNING also after a crash, until the engine has gone on with it."""

    RUNNING = "running"
    DONE = "done"
    ROLLED_BACK = "taken_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """`command` is the command's kind, `inputs` its JSON with every id chosen; both rebuild the plan after a crash.
    `address` and `session_id` are its caller's."""

    id: str
    command: str
    inputs: str
    job_id: Annotated[str, Reference(to="jobs")]
    correlation_id: str
    created_at: float
    user_id: str | None = None
    address: str = ""
    session_id: str = ""
    status: TaskStatus = TaskStatus.RUNNING
    ended_at: float | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """node.steps.Entry number `number` (from 1) of a task's journal."""

    id: str
    task_id: Annotated[str, Reference(to="tasks")]
    number: int
    mark: Mark
    key: str
    detail: str
