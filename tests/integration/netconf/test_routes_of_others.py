"""Routes that a routing daemon or an operator made stay when only the link changes, whoever makes the change, and come
back with the rest when it is taken back."""

import asyncio
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netconf.errors import GoesUnsaid
from netconf.facade import Network
from netconf.kernel.rollback import KernelRollback
from netconf.networkmanager.backend import NetworkManager
from netconf.networkmanager.bus import connect
from tests.integration.netconf.bare import Bare
from tests.integration.netconf.machine import Machine
from tests.integration.netconf.test_networkmanager import SOON_S

ROUTES = (
    "203.0.113.0/24 via 192.0.2.1 dev host0 proto bgp metric 20",
    "203.0.114.0/24 via 192.0.2.1 dev host0 proto bgp table 77",
    "203.0.115.0/24 via 192.0.2.1 dev host0 table 78",
    "203.0.116.0/24 via 192.0.2.1 dev host0 src 192.0.2.11 mtu 1300",
    "203.0.117.0/24 proto zebra nexthop via 192.0.2.1 dev host0 nexthop via 192.0.2.2 dev host0",
    "203.0.118.0/24 via 192.0.2.1 dev host0 proto ospf table 77 metric 5",
    "203.0.119.0/24 dev host0 proto 99 scope link",
    "203.0.120.0/24 via 198.51.100.1 dev host0 onlink proto bird",
    "blackhole 203.0.122.0/24 proto bgp",
)
VIA_6 = "203.0.121.0/24 via inet6 fe80::1 dev host0 proto bgp"
OURS = {"default", "192.0.2.0/24"}
NARROW: dict[str, Any] = {"interfaces": [{"name": "host0", "mtu": 1400}]}
LABEL: dict[str, Any] = {"interfaces": [{"name": "host0", "description": "front door", "lldp": {"enabled": False}}]}
Ip = Callable[..., None]


def _add(ip: Ip) -> None:
    for route in ROUTES:
        ip("route", "add", *route.split())


def _there(netns: str) -> set[str]:
    """As `ip` shows them, without those of the wish; who made one by hand is not told apart."""
    argv = ["nsenter", f"--net={netns}", "ip", "-4", "-o", "route", "show", "table", "all"]
    lines = subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    words = [line.replace("proto static ", "").replace("\\", "").split() for line in lines]
    return {" ".join(w) for w in words if w[0] not in (*OURS, "local", "broadcast")}


@pytest.mark.parametrize("desired", [NARROW, LABEL], ids=["mtu", "label"])
async def test_networkmanager(machine: Machine, tmp_path: Path, desired: dict[str, Any]) -> None:
    await machine.power_on()
    _add(machine.ip)
    before = _there(machine.netns)
    assert len(before) == len(ROUTES)
    network = _guarded(machine, tmp_path)
    change = await network.change(desired)
    assert change.checkpoint is not None
    assert not [said for said in change.descriptions if "No longer" in said]
    assert _there(machine.netns) == before
    await network.roll_back(change.checkpoint)
    assert _there(machine.netns) == before
    change = await network.change(desired)
    assert change.checkpoint is not None
    await network.confirm(change.checkpoint)
    assert _there(machine.netns) == before


def _guarded(machine: Machine, folder: Path) -> Network:
    """As on a node: the deputy knows what there was."""
    backend = NetworkManager(bus_address=machine.bus_address, netns=machine.netns)
    return Network(backend, rollback=KernelRollback(folder=folder / "deputy", netns=machine.netns))


async def test_networkmanager_when_nobody_confirms(machine: Machine, tmp_path: Path) -> None:
    """Whoever settles what came back by itself gives them back, too: in another process."""
    await machine.power_on()
    machine.ip("route", "add", *ROUTES[0].split())
    machine.ip("route", "add", *ROUTES[2].split())
    before = _there(machine.netns)
    await _guarded(machine, tmp_path).change(NARROW, confirm_within_s=SOON_S)
    assert _there(machine.netns) == before
    later = _guarded(machine, tmp_path)
    async with connect(machine.bus_address) as bus:
        while await bus.checkpoints():  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)
    await later.roll_back_unconfirmed()
    assert _there(machine.netns) == before


@pytest.mark.parametrize(
    "desired",
    [
        NARROW,
        {
            "interfaces": [
                {"name": "host0", "ipv4": {"enabled": True, "address": [{"ip": "192.0.2.12", "prefix-length": 24}]}}
            ]
        },
    ],
    ids=["mtu", "address"],
)
async def test_the_kernel_alone(bare: Bare, desired: dict[str, Any]) -> None:
    _add(bare.ip)
    bare.ip("route", "add", *VIA_6.split())
    if desired is not NARROW:  # its source goes with the address
        bare.ip("route", "delete", "203.0.116.0/24")
    netns = f"/run/netns/{bare.name}"
    before = _there(netns)
    change = await bare.network().change(desired)
    assert change.checkpoint is not None
    assert not [said for said in change.descriptions if "No longer" in said]
    assert _there(netns) == before
    await bare.network().roll_back(change.checkpoint)
    assert _there(netns) == before


async def test_those_of_a_port_are_named(bare: Bare) -> None:
    _add(bare.ip)
    said = {"name": "br0", "type": "linux-bridge", "bridge": {"port": [{"name": "host0"}]}}
    with pytest.raises(GoesUnsaid, match=r"192\.0\.2\.11/24"):
        await bare.network().change({"interfaces": [said]})
    off = {"name": "host0", "ipv4": {"enabled": False}, "ipv6": {"enabled": False}}
    change = await bare.network().change({"interfaces": [said, off]})
    assert change.checkpoint is not None
    assert any("on host0 (by bgp)" in words for words in change.descriptions)
    assert any("(by zebra)" in words for words in change.descriptions)
    assert _there(f"/run/netns/{bare.name}") == {"blackhole 203.0.122.0/24 proto bgp"}
    await bare.network().roll_back(change.checkpoint)
