"""A data center: the storage and the networks that its clusters share."""

from dataclasses import dataclass
from enum import StrEnum


class DataCenterStatus(StrEnum):
    UNINITIALIZED = "uninitialized"
    UP = "up"
    MAINTENANCE = "maintenance"
    NOT_OPERATIONAL = "not_operational"
    PROBLEMATIC = "problematic"
    CONTEND = "contend"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCenter:
    id: str
    name: str
    description: str = ""
    comment: str = ""
    local: bool = False
    status: DataCenterStatus = DataCenterStatus.UP
