"""`trivet ha fence` as a user types it: no password on the command line, in the output, or for others to read."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hosted_engine.ha import command_fence
from hosted_engine.ha.command import ha
from hosted_engine.ha.fence_agents import FenceAgents
from hosted_engine.ha.fence_file import read_fencing
from hosted_engine.ha.fence_settings import NAME, FenceDevice, FenceFileDamaged, FenceSettings, parse
from hosted_engine.ha.settings_file import format_settings
from hosted_engine.ha.site_files import format_files
from node import config
from node.config import Config
from tests.fakes.fence import FakeFencing, FakeMachine
from tests.unit.ha.test_actions import VM
from tests.unit.ha.test_command_status import SITE

SET = ("set", "node2", "--agent", "fence_redfish", "--address", "192.0.2.102", "--user", "fence")
URI = ("--option", "systems_uri=/redfish/v1/Systems/2")


@pytest.fixture
def machine() -> FakeMachine:
    return FakeMachine()


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: FakeMachine) -> Path:
    settings = Config(state=str(tmp_path), name="node1")
    folder, agents = settings.volumes / "engine/ha", tmp_path / "sbin"
    for made in (folder, agents):
        made.mkdir(parents=True)
    for name in ("fence_ipmilan", "fence_redfish"):
        (agents / name).touch()
    for name, text in format_files(SITE, VM).items():
        (folder / name).write_text(text)
    fake = FakeFencing({"192.0.2.102": machine}, {})
    monkeypatch.setattr(config, "load", lambda: settings)
    monkeypatch.setattr(command_fence, "FenceAgents", lambda run: FenceAgents(fake, agents))
    return folder / NAME


@pytest.fixture
def fd() -> Callable[[str], str]:
    """A file descriptor with a password, as a string."""

    def given(password: str) -> str:
        read, write = os.pipe()
        os.write(write, f"{password}\n".encode())
        os.close(write)
        return str(read)

    return given


def run(*arguments: str) -> Result:
    return CliRunner().invoke(ha, ["fence", *arguments])


def test_a_device_is_set_shown_without_its_password_tested_and_taken_away(
    path: Path, fd: Callable[[str], str], machine: FakeMachine
) -> None:
    done = run(*SET, *URI, "--password-fd", fd("hunter2"))
    assert done.exit_code == 0, done.output
    found = read_fencing(path).devices["node2"]
    assert (found.password, found.options, found.power_on) == ("hunter2", {"systems_uri": URI[1].split("=")[1]}, True)
    assert path.stat().st_mode & 0o777 == 0o600
    for output in (run("show").output, run("show", "--json").output, done.output):
        assert "192.0.2.102" in output
        assert "hunter2" not in output
    assert "node1: no fence device" in run("show").output
    assert run("test", "node2").output == "node2 is on\n"
    machine.is_on = False
    assert json.loads(run("test", "node2", "--json").output)["power"] == "off"
    assert run("off", "node2").exit_code == 0
    assert read_fencing(path) == FenceSettings()


def test_a_device_that_does_not_answer_is_said(path: Path, fd: Callable[[str], str], machine: FakeMachine) -> None:
    run(*SET, "--password-fd", fd("hunter2"))
    machine.answers = False
    done = run("test", "node2", "--json")
    assert done.exit_code == 1
    assert json.loads(done.output)["power"] == "unknown"


def test_what_is_not_given_stays_as_it_is(path: Path, fd: Callable[[str], str]) -> None:
    run(*SET, *URI, "--password-fd", fd("hunter2"))
    assert run("set", "node2", "--no-power-on", "--port", "4433", "--option", "power_timeout=10").exit_code == 0
    found = read_fencing(path).devices["node2"]
    assert (found.password, found.port, found.power_on, len(found.options)) == ("hunter2", 4433, False, 2)
    assert run("set", "node2", "--no-options", "--port", "0").exit_code == 0
    assert (read_fencing(path).devices["node2"].options, read_fencing(path).devices["node2"].port) == ({}, None)


def test_another_device_does_not_get_the_password(path: Path, fd: Callable[[str], str]) -> None:
    run(*SET, "--password-fd", fd("hunter2"))
    done = run("set", "node2", "--address", "192.0.2.66")
    assert done.exit_code == 1
    assert "The password of the fence device is needed" in done.output
    assert read_fencing(path).devices["node2"].address == "192.0.2.102"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--option", "flux=1"), "option flux is no parameter of fence_redfish"),
        (("--option", "ssl_insecure"), "option has to be NAME=VALUE"),
        (("--option", "password=x"), "looks like a secret"),
        (("--agent", "fence_apc"), "fence_apc is not on this node, which has fence_ipmilan, fence_redfish"),
        (("--agent", "../../bin/sh"), "has to be the name of a fence agent"),
        (("--address", "-x"), "address has to be a name or an address"),
        (("--port", "70000"), "port has to be 1 to 65535"),
        (("--authority", "/nowhere"), "authority cannot be read (/nowhere)"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(
    path: Path, fd: Callable[[str], str], arguments: tuple[str, ...], reason: str
) -> None:
    done = run(*SET, "--password-fd", fd("hunter2"), *arguments)
    assert done.exit_code == 1
    assert reason in done.output
    assert not path.exists()


def test_a_password_that_an_agent_would_not_read_as_it_is_is_refused(path: Path, fd: Callable[[str], str]) -> None:
    assert "the password has to be" in run(*SET, "--password-fd", fd(" hunter2")).output
    assert "the password has to be" in run(*SET, "--password-fd", fd('"hunter2"')).output
    assert "the password has to be" in run(*SET, "--password-fd", fd("a\naction=on")).output


def test_only_nodes_of_the_site_have_devices(path: Path) -> None:
    assert "There is no node node9 in the site" in run("set", "node9", *SET[2:]).output
    assert "Node node2 has no fence device" in run("test", "node2").output
    assert "Node node2 has no fence device" in run("off", "node2").output


def test_a_file_that_others_may_read_or_that_is_newer_is_not_used(path: Path) -> None:
    path.write_bytes(format_settings(FenceSettings(devices={"node2": FenceDevice(agent="fence_redfish", address="a")})))
    path.chmod(0o644)
    with pytest.raises(FenceFileDamaged, match="others may read it"):
        read_fencing(path)
    with pytest.raises(FenceFileDamaged, match="version 2"):
        parse(b'{"version": 2, "devices": {"node2": {"watts": 3}}}')
