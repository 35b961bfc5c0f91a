"""The mark that lets trivet-ha run after every boot, and its unit now."""

from pathlib import Path

import pytest

from node.api.messages.ha import HaReport
from node.ha_service import LOCAL_MAINTENANCE, MARK, UNIT, HaService
from node.system.process import CommandFailed


class FakeSystemd:
    """As systemctl; `state` is the unit's."""

    def __init__(self, state: str = "inactive") -> None:
        self.state = state
        self.told: list[str] = []

    def __call__(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        _, verb, unit = argv
        assert unit == UNIT
        if verb == "is-active":
            if self.state == "active":
                return "active\n"
            raise CommandFailed(argv, "", status=3, stdout=f"{self.state}\n")
        self.told.append(verb)
        self.state = {"start": "active", "stop": "inactive"}[verb]
        return ""


def test_it_is_let_run_for_good_and_once(tmp_path: Path) -> None:
    systemd = FakeSystemd()
    service = HaService(systemd, tmp_path / "ha")
    assert service.look() == HaReport(keeps=False, active=False)
    for _ in range(2):
        assert service.keep() == HaReport(keeps=True, active=True)
    assert systemd.told == ["start"]
    assert (tmp_path / "ha" / MARK).exists()


def test_it_is_released_for_good_and_once(tmp_path: Path) -> None:
    systemd = FakeSystemd()
    service = HaService(systemd, tmp_path / "ha")
    service.keep()
    (tmp_path / "ha" / LOCAL_MAINTENANCE).touch()
    for _ in range(2):
        assert service.release() == HaReport(keeps=False, active=False)
    assert systemd.told == ["start", "stop"]
    assert list((tmp_path / "ha").iterdir()) == []


@pytest.mark.parametrize("state", ["activating", "deactivating", "reloading"])
def test_one_that_is_being_started_anew_is_stopped(tmp_path: Path, state: str) -> None:
    systemd = FakeSystemd(state)
    HaService(systemd, tmp_path / "ha").release()
    assert systemd.told == ["stop"]


def test_one_that_ended_by_itself_is_started_again(tmp_path: Path) -> None:
    systemd = FakeSystemd()
    service = HaService(systemd, tmp_path / "ha")
    service.keep()
    systemd.state = "failed"
    assert service.look() == HaReport(keeps=True, active=False)
    assert service.keep().active
