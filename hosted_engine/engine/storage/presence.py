"""The state of a storage domain, from what the nodes that are up have mounted. Pure."""

from dataclasses import replace

from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.nodes.readings import Reading, Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.storage.health import cannot_be_used
from hosted_engine.engine.storage.model import GIB, StorageDomain, StorageDomainStatus
from hosted_engine.engine.storage.space import event_of_space, level
from hosted_engine.engine.storage.volumes import volume_of
from hosted_engine.engine.storageconnections.model import StorageConnection
from hosted_engine.engine.vms.lifecycle import system

MISSING_S = 60.0  # a Gluster volume does not answer for a while when a server has died: nothing is wrong with it
WORTH_WRITING = 0.01  # of the size: smaller changes of the free space are not written down

ACTIVE, INACTIVE, UNKNOWN = StorageDomainStatus.ACTIVE, StorageDomainStatus.INACTIVE, StorageDomainStatus.UNKNOWN


def observe_domains(tx: Transaction, readings: Readings, now: float) -> None:
    """Active while a node that is up has it, inactive when none has had it for a minute or it cannot be written
    or is not started, unknown while none is up. What fits on it is what its smallest brick says, where that is known:
    statvfs asks one."""
    up = [readings.of(node.id) for node in tx.nodes.list(status=NodeStatus.UP)]
    domains = tx.storage_domains.list(status=(ACTIVE, INACTIVE, UNKNOWN))
    connections = tx.of(StorageConnection).find([domain.storage_connection_id for domain in domains])
    pool = readings.storage.state if readings.storage is not None else None
    for domain in domains:
        volume = volume_of(pool, connections[domain.storage_connection_id])
        changed = _observe(domain, volume, up, readings, now)
        if changed.status is not domain.status or _moved(domain, changed) or level(changed) is not level(domain):
            tx.storage_domains.update(changed)
        if (kind := event_of_space(domain, changed, is_volume=bool(volume))) is not None:
            emit(tx, system(now), kind, domain=changed, space=f"{(changed.free_bytes or 0) // GIB} GB")
        if (domain.status, changed.status) == (ACTIVE, INACTIVE):
            emit(tx, system(now), EventType.SYSTEM_DEACTIVATED_STORAGE_DOMAIN, domain=changed)
        elif changed.status is ACTIVE and domain.status is INACTIVE:
            emit(tx, system(now), EventType.USER_ACTIVATED_STORAGE_DOMAIN, domain=changed)


def _observe(domain: StorageDomain, volume: str, up: list[Reading], readings: Readings, now: float) -> StorageDomain:
    mounts = [
        mount for reading in up for mount in reading.mounts if mount.storage_domain == domain.id and mount.mounted
    ]
    if not up:
        readings.not_missing(domain.id)
        return replace(domain, status=UNKNOWN)
    if not mounts:
        return replace(domain, status=INACTIVE) if readings.missing_s(domain.id, now) >= MISSING_S else domain
    readings.not_missing(domain.id)
    if volume and cannot_be_used(readings.storage, volume):
        return replace(domain, status=INACTIVE)
    known = readings.storage.state.volume(volume) if volume and readings.storage is not None else None
    if known is not None and known.size_bytes is not None and known.free_bytes is not None:
        return replace(domain, status=ACTIVE, size_bytes=known.size_bytes, free_bytes=known.free_bytes)
    sized = next((mount for mount in mounts if mount.size_bytes is not None), None)
    if sized is None:
        return replace(domain, status=ACTIVE)
    return replace(domain, status=ACTIVE, size_bytes=sized.size_bytes, free_bytes=sized.free_bytes)


def _moved(before: StorageDomain, after: StorageDomain) -> bool:
    if before.size_bytes != after.size_bytes or before.free_bytes is None or after.free_bytes is None:
        return before.size_bytes != after.size_bytes or before.free_bytes != after.free_bytes
    return abs(before.free_bytes - after.free_bytes) > WORTH_WRITING * (after.size_bytes or 1)
