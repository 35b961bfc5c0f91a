"""What the state of the storage means for domains, hosts and whoever reads events; pure."""

from collections.abc import Sequence
from enum import StrEnum

from gluster.diagnosis.problem import Health, Kind, StateProblem
from gluster.report import StorageReport
from gluster.state import PoolState
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.storage.model import OBSERVED_STORAGE, ObservedStorage, StorageDomain, StorageDomainStatus
from hosted_engine.engine.storage.volumes import volume_of
from hosted_engine.engine.storageconnections.model import StorageConnection, StorageType
from hosted_engine.engine.vms.lifecycle import system

UNUSABLE = frozenset({Kind.VOLUME_WITHOUT_QUORUM, Kind.VOLUME_NOT_STARTED})
FILL = frozenset({Kind.VOLUME_FILLING, Kind.VOLUME_ALMOST_FULL, Kind.VOLUME_FULL})


class ExternalStatus(StrEnum):
    """oVirt's words for how well something is that works by its own account. INFO: nobody has looked yet."""

    OK = "ok"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    FAILURE = "failure"


_EVENTS = {
    Kind.GLUSTER_UNREACHABLE: EventType.GLUSTER_SERVERS_LIST_FAILED,
    Kind.PEER_DISCONNECTED: EventType.GLUSTER_SERVER_STATUS_DISCONNECTED,
    Kind.VOLUME_NOT_STARTED: EventType.GLUSTER_VOLUME_STOPPED_FROM_CLI,
    Kind.VOLUME_FILLING: EventType.IRS_DISK_SPACE_LOW,
    Kind.VOLUME_ALMOST_FULL: EventType.IRS_DISK_SPACE_LOW_ERROR,
    Kind.VOLUME_FULL: EventType.IRS_DISK_SPACE_LOW_ERROR,
    Kind.VOLUME_FILL_UNKNOWN: EventType.GLUSTER_VOLUME_DETAILS_REFRESH_FAILED,
    Kind.VOLUME_UNKNOWN: EventType.GLUSTER_VOLUME_DETAILS_REFRESH_FAILED,
    Kind.BRICK_UNKNOWN: EventType.GLUSTER_VOLUME_DETAILS_REFRESH_FAILED,
    Kind.CLIENTS_UNKNOWN: EventType.GLUSTER_VOLUME_DETAILS_REFRESH_FAILED,
    Kind.HEAL_UNKNOWN: EventType.GLUSTER_VOLUME_HEAL_REFRESH_FAILED,
} | dict.fromkeys(
    (
        Kind.BRICK_OFFLINE,
        Kind.BRICK_UNREACHABLE,
        Kind.BRICK_NOT_MOUNTED,
        Kind.BRICK_MISSING,
        Kind.BRICK_EMPTY,
        Kind.BRICK_OF_OTHER_VOLUME,
    ),
    EventType.GLUSTER_BRICK_STATUS_DOWN,
)


_PLAIN = {StorageDomainStatus.ACTIVE: ExternalStatus.OK, StorageDomainStatus.INACTIVE: ExternalStatus.FAILURE}


def cannot_be_used(report: StorageReport | None, volume: str) -> bool:
    """Whether `volume` is known to take no writes."""
    found = report.problems if report is not None else ()
    return any(one.kind in UNUSABLE and one.health is Health.BROKEN for one in found if one.volume == volume)


def status_of_domain(
    report: StorageReport | None, domain: StorageDomain, connection: StorageConnection | None
) -> ExternalStatus:
    """Storage that is not the site's own says nothing of itself: it is as well as the nodes can use it."""
    volume = volume_of(report.state if report else None, connection) if connection else ""
    return status_of_volume(report, volume) if volume else _PLAIN.get(domain.status, ExternalStatus.INFO)


def status_of_volume(report: StorageReport | None, volume: str) -> ExternalStatus:
    """What nobody can say is a warning, never ok."""
    if report is None:
        return ExternalStatus.INFO
    return _status(tuple(one for one in report.problems if one.volume in ("", volume)))


def status_of_server(report: StorageReport | None, server: str) -> ExternalStatus:
    """Of a host, as far as it serves storage or uses it."""
    if report is None:
        return ExternalStatus.INFO
    return _status(tuple(one for one in report.problems if one.server == server))


def _status(found: tuple[StateProblem, ...]) -> ExternalStatus:
    if any(one.kind in UNUSABLE | {Kind.VOLUME_FULL} and one.health is Health.BROKEN for one in found):
        return ExternalStatus.FAILURE
    if any(one.health is Health.BROKEN or one.kind is Kind.VOLUME_ALMOST_FULL for one in found):
        return ExternalStatus.ERROR
    return ExternalStatus.WARNING if found else ExternalStatus.OK


def note_changes(tx: Transaction, report: StorageReport, now: float) -> None:
    """Tell what has changed since the last report, of an earlier engine process too, and remember this one."""
    seen = tx.observed_storage.get(OBSERVED_STORAGE)
    before = seen.problems if seen is not None else ()
    emit_changes(tx, before, report, now)
    known = ObservedStorage(OBSERVED_STORAGE, known_after(before, report))
    if seen is None:
        tx.observed_storage.add(known)
    elif {problem.key for problem in before} != {problem.key for problem in known.problems}:
        tx.observed_storage.update(known)


def emit_changes(tx: Transaction, before: Sequence[StateProblem], after: StorageReport, now: float) -> None:
    """An event for each problem that is new, for each brick that runs again, and one for each volume, or the servers,
    of which nothing is wrong any more."""
    old = {problem.key: problem for problem in before}
    new = {problem.key: problem for problem in after.problems}
    for key in new.keys() - old.keys():
        _emit(tx, new[key], after.state, now)
    if not after.state.answered:
        return
    for key in old.keys() - new.keys():
        _emit_brick_up(tx, old[key], after.state, now)
    still = {problem.volume for problem in after.problems}
    for volume in sorted({problem.volume for problem in old.values()} - still):
        what = f"volume {volume}" if volume else "the Gluster servers"
        reason = f"The storage is whole again as far as {what} goes."
        emit(tx, system(now), EventType.EXTERNAL_EVENT_NORMAL, domain=_domain(tx, volume, after.state), reason=reason)


def known_after(before: Sequence[StateProblem], report: StorageReport) -> tuple[StateProblem, ...]:
    """What is known once `report` has come: where it could say nothing, what was wrong is taken to be so still."""
    if report.state.answered:
        return report.problems
    there = {problem.key for problem in report.problems}
    return (*report.problems, *(problem for problem in before if problem.key not in there))


def _emit(tx: Transaction, problem: StateProblem, state: PoolState, now: float) -> None:
    """How full a storage domain's volume is is told with the domain (`space.event_of_space`)."""
    domain = _domain(tx, problem.volume, state)
    if domain is not None and problem.kind in FILL:
        return
    broken = problem.health is Health.BROKEN
    type_ = _EVENTS.get(problem.kind, EventType.EXTERNAL_EVENT_ERROR if broken else EventType.EXTERNAL_EVENT_WARNING)
    volume = state.volume(problem.volume)
    free_bytes = volume.free_bytes if volume is not None else None
    emit(
        tx,
        system(now),
        type_,
        node=_node(tx, problem.server),
        domain=domain,
        brick=problem.brick,
        volume=problem.volume,
        server=problem.server,
        space=f"{(free_bytes or 0) / (1 << 30):.1f} GiB",
        reason=f"{problem.what}: {problem.why}. {problem.mend}.",
    )


def _emit_brick_up(tx: Transaction, problem: StateProblem, state: PoolState, now: float) -> None:
    volume = state.volume(problem.volume)
    bricks = volume.bricks if volume is not None else ()
    if _EVENTS.get(problem.kind) is EventType.GLUSTER_BRICK_STATUS_DOWN and any(
        brick.online and str(brick.where) == problem.brick for brick in bricks
    ):
        emit(
            tx,
            system(now),
            EventType.GLUSTER_BRICK_STATUS_CHANGED,
            node=_node(tx, problem.server),
            domain=_domain(tx, problem.volume, state),
            brick=problem.brick,
            volume=problem.volume,
        )


def _node(tx: Transaction, server: str) -> Node | None:
    found = tx.nodes.list(hostname=server) if server else ()
    return found[0] if found else None


def _domain(tx: Transaction, volume: str, pool: PoolState) -> StorageDomain | None:
    connections = tx.of(StorageConnection).list(type=StorageType.GLUSTERFS) if volume else ()
    ids = [one.id for one in connections if volume_of(pool, one) == volume]
    found = tx.storage_domains.list(storage_connection_id=ids) if ids else ()
    return found[0] if found else None
