"""An event: something happened that an administrator, or a client that waits for its code, wants to know."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from hosted_engine.engine.entity.field import Field, OnRemove, Reference, Settable, Shape


class Severity(StrEnum):
    NORMAL = "normal"
    WARNING = "warning"
    ERROR = "error"
    ALERT = "alert"


def _said(wire: str, **more: Any) -> Field:
    return Field(wire, settable=Settable.NEVER, **more)


def _about(wire: str, table: str) -> Reference:
    """What an event is about may be gone long since."""
    return Reference(wire, settable=Settable.NEVER, to=table, on_remove=OnRemove.KEEP, strict=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`id` counts up from 1 in the order of writing; the store gives it (0 before). `name` is oVirt's AuditLogType,
    `code` its number. The `…_id` fields say what it is about."""

    name: str
    code: Annotated[int, _said("code", search="type")]
    severity: Annotated[Severity, _said("severity", search="severity")]
    at: Annotated[float, _said("time", search="time", shape=Shape.DATE)]
    description: Annotated[str, _said("description", search=("message", "description"))]
    id: Annotated[int, _said("index")] = 0
    correlation_id: Annotated[str, _said("correlation_id", search="correlation_id", shape=Shape.TEXT)] = ""
    job_id: str | None = None
    user_id: Annotated[str | None, _about("user", "users")] = None
    data_center_id: Annotated[str | None, _about("data_center", "data_centers")] = None
    cluster_id: Annotated[str | None, _about("cluster", "clusters")] = None
    node_id: Annotated[str | None, _about("host", "nodes")] = None
    storage_domain_id: Annotated[str | None, _about("storage_domain", "storage_domains")] = None
    disk_id: str | None = None
    template_id: Annotated[str | None, _about("template", "templates")] = None
    vm_id: Annotated[str | None, _about("vm", "vms")] = None
