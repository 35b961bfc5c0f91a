"""This machine is asked part by part; each says what it could not learn, and why, whatever else is broken."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hosted_engine.authority import make_authority
from installer.console.status_part import Watch
from installer.console.status_parts import all_status_parts
from node.config import Config
from node.system.process import CommandFailed
from tests.unit.installer.console.machine import FakeRun, Machine


def asked(machine: Machine, settings: Config | None = None) -> dict[str, str]:
    """What each part says."""
    found = {}
    for status_part in all_status_parts(lambda: settings or machine.settings, machine.run):
        watch = Watch(status_part)
        watch.ask_once()
        found[status_part.title] = "\n".join(watch.lines())
    return found


@pytest.fixture
def nobody(machine: Machine) -> Machine:
    """No agent listens."""
    machine.settings = Config(name="node1", state=machine.settings.state, port=1)
    machine.run.answers["systemctl is-active"] = CommandFailed(("systemctl",), "", status=3, stdout="failed\n")
    return machine


def test_an_unclaimed_node_whose_agent_is_dead(nobody: Machine) -> None:
    found = asked(nobody)
    assert "in no site yet" in found["Node"]
    assert nobody.world.nodes["node1"].host.claim_code in found["Node"]
    assert found["Agent"].startswith("! does not answer: ")
    assert found["Agent"].endswith("(trivet-node is failed)")
    assert found["Volumes"] == found["Engine"] == "none: this node is in no site yet"
    assert found["Certificates"].startswith("this node: until 2036-")
    assert "gateway" in found["Network"]


def test_a_member_without_gluster_volume_and_engine(nobody: Machine) -> None:
    (nobody.settings.own_folder / "ca.pem").write_text(make_authority("branch-7").certificate)
    found = asked(nobody)
    assert "member of site branch-7" in found["Node"]
    assert "claim" not in found["Node"]
    assert found["Volumes"].startswith("! storage is ")
    assert "! where it runs is unknown: volume engine: " in found["Engine"]
    assert "trivet-ha has decided nothing here" in found["Engine"]
    assert "the site: until" in found["Certificates"]
    assert "the engine: unknown, for it was not reached" in found["Certificates"]


def test_a_damaged_certificate_is_told_where_it_matters(nobody: Machine) -> None:
    (nobody.settings.own_folder / "cert.pem").write_text("not one")
    found = asked(nobody)
    assert found["Node"].startswith("! unknown: ")
    assert found["Certificates"].startswith("! unknown: ")
    assert not found["Network"].startswith("! unknown")


def test_a_configuration_with_a_mistake_leaves_the_network_to_be_seen() -> None:
    def settings() -> Config:
        raise tomllib.TOMLDecodeError("Invalid value (at line 3, column 8)")

    status_parts = {status_part.title: status_part for status_part in all_status_parts(settings, FakeRun())}
    for title, status_part in status_parts.items():
        watch = Watch(status_part)
        watch.ask_once()
        said = watch.lines()[0]
        assert (said == "! unknown: Invalid value (at line 3, column 8)") == (title != "Network")


def test_a_node_that_never_ran(tmp_path: Path, machine: Machine) -> None:
    found = asked(machine, Config(name="node1", state=str(tmp_path / "nothing"), port=1))
    assert "no key yet: the agent has never run" in found["Node"]
    assert found["Certificates"] == "! none: the agent has never run on this node"


def test_what_was_set_aside_and_what_has_run_out_are_said_with_the_way_back(nobody: Machine) -> None:
    own = nobody.settings.own_folder
    (own / "ca.pem").write_text(make_authority("branch-7", now=datetime(2001, 1, 1, tzinfo=UTC)).certificate)
    (own / "wishes.json.damaged").write_text("{")
    found = asked(nobody)
    assert "! what is mounted here was unreadable" in found["Node"]
    assert "trivet node recover-certificates" in found["Certificates"]
