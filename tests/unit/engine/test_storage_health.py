"""What the state of the storage means for storage domains, hosts and whoever reads events."""

from dataclasses import replace

import pytest

from gluster.diagnosis.problem import Kind
from gluster.model import VolumeStatus
from gluster.report import StorageReport, make_report
from gluster.state import PoolState
from hosted_engine.engine.events.model import Event
from hosted_engine.engine.storage.health import (
    FILL,
    ExternalStatus,
    emit_changes,
    known_after,
    note_changes,
    status_of_domain,
    status_of_server,
    status_of_volume,
)
from hosted_engine.engine.storage.model import StorageDomain, StorageDomainStatus
from hosted_engine.engine.storage.presence import observe_domains
from hosted_engine.engine.storageconnections.model import StorageConnection
from tests.fakes.engine import DATA_ID, World, node_id
from tests.fakes.pool import GIB, with_brick
from tests.unit.gluster.test_diagnosis import CASES, WHOLE, disconnected, filled, rejected, volume

NO_ANSWER = PoolState(server="node1", answered=False, reason="Connection failed")


def events(world: World, before: StorageReport | None, after: PoolState) -> list[Event]:
    """Those that the change makes, the oldest first."""
    with world.store.transaction() as tx:
        last = max((event.id for event in tx.events.list()), default=0)
        emit_changes(tx, before.problems if before is not None else (), make_report(after), world.now)
        return list(reversed(tx.events.list(after=last)))


def named(found: list[Event]) -> list[tuple[str, int, str]]:
    return sorted((event.name, event.code, event.severity.value) for event in found)


def test_a_brick_that_ends_is_an_alert_once_and_its_return_is_told() -> None:
    world, down = World(), with_brick(WHOLE, 1, online=False)
    (alert,) = events(world, None, down)
    assert (alert.name, alert.code, alert.severity) == ("GLUSTER_BRICK_STATUS_DOWN", 4151, "alert")
    assert (alert.storage_domain_id, alert.node_id) == (DATA_ID, node_id(2))
    assert "node2:/gluster/data/brick" in alert.description
    assert "gluster volume start data force" in alert.description
    assert events(world, make_report(down), down) == []
    back = events(world, make_report(down), WHOLE)
    assert [event.name for event in back] == ["GLUSTER_BRICK_STATUS_CHANGED", "EXTERNAL_EVENT_NORMAL"]
    assert "whole again" in back[-1].description
    assert events(world, make_report(WHOLE), WHOLE) == []


def events_after(world: World, state: PoolState) -> list[str]:
    """As the watch of the storage does it, in one transaction."""
    report = make_report(state)
    world.readings.storage = report
    with world.store.transaction() as tx:
        last = max((event.id for event in tx.events.list()), default=0)
        note_changes(tx, report, world.now)
        observe_domains(tx, world.readings, world.now)
        return [event.name for event in reversed(tx.events.list(after=last)) if event.storage_domain_id == DATA_ID]


def test_a_domain_that_fills_is_told_once_at_each_step() -> None:
    world = World()
    with world.store.transaction() as tx:
        domain = tx.storage_domains.get(DATA_ID)
        assert domain is not None
        tx.storage_domains.update(replace(domain, critical_space_gib=0))
    assert events_after(world, WHOLE) == []
    assert events_after(world, filled(22 * GIB // 10)) == []
    assert events_after(world, filled(21 * GIB // 10)) == ["IRS_DISK_SPACE_LOW"]
    assert events_after(world, filled(11 * GIB // 10)) == ["IRS_DISK_SPACE_LOW_ERROR"]
    assert events_after(world, filled(0)) == ["IRS_DISK_SPACE_LOW_ERROR"]
    assert events_after(world, WHOLE) == ["EXTERNAL_EVENT_NORMAL"]


def test_a_volume_of_another_pool_is_not_the_one_of_that_name() -> None:
    """Neither its state nor its size is that of the site's."""
    world, stopped = World(), make_report(volume(WHOLE, status=VolumeStatus.STOPPED))
    world.readings.storage = stopped
    with world.store.transaction() as tx:
        own = tx.storage_domains.get(DATA_ID)
        assert own is not None
        connection = tx.of(StorageConnection).get(own.storage_connection_id)
        assert connection is not None
        other = replace(connection, id="theirs", address="nas", mount_options="")
        tx.of(StorageConnection).add(other)
        theirs = replace(own, id="theirs", name="theirs", storage_connection_id="theirs", master=False)
        tx.storage_domains.add(theirs)
        assert status_of_domain(stopped, own, connection) is ExternalStatus.FAILURE
        assert status_of_domain(stopped, theirs, other) is ExternalStatus.OK
        note_changes(tx, stopped, world.now)
        told = {event.storage_domain_id for event in tx.events.list() if event.code == 4040}
        assert told == {own.id}


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (
            "a server is lost",
            [("GLUSTER_BRICK_STATUS_DOWN", 4151, "alert"), ("GLUSTER_SERVER_STATUS_DISCONNECTED", 4163, "alert")],
        ),
        ("a mount on another node lacks a brick", [("EXTERNAL_EVENT_WARNING", 9802, "warning")]),
        ("a server has another line of configuration", [("EXTERNAL_EVENT_ERROR", 9803, "error")]),
        ("entries are in split-brain", [("EXTERNAL_EVENT_ERROR", 9803, "error")]),
        ("entries wait to be healed", [("EXTERNAL_EVENT_WARNING", 9802, "warning")]),
        ("nobody counts what waits", [("GLUSTER_VOLUME_HEAL_REFRESH_FAILED", 4174, "error")]),
        ("gluster says nothing", [("GLUSTER_SERVERS_LIST_FAILED", 4437, "error")]),
        ("the volume is stopped", [("GLUSTER_VOLUME_STOPPED_FROM_CLI", 4040, "warning")]),
    ],
)
def test_events_have_ovirts_codes(case: str, expected: list[tuple[str, int, str]]) -> None:
    assert named(events(World(), make_report(WHOLE), CASES[case][0]())) == expected


@pytest.mark.parametrize("case", CASES)
def test_every_problem_makes_an_event_and_its_end_one_at_most_for_each_thing(case: str) -> None:
    world, state = World(), CASES[case][0]()
    report = make_report(state)
    of_the_domain = [problem for problem in report.problems if problem.kind in FILL]
    assert len(events(world, None, state)) == len(report.problems) - len(of_the_domain)
    assert events(world, report, state) == []
    ended = [event.name for event in events(world, report, WHOLE)]
    assert ended.count("EXTERNAL_EVENT_NORMAL") == len({problem.volume for problem in report.problems})


def test_where_nothing_can_be_said_nothing_is_told_as_whole() -> None:
    world, down = World(), make_report(with_brick(WHOLE, 1, online=False))
    (event,) = events(world, down, NO_ANSWER)
    assert event.name == "GLUSTER_SERVERS_LIST_FAILED"
    known = known_after(down.problems, make_report(NO_ANSWER))
    assert {problem.kind for problem in known} == {Kind.GLUSTER_UNREACHABLE, Kind.BRICK_OFFLINE}
    still = replace(down, problems=known)
    assert [event.name for event in events(world, still, down.state)] == ["EXTERNAL_EVENT_NORMAL"]
    assert known_after(known, down) == down.problems


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (WHOLE, ExternalStatus.OK),
        (with_brick(WHOLE, 1, online=False), ExternalStatus.WARNING),
        (disconnected(WHOLE, "node3"), ExternalStatus.WARNING),
        (disconnected(WHOLE, "node2", "node3"), ExternalStatus.FAILURE),
        (rejected(WHOLE, "node2"), ExternalStatus.ERROR),
        (filled(11 * GIB // 10), ExternalStatus.ERROR),
        (filled(0), ExternalStatus.FAILURE),
        (volume(WHOLE, status=VolumeStatus.STOPPED), ExternalStatus.FAILURE),
        (volume(WHOLE, status=VolumeStatus.UNKNOWN), ExternalStatus.WARNING),
        (NO_ANSWER, ExternalStatus.WARNING),
    ],
)
def test_the_external_status_of_a_storage_domain(state: PoolState, expected: ExternalStatus) -> None:
    assert status_of_volume(make_report(state), "data") is expected


def test_before_the_first_look_nothing_is_said_to_be_well() -> None:
    assert status_of_volume(None, "data") is ExternalStatus.INFO
    assert status_of_server(None, "node1") is ExternalStatus.INFO


def test_the_external_status_of_a_host_is_that_of_what_it_has() -> None:
    report = make_report(with_brick(WHOLE, 1, online=False))
    assert status_of_server(report, "node2") is ExternalStatus.WARNING
    assert status_of_server(report, "node1") is ExternalStatus.OK
    assert status_of_volume(report, "engine") is ExternalStatus.OK


def domain_after(state: PoolState) -> StorageDomain:
    world = World()
    world.readings.storage = make_report(state)
    with world.store.transaction() as tx:
        observe_domains(tx, world.readings, world.now)
        domain = tx.storage_domains.get(DATA_ID)
    assert domain is not None
    return domain


def test_a_domain_whose_volume_cannot_be_written_is_inactive() -> None:
    assert domain_after(WHOLE).status is StorageDomainStatus.ACTIVE
    assert domain_after(with_brick(WHOLE, 1, online=False)).status is StorageDomainStatus.ACTIVE
    two_down = with_brick(with_brick(WHOLE, 1, online=False), 2, online=False)
    assert domain_after(two_down).status is StorageDomainStatus.INACTIVE
    assert domain_after(volume(WHOLE, status=VolumeStatus.STOPPED)).status is StorageDomainStatus.INACTIVE
    assert domain_after(NO_ANSWER).status is StorageDomainStatus.ACTIVE


def test_what_fits_on_a_domain_is_what_its_smallest_brick_says() -> None:
    domain = domain_after(filled(5 * GIB))
    assert domain.size_bytes == 10 * GIB
    assert domain.free_bytes == filled(5 * GIB).volumes[0].free_bytes
    assert domain.free_bytes is not None
    assert domain.free_bytes < 5 * GIB
