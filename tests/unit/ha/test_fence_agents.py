"""What is told to Debian's fence agents and what they say, by what the real ones printed."""

from pathlib import Path

import pytest

from hosted_engine.ha.fence_agents import DeviceFailed, FenceAgents, PowerState, format_lines, parse_status
from hosted_engine.ha.fence_metadata import parse_metadata, why_not_agent, why_not_option
from hosted_engine.ha.fence_settings import BadFenceSetting, FenceDevice
from node.system.process import CommandFailed
from tests.fakes.fence import DATA, FakeFencing, FakeMachine, device

REDFISH = parse_metadata((DATA / "fence_redfish.xml").read_text())
IPMI = parse_metadata((DATA / "fence_ipmilan.xml").read_text())
PEM = "-----BEGIN CERTIFICATE-----"


@pytest.fixture
def run() -> FakeFencing:
    return FakeFencing({"192.0.2.102": FakeMachine()}, {})


@pytest.fixture
def agents(run: FakeFencing) -> FenceAgents:
    return FenceAgents(run, DATA)


def test_debians_agents_can_be_used() -> None:
    assert why_not_agent(REDFISH) is None
    assert why_not_agent(IPMI) is None
    assert why_not_agent(parse_metadata("<resource-agent name='x'/>")) == "has no action off, on, status"


def test_what_is_no_metadata_is_said() -> None:
    with pytest.raises(ValueError, match="no XML"):
        parse_metadata("usage: fence_x")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("systems_uri", "/redfish/v1/Systems/1", None),
        ("ssl_insecure", "1", None),
        ("power_timeout", "15", None),
        ("flux", "1", "is no parameter of fence_redfish"),
        ("ip", "192.0.2.1", "is given by --address"),
        ("password", "x", "is given by the prompt"),
        ("password_script", "/bin/sh", "cannot be set here"),
        ("debug_file", "/etc/passwd", "cannot be set here"),
        ("gnutlscli_path", "/tmp/x", "cannot be set here"),
        ("action", "on", "cannot be set here"),
        ("passwd", "x", "is an old name; fence_redfish --help has the one that replaced it"),
        ("ssl_insecure", "maybe", "has to be yes or no"),
        ("power_timeout", "soon", "has to be a number of seconds"),
        ("retry_on", "two", "has to be a number"),
    ],
)
def test_an_option_is_a_parameter_of_the_agent(name: str, value: str, reason: str | None) -> None:
    assert why_not_option(REDFISH, name, value) == reason


def test_a_choice_is_one_of_those_that_there_are() -> None:
    assert why_not_option(IPMI, "privlvl", "operator") is None
    assert why_not_option(IPMI, "privlvl", "king") == "has to be one of callback, user, operator, administrator"


def test_what_an_agent_is_told() -> None:
    told = format_lines(device("192.0.2.102", port=4433, options={"systems_uri": "/x"}), "status")
    assert told == (
        "action=status\nip=192.0.2.102\nusername=fence\npassword=s3cret\nipport=4433\nsystems_uri=/x\n"
    )  # fmt: skip
    assert format_lines(FenceDevice(agent="fence_ipmilan", address="b"), "off") == "action=off\nip=b\n"


@pytest.mark.parametrize(
    ("output", "state"),
    [("Status: ON\n", PowerState.ON), ("Status: OFF\n", PowerState.OFF), ("Status: UNKNOWN\n", None)],
)
def test_what_an_agent_says_of_the_power(output: str, state: PowerState | None) -> None:
    assert parse_status(output) is state


def test_a_machine_is_cut_asked_and_switched_on(agents: FenceAgents) -> None:
    one = device("192.0.2.102")
    assert agents.status(one) is PowerState.ON
    agents.off(one)
    assert agents.status(one) is PowerState.OFF
    agents.on(one)
    assert agents.status(one) is PowerState.ON


def test_an_agent_that_ends_in_another_way_knows_nothing() -> None:
    def run(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        raise CommandFailed(argv, "ERROR: Unable to connect with s3cret, please verify", status=1)

    with pytest.raises(DeviceFailed) as caught:
        FenceAgents(run, DATA).status(device("192.0.2.102"))
    assert "s3cret" not in str(caught.value)
    assert "Unable to connect with …, please verify" in str(caught.value)


def test_an_off_that_nobody_has_seen_is_none() -> None:
    """As of an agent that is not built on Debian's library."""
    with pytest.raises(DeviceFailed, match="did not confirm that the power is off"):
        FenceAgents(lambda *argv, stdin="", timeout_s=60: "ok\n", DATA).off(device("192.0.2.102"))


def test_an_authority_is_handed_over_as_a_file_that_is_gone_afterwards(agents: FenceAgents, run: FakeFencing) -> None:
    found: list[str] = []

    def site(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        name, _, path = argv[1].partition("=")
        found.extend([argv[0], name, path, Path(path).read_text()])
        return run(*argv[2:], stdin=stdin)

    FenceAgents(site, DATA).status(device("192.0.2.102", authority=PEM))
    assert [found[0], found[1], found[3]] == ["env", "REQUESTS_CA_BUNDLE", PEM]
    assert not Path(found[2]).exists()


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (FenceDevice(agent="fence_apc", address="a"), "fence_apc is not on this node, which has fence_ipmilan"),
        (device("a", options={"flux": "1"}), "option flux is no parameter of fence_redfish"),
    ],
)
def test_what_this_node_cannot_do_is_refused_by_name(
    one: FenceDevice, reason: str, run: FakeFencing, tmp_path: Path
) -> None:
    for name in ("fence_ipmilan", "fence_redfish"):
        (tmp_path / name).touch()
    with pytest.raises(BadFenceSetting) as caught:
        FenceAgents(run, tmp_path).check(one)
    assert reason in str(caught.value)
