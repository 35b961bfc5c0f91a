"""A storage domain: a place for disks that every node of a data center sees."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from gluster.diagnosis.problem import StateProblem
from hosted_engine.engine.entity.field import Field, Reference, Settable, name_rule


class StorageDomainStatus(StrEnum):
    ACTIVATING = "activating"
    ACTIVE = "active"
    DETACHING = "detaching"
    INACTIVE = "inactive"
    LOCKED = "locked"
    MAINTENANCE = "maintenance"
    MIXED = "mixed"
    PREPARING_FOR_MAINTENANCE = "preparing_for_maintenance"
    UNATTACHED = "unattached"
    UNKNOWN = "unknown"


class StorageDomainType(StrEnum):
    DATA = "data"
    EXPORT = "export"
    IMAGE = "image"
    ISO = "iso"
    VOLUME = "volume"
    MANAGED_BLOCK_STORAGE = "managed_block_storage"


GIB = 1 << 30
MOST_INTEGER = (1 << 31) - 1  # Java's


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageDomain:
    """Every node of the data center mounts it by its id. Sizes are None until a node has mounted it. `master` marks the
    one that oVirt calls so; `hosted_engine` the one with the engine's own disks, on which the engine makes none. With
    no more than `critical_space_gib` free nothing is made on it; less than `warning_low_space_percent` of its size is
    told."""

    id: str
    name: Annotated[str, Field("name", search="name", length=250, rule=name_rule())]
    data_center_id: Annotated[str | None, Reference(search="datacenter", to="data_centers")]
    storage_connection_id: Annotated[str, Reference(to="storage_connections")]
    description: Annotated[str, Field("description", search="description", length=4000)] = ""
    comment: Annotated[str, Field("comment", search="comment", length=4000)] = ""
    type: Annotated[StorageDomainType, Field("type", settable=Settable.ON_ADD)] = StorageDomainType.DATA
    status: Annotated[StorageDomainStatus, Field(search=("status", "shared_status"))] = StorageDomainStatus.UNKNOWN
    size_bytes: Annotated[int | None, Field(search="total_size", unit=GIB)] = None
    free_bytes: Annotated[int | None, Field("available", settable=Settable.NEVER, search="free_size", unit=GIB)] = None
    warning_low_space_percent: Annotated[
        int, Field("warning_low_space_indicator", search="low_space_threshold", least=0, most=100)
    ] = 10
    critical_space_gib: Annotated[
        int, Field("critical_space_action_blocker", search="critical_space_threshold", least=0, most=MOST_INTEGER)
    ] = 5
    master: Annotated[bool, Field("master", settable=Settable.NEVER)] = False
    hosted_engine: bool = False


@dataclass(frozen=True, slots=True)
class ObservedStorage:
    """What was wrong with the site's storage when it was told last, so that an engine that starts anew tells only what
    has changed. There is one, with the id SEEN_STORAGE."""

    id: str
    problems: tuple[StateProblem, ...]


OBSERVED_STORAGE = "storage"
