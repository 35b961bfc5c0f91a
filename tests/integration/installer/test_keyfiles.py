"""NetworkManager's own code reads the profiles of an installed node as they are meant."""

from ipaddress import IPv4Address, IPv4Interface

import pytest

from images import build
from installer.answers import Ip, NetworkAnswers
from installer.keyfile import keyfile
from installer.network_plan import plan_network
from installer.sysinfo import SysInfo
from node.system.process import run
from tests.unit.installer.given import ID
from tests.unit.installer.test_keyfile import NICS

LAYOUTS = [
    NetworkAnswers(nics=("enp1s0",)),
    NetworkAnswers(nics=("enp1s0",), ipv4=Ip.OFF, ipv6=Ip.AUTO),
    NetworkAnswers(
        nics=("enp1s0", "enp2s0"),
        bond="802.3ad",
        vlan=7,
        mtu=9000,
        ipv4=Ip.STATIC,
        address=IPv4Interface("192.0.2.11/24"),
        gateway=IPv4Address("192.0.2.1"),
        dns=(IPv4Address("192.0.2.53"),),
    ),
]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_networkmanager_reads_what_was_planned(layout: NetworkAnswers) -> None:
    tree = build.build_node(build.DEFAULT_STORE, print)
    made, reasons = plan_network(layout, SysInfo(nics=NICS), ID)
    assert made is not None, reasons
    for profile in made.profiles:
        text = keyfile(profile.settings)
        name = profile.settings["connection"]["id"].value
        said = run(
            "bwrap",
            "--ro-bind",
            str(tree),
            "/",
            "--proc",
            "/proc",
            "nmcli",
            "--offline",
            "connection",
            "modify",
            "connection.id",
            name,
            stdin=text,
        )
        lines = set(said.splitlines())
        assert {f"interface-name={profile.interface}", "autoconnect-retries=0"} <= lines
        meant = {
            line for line in text.splitlines() if line.startswith(("address", "route", "dns", "mtu", "method", "mode"))
        }
        assert meant <= lines
