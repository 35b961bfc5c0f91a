"""The mark that lets trivet-ha run after every boot, and its unit now."""

from pathlib import Path

import msgspec
import pytest

from node.api.messages.ha import HaReport, MaintenanceRequest
from node.ha_service import FRESH_S, LOCAL_MAINTENANCE, MARK, UNIT, HaService, begin_maintenance, end_maintenance
from node.system.process import CommandFailed
from tests.fakes.clock import FakeClock


class FakeSystemd:
    """As systemctl; `state` is the unit's."""

    def __init__(self, state: str = "inactive") -> None:
        self.state = state
        self.calls: list[str] = []

    def __call__(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        _, verb, unit = argv
        assert unit == UNIT
        if verb == "is-active":
            if self.state == "active":
                return "active\n"
            raise CommandFailed(argv, "", status=3, stdout=f"{self.state}\n")
        self.calls.append(verb)
        self.state = {"start": "active", "stop": "inactive"}[verb]
        return ""


def service_of(systemd: FakeSystemd, tmp_path: Path, clock: FakeClock | None = None) -> HaService:
    return HaService(systemd, tmp_path / "ha", clock or FakeClock(), tmp_path / "status.json")


def unit(report: HaReport) -> tuple[bool, bool]:
    return report.configured, report.active


def test_it_is_let_run_for_good_and_once(tmp_path: Path) -> None:
    systemd = FakeSystemd()
    service = service_of(systemd, tmp_path)
    assert unit(service.ha()) == (False, False)
    for _ in range(2):
        assert unit(service.deploy_hosted_engine()) == (True, True)
    assert systemd.calls == ["start"]
    assert (tmp_path / "ha" / MARK).exists()


def test_it_is_released_for_good_and_once(tmp_path: Path) -> None:
    systemd = FakeSystemd()
    service = service_of(systemd, tmp_path)
    service.deploy_hosted_engine()
    (tmp_path / "ha" / LOCAL_MAINTENANCE).touch()
    for _ in range(2):
        assert unit(service.undeploy_hosted_engine()) == (False, False)
    assert systemd.calls == ["start", "stop"]
    assert list((tmp_path / "ha").iterdir()) == []


@pytest.mark.parametrize("state", ["activating", "deactivating", "reloading"])
def test_one_that_is_being_started_anew_is_stopped(tmp_path: Path, state: str) -> None:
    systemd = FakeSystemd(state)
    service_of(systemd, tmp_path).undeploy_hosted_engine()
    assert systemd.calls == ["stop"]


def test_one_that_ended_by_itself_is_started_again(tmp_path: Path) -> None:
    systemd = FakeSystemd()
    service = service_of(systemd, tmp_path)
    service.deploy_hosted_engine()
    systemd.state = "failed"
    assert unit(service.ha()) == (True, False)
    assert service.deploy_hosted_engine().active


def test_a_maintenance_lies_on_the_disk_with_its_reason_and_outlives_the_agent(tmp_path: Path) -> None:
    service = service_of(FakeSystemd(), tmp_path)
    for reason in ("a new disk", ""):
        report = service.begin_maintenance(MaintenanceRequest(reason=reason))
        assert (report.maintenance, report.reason) == (True, reason)
        assert service_of(FakeSystemd(), tmp_path).ha() == report
    for _ in range(2):
        assert not service.end_maintenance().maintenance
    assert not (tmp_path / "ha" / LOCAL_MAINTENANCE).exists()


def test_a_maintenance_that_the_command_line_began_is_the_same_one(tmp_path: Path) -> None:
    service = service_of(FakeSystemd(), tmp_path)
    begin_maintenance(tmp_path / "ha", "by hand")
    assert service.ha().reason == "by hand"
    service.begin_maintenance(MaintenanceRequest(reason="by the API"))
    end_maintenance(tmp_path / "ha")
    assert not service.ha().maintenance


def test_the_word_of_trivet_ha_counts_while_it_is_fresh(tmp_path: Path) -> None:
    clock = FakeClock()
    service = service_of(FakeSystemd("active"), tmp_path, clock)
    words = {"at": clock.now(), "decision": {"score": 3000, "state": "engine_down"}, "global_maintenance": False}
    (tmp_path / "status.json").write_bytes(msgspec.json.encode(words))
    assert (service.ha().score, service.ha().global_maintenance) == (3000, False)
    (tmp_path / "status.json").write_bytes(msgspec.json.encode(words | {"at": clock.now() - FRESH_S - 1}))
    assert (service.ha().score, service.ha().global_maintenance) == (None, None)
    (tmp_path / "status.json").write_bytes(b"{")
    assert service.ha().score is None
