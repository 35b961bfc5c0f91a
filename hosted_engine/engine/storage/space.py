"""How little is free on a storage domain, and when that is told. Pure."""

from enum import IntEnum

from gluster.diagnosis.volumes import ALMOST_FULL_PERCENT, FILLING_PERCENT, FULL_PERCENT
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.storage.model import GIB, StorageDomain


class SpaceLevel(IntEnum):
    ENOUGH = 0
    LOW = 1
    CRITICAL = 2
    FULL = 3


_EVENTS = {
    SpaceLevel.LOW: EventType.IRS_DISK_SPACE_LOW,
    SpaceLevel.CRITICAL: EventType.IRS_DISK_SPACE_LOW_ERROR,
    SpaceLevel.FULL: EventType.IRS_DISK_SPACE_LOW_ERROR,
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


def event_of_space(before: StorageDomain, after: StorageDomain, *, is_volume: bool) -> EventType | None:
    """Told when it gets worse: by the domain's own settings and, where it is a volume of the site (`is_volume`), by how
    full that is, too."""
    was, now = (max(level(one), fill_level(one) if is_volume else SpaceLevel.ENOUGH) for one in (before, after))
    return _EVENTS[now] if now > was else None


def fill_level(domain: StorageDomain) -> SpaceLevel:
    """As the diagnosis of volumes counts."""
    if not domain.size_bytes or domain.free_bytes is None:
        return SpaceLevel.ENOUGH
    percent = 100 * (domain.size_bytes - domain.free_bytes) // domain.size_bytes
    if percent >= FULL_PERCENT:
        return SpaceLevel.FULL
    if percent >= ALMOST_FULL_PERCENT:
        return SpaceLevel.CRITICAL
    return SpaceLevel.LOW if percent >= FILLING_PERCENT else SpaceLevel.ENOUGH
