"""A data center: the storage and the networks that its clusters share."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from hosted_engine.engine.entity.field import Field, Settable, name_rule
from hosted_engine.engine.problems import NotSupported


class DataCenterStatus(StrEnum):
    UNINITIALIZED = "uninitialized"  # it has no storage yet
    UP = "up"
    MAINTENANCE = "maintenance"
    NOT_OPERATIONAL = "not_operational"
    PROBLEMATIC = "problematic"
    CONTEND = "contend"


def shared_storage(value: Any, field: str) -> bool:
    """The storage of nodes is shared, so that no data center is local."""
    if value:
        raise NotSupported(value="true", field=field, reason="VMs lie on storage that all hosts share")
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCenter:
    id: str
    name: Annotated[str, Field("name", search="name", length=40, rule=name_rule(extra="_-", ascii_only=True))]
    local: Annotated[bool, Field("local", settable=Settable.ON_ADD, search="local", rule=shared_storage)]
    description: Annotated[str, Field("description", search="description", length=4000)] = ""
    comment: Annotated[str, Field("comment", search="comment", length=4000)] = ""
    status: Annotated[DataCenterStatus, Field("status", settable=Settable.NEVER, search="status")] = (
        DataCenterStatus.UNINITIALIZED
    )
