"""A brick that ends is told by everything that tells of storage, and so is its return: one look, used by all."""

import msgspec
import ovirtsdk4 as sdk
import pytest

from gluster.diagnosis.problem import Health, Kind
from gluster.report import EXIT_STATUS, StorageReport
from hosted_engine.engine.events.types import EventType
from tests.conformance.outside import until
from tests.conformance.test_sdk import connect
from tests.lab.under_test import LabUnderTest

SOON_S = 120.0  # looks are 10 s apart and take seconds on a busy machine; it is told within some 15 s
WHOLE_S = 300.0  # what an earlier test did to the storage may have to be healed
VOLUME = "data"
DOWN, CHANGED, WHOLE = "GLUSTER_BRICK_STATUS_DOWN", "GLUSTER_BRICK_STATUS_CHANGED", "whole again"


def report_of(lab: LabUnderTest, node: str) -> StorageReport:
    """What `trivet gluster status` says there; its exit status has to say the same."""
    done = lab.node(node).exec("trivet", "gluster", "status", "--json", VOLUME, timeout_s=90, check=False)
    report = msgspec.json.decode(done.stdout, type=StorageReport)
    assert done.returncode == EXIT_STATUS[report.health]
    return report


@pytest.mark.timeout(900)
def test_a_brick_that_is_killed_is_told_everywhere_and_so_is_its_return(lab: LabUnderTest) -> None:
    killed, beside = lab.nodes[-1], lab.nodes[0]
    until("the volume is whole", lambda: report_of(lab, beside).health is Health.WHOLE, timeout_s=WHOLE_S, every_s=2)
    with connect(lab) as connection:
        system = connection.system_service()
        until("the API knows", lambda: external_status(system) == "ok", timeout_s=SOON_S)
        last = newest(system)
        brick, pid = brick_of(report_of(lab, beside), killed)
        lab.exec(killed, "kill", "-9", str(pid))
        try:
            until("the node beside sees it", lambda: brick_is_lost(report_of(lab, beside), brick), timeout_s=SOON_S)
            volume = next(one for one in lab.status().volumes if one.name == VOLUME)
            assert (volume.health, volume.bricks_online, volume.bricks) == (Health.DEGRADED, 2, 3)
            until("the API tells it", lambda: has_event(system, last, DOWN, brick), timeout_s=SOON_S)
            assert external_status(system) == "warning"
        finally:
            lab.exec(beside, "gluster", "--mode=script", "volume", "start", VOLUME, "force", timeout_s=120)
        until("it is whole", lambda: report_of(lab, beside).health is Health.WHOLE, timeout_s=SOON_S)
        until("the API tells that, too", lambda: has_event(system, last, CHANGED, brick), timeout_s=SOON_S)
        until("the API knows the volume whole", lambda: external_status(system) == "ok", timeout_s=SOON_S)
        assert has_event(system, last, "EXTERNAL_EVENT_NORMAL", WHOLE)
        assert len(named(system, last, DOWN)) == 1


def brick_of(report: StorageReport, node: str) -> tuple[str, int]:
    """The brick of the volume on that node, and its process."""
    volume = report.state.volume(VOLUME)
    assert volume is not None
    brick = next(brick for brick in volume.bricks if brick.where.server == node)
    assert brick.pid is not None
    return str(brick.where), brick.pid


def brick_is_lost(report: StorageReport, brick: str) -> bool:
    return any(problem.kind is Kind.BRICK_OFFLINE and problem.brick == brick for problem in report.problems)


def external_status(system: sdk.services.SystemService) -> str:
    domains = system.storage_domains_service().list(search=f"name={VOLUME}")
    return str(domains[0].external_status.value)


def newest(system: sdk.services.SystemService) -> int:
    return int(system.events_service().list(max=1)[0].id)


def named(system: sdk.services.SystemService, after: int, name: str) -> list[str]:
    """Descriptions of the events of that name that came after `after`."""
    code = EventType[name].code
    return [event.description for event in system.events_service().list(from_=after) if event.code == code]


def has_event(system: sdk.services.SystemService, after: int, name: str, word: str) -> bool:
    return any(word in description for description in named(system, after, name))
