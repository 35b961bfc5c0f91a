"""An event: something happened that an administrator, or a client that waits for its code, wants to know."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from hosted_engine.engine.entity.field import Field, OnRemove, Reference, Settable, Shape, text_rule


class Severity(StrEnum):
    NORMAL = "normal"
    WARNING = "warning"
    ERROR = "error"
    ALERT = "alert"


OWN_ORIGIN = "oVirt"  # of what the engine itself writes down
NO_CUSTOM_ID = -1


def _described(wire: str, *, by_clients: bool = False, **more: Any) -> Field:
    return Field(wire, settable=Settable.ON_ADD if by_clients else Settable.NEVER, **more)


def _about(wire: str, table: str) -> Reference:
    """What an event is about may be gone long since."""
    return Reference(wire, settable=Settable.ON_ADD, to=table, on_remove=OnRemove.NO_ACTION, strict=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`id` counts up from 1 in the order of writing; the store gives it (0 before). `name` is oVirt's AuditLogType,
    `code` its number. The `…_id` fields say what it is about. `origin` and `custom_id` are of who tells of it, where
    that is not the engine itself: together they name one event. `flood_rate` is in seconds. `address` and
    `session_id` say from where, and in which session, somebody did it; `python -m hosted_engine.audit` shows them."""

    name: str
    code: Annotated[int, _described("code", search="type")]
    severity: Annotated[Severity, _described("severity", by_clients=True, search="severity")]
    at: Annotated[float, _described("time", search="time", shape=Shape.DATE)]
    description: Annotated[
        str, _described("description", by_clients=True, search=("message", "description"), length=4000, rule=text_rule)
    ]
    id: Annotated[int, _described("index")] = 0
    correlation_id: Annotated[
        str, _described("correlation_id", by_clients=True, search="correlation_id", shape=Shape.TEXT)
    ] = ""
    job_id: str | None = None
    user_id: Annotated[str | None, _about("user", "users")] = None
    data_center_id: Annotated[str | None, _about("data_center", "data_centers")] = None
    cluster_id: Annotated[str | None, _about("cluster", "clusters")] = None
    node_id: Annotated[str | None, _about("host", "nodes")] = None
    storage_domain_id: Annotated[str | None, _about("storage_domain", "storage_domains")] = None
    disk_id: str | None = None
    template_id: Annotated[str | None, _about("template", "templates")] = None
    vm_id: Annotated[str | None, _about("vm", "vms")] = None
    origin: Annotated[str, _described("origin", by_clients=True, search="origin", length=255, rule=text_rule)] = (
        OWN_ORIGIN
    )
    custom_id: Annotated[
        int, _described("custom_id", by_clients=True, search="custom_event_id", least=NO_CUSTOM_ID, most=(1 << 31) - 1)
    ] = NO_CUSTOM_ID
    address: str = ""
    session_id: str = ""
    flood_rate: Annotated[int, _described("flood_rate", by_clients=True, least=0, most=(1 << 31) - 1)] = 30
    custom_data: Annotated[str, _described("custom_data", by_clients=True, length=4000, shape=Shape.TEXT)] = ""
