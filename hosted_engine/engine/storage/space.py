"""How little is free on a storage domain, and when that is told. Pure."""

from enum import IntEnum

from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.storage.model import GIB, StorageDomain


class SpaceLevel(IntEnum):
    ENOUGH = 0
    LOW = 1
    CRITICAL = 2


_EVENTS = {
    SpaceLevel.LOW: EventType.IRS_DISK_SPACE_LOW,
    SpaceLevel.CRITICAL: EventType.IRS_DISK_SPACE_LOW_ERROR,
}


def level(domain: StorageDomain) -> SpaceLevel:
    """As oVirt counts: the blocker is in GiB, the indicator in percent of the size."""
    free, size = domain.free_bytes, domain.size_bytes
    if free is None:
        return SpaceLevel.ENOUGH
    if free <= domain.critical_space_gib * GIB:
        return SpaceLevel.CRITICAL
    if size is not None and free * 100 < domain.warning_low_space_percent * size:
        return SpaceLevel.LOW
    return SpaceLevel.ENOUGH


def event_of_space(before: StorageDomain, after: StorageDomain) -> EventType | None:
    """Told when it gets worse."""
    return _EVENTS[level(after)] if level(after) > level(before) else None
