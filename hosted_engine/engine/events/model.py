"""An event: something happened that an administrator, or a client that waits for its code, wants to know."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    NORMAL = "normal"
    WARNING = "warning"
    ERROR = "error"
    ALERT = "alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`id` counts up from 1 in the order of writing; the store gives it (0 before). `name` is oVirt's AuditLogType,
    `code` its number. The `…_id` fields say what it is about."""

    name: str
    code: int
    severity: Severity
    at: float
    description: str
    id: int = 0
    correlation_id: str = ""
    job_id: str | None = None
    user_id: str | None = None
    data_center_id: str | None = None
    cluster_id: str | None = None
    node_id: str | None = None
    storage_domain_id: str | None = None
    disk_id: str | None = None
    template_id: str | None = None
    vm_id: str | None = None
