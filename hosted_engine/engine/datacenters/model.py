"""A data center: the storage and the networks that its clusters share."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from hosted_engine.engine.entity.field import Field, Settable, name_rule


class DataCenterStatus(StrEnum):
    UNINITIALIZED = "uninitialized"  # it has no storage yet
    UP = "up"
    MAINTENANCE = "maintenance"
    NOT_OPERATIONAL = "not_operational"
    PROBLEMATIC = "problematic"
    CONTEND = "contend"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCenter:
    """One that is `local` has one host, whose own folders are its storage."""

    id: str
    name: Annotated[str, Field("name", search="name", length=40, rule=name_rule(extra="_-", ascii_only=True))]
    local: Annotated[bool, Field("local", settable=Settable.ON_ADD, search="local")]
    description: Annotated[str, Field("description", search="description", length=4000)] = ""
    comment: Annotated[str, Field("comment", search="comment", length=4000)] = ""
    status: Annotated[DataCenterStatus, Field("status", settable=Settable.NEVER, search="status")] = (
        DataCenterStatus.UNINITIALIZED
    )
