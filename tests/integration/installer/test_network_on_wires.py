"""The test of the network over real links: a pair of veth between two namespaces, the other one a neighbour."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_PROJECT = Path(__file__).parents[3]
HERE, THERE = "trivet-nt-here", "trivet-nt-there"
NEIGHBOUR = "192.0.2.1"

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None or shutil.which("ping") is None,
    reason="needs root, iproute2 and ping",
)

_PROGRAM = """
import asyncio, json, sys
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from installer.answers import Ip, NetworkAnswers
from installer.network_test import run_network_test
from installer.sysinfo import Nic, SysInfo
from netconf.facade import Network
from netconf.kernel.backend import Kernel

folder, address, gateway = Path(sys.argv[1]), *sys.argv[2:]
mac = Path("/sys/class/net/nt0/address").read_text().strip()
answers = NetworkAnswers(
    nics=(mac,), ipv4=Ip.STATIC, address=IPv4Interface(address), gateway=IPv4Address(gateway) if gateway else None
)
found = []
network = Network(Kernel(folder=folder, resolv_conf=folder / "resolv.conf"))
machine = SysInfo(nics=(Nic(name="nt0", mac=mac),))
asyncio.run(run_network_test(network, answers, machine, found.append))
print(json.dumps([(check.state, check.description) for check in found]))
"""


def _ip(*argv: str) -> None:
    subprocess.run(("ip", *argv), check=True, capture_output=True)


@pytest.fixture
def wire() -> Iterator[None]:
    made: list[str] = []
    try:
        for name in (HERE, THERE):
            _ip("netns", "add", name)
            made.append(name)
        _ip("-n", HERE, "link", "add", "nt0", "type", "veth", "peer", "name", "nt1", "netns", THERE)
        _ip("-n", THERE, "addr", "add", f"{NEIGHBOUR}/24", "dev", "nt1")
        _ip("-n", THERE, "link", "set", "nt1", "up")
        yield
    finally:
        for name in made:
            _ip("netns", "del", name)


def _tested(folder: Path, address: str, gateway: str = "") -> list[list[str]]:
    argv = ("ip", "netns", "exec", HERE, sys.executable, "-c", _PROGRAM, str(folder), address, gateway)
    done = subprocess.run(argv, check=True, capture_output=True, text=True, cwd=_PROJECT, timeout=120)
    found: list[list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.usefixtures("wire")
def test_a_neighbour_keeps_its_address_and_answers_as_a_gateway(tmp_path: Path) -> None:
    found = _tested(tmp_path, f"{NEIGHBOUR}/24")
    assert [state for state, _ in found] == ["good", "bad"]
    assert "belongs to another machine already" in found[1][1]
    found = _tested(tmp_path, "192.0.2.11/24", NEIGHBOUR)
    assert ["good", "No other machine has 192.0.2.11"] in found
    assert ["good", f"The gateway {NEIGHBOUR} answers"] in found
    found = _tested(tmp_path, "192.0.2.12/24", "192.0.2.99")
    assert found[2][0] == "bad"
    assert "192.0.2.99 does not answer" in found[2][1]
