"""Pairs of veth through the real NetworkManager: made, taken away and brought back as a whole, whatever dies."""

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest

from netconf.document import parse, render
from netconf.errors import NoProfile
from netconf.facade import Network
from netconf.model import NetworkState
from tests.integration.netconf.bare import Bare
from tests.integration.netconf.contract import plain
from tests.integration.netconf.machine import Machine

pytestmark = pytest.mark.long
SOON_S = 8
Document = dict[str, Any]


def ip(address: str) -> Document:
    return {"enabled": True, "address": [{"ip": address, "prefix-length": 24}]}


def bridge(name: str, port: str, address: str) -> Document:
    return {"name": name, "type": "linux-bridge", "ipv4": ip(address), "bridge": {"port": [{"name": port}]}}


def gone(*names: str) -> Document:
    return {"interfaces": [{"name": name, "state": "absent"} for name in names]}


PAIR = {"name": "v1", "type": "veth", "veth": {"peer": "v1p"}}
ADDRESSES: Document = {
    "interfaces": [PAIR | {"ipv4": ip("198.51.100.11")}, {"name": "v1p", "type": "veth", "ipv4": ip("203.0.113.11")}]
}
ONE_PORT: Document = {"interfaces": [PAIR | {"ipv4": ip("198.51.100.11")}, bridge("br0", "v1p", "203.0.113.11")]}
TWO_PORTS: Document = {
    "interfaces": [PAIR, bridge("br0", "v1p", "203.0.113.11"), bridge("br1", "v1", "198.51.100.11")],
}
EACH = pytest.mark.parametrize(
    ("made", "removal"),
    [
        (ADDRESSES, gone("v1p")),
        (ONE_PORT, gone("v1")),
        (ONE_PORT, gone("br0", "v1")),
        (TWO_PORTS, gone("v1p")),
        (TWO_PORTS, gone("br0", "br1", "v1")),
    ],
    ids=["addresses", "one-port", "one-port-and-its-bridge", "two-ports", "two-ports-and-their-bridges"],
)


async def apply_and_confirm(network: Network, document: Document) -> NetworkState:
    change = await network.change(document)
    assert change.checkpoint is not None
    await network.confirm(change.checkpoint)
    return plain(await network.observe())


async def comes_to_be(network: Network, expected: NetworkState, within_s: float = 30) -> None:
    found = plain(await network.observe())
    for _ in range(int(within_s / 0.1)):
        if found == expected:
            return
        await asyncio.sleep(0.1)
        found = plain(await network.observe())
    assert found == expected


@EACH
async def test_the_making_goes_back_by_itself(machine: Machine, made: Document, removal: Document) -> None:
    network = await machine.power_on()
    before = plain(await network.observe())
    await network.change(made, confirm_within_s=SOON_S)
    await comes_to_be(network, before)
    assert machine.profiles() == {"host0"}
    await apply_and_confirm(network, made)


@EACH
async def test_the_removal_goes_back_by_itself(machine: Machine, made: Document, removal: Document) -> None:
    network = await machine.power_on()
    there = await apply_and_confirm(network, made)
    await network.change(removal, confirm_within_s=SOON_S)
    for _ in range(20):
        state = await network.observe()
        assert (state.interface("v1"), state.interface("v1p")) == (None, None)
        await asyncio.sleep(0.1)
    await comes_to_be(network, there)
    assert await network.plan(parse(made)) == ()


@EACH
async def test_removed_and_taken_back_over_and_over(machine: Machine, made: Document, removal: Document) -> None:
    network = await machine.power_on()
    before = plain(await network.observe())
    there = await apply_and_confirm(network, made)
    for _ in range(5):
        change = await network.change(removal)
        assert change.checkpoint is not None
        await network.roll_back(change.checkpoint)
        await comes_to_be(network, there)
    await apply_and_confirm(network, removal)
    left = [i["name"] for i in made["interfaces"] if (await network.observe()).interface(i["name"]) is not None]
    if left:
        await apply_and_confirm(network, gone(*left))
    await comes_to_be(network, before)
    assert machine.profiles() == {"host0"}
    machine.power_cut()
    await comes_to_be(await machine.power_on(), before)


@EACH
async def test_confirmed_it_outlives_networkmanager_and_the_power(
    machine: Machine, made: Document, removal: Document
) -> None:
    network = await machine.power_on()
    there = await apply_and_confirm(network, made)
    for links in ((), ("v1p",), ()):
        network = await machine.restart_networkmanager(*links)
        await comes_to_be(network, there)
        change = await network.change(removal)
        assert change.checkpoint is not None
        await network.roll_back(change.checkpoint)
        await comes_to_be(network, there)
    for _ in range(2):
        machine.power_cut()
        network = await machine.power_on()
        await comes_to_be(network, there)
    assert await network.plan(parse(made)) == ()
    shown = render(await network.observe())
    assert await network.plan(parse(shown)) == ()


@EACH
async def test_networkmanager_dies_over_a_removal(machine: Machine, made: Document, removal: Document) -> None:
    network = await machine.power_on()
    there = await apply_and_confirm(network, made)
    await network.change(removal)
    network = await machine.restart_networkmanager()
    await network.roll_back_unconfirmed()
    await comes_to_be(network, there)


@EACH
async def test_networkmanager_dies_over_the_making(machine: Machine, made: Document, removal: Document) -> None:
    network = await machine.power_on()
    before = plain(await network.observe())
    await network.change(made)
    network = await machine.restart_networkmanager()
    await network.roll_back_unconfirmed()
    await comes_to_be(network, before)


@pytest.mark.parametrize("removing", [False, True])
@pytest.mark.parametrize("after_ms", [50, 150, 250, 350, 450])
async def test_the_changing_process_is_killed(machine: Machine, after_ms: int, removing: bool) -> None:
    network = await machine.power_on()
    before = await apply_and_confirm(network, TWO_PORTS) if removing else plain(await network.observe())
    argv = [sys.executable, "-m", "tests.integration.netconf.change", machine.bus_address, machine.netns, str(SOON_S)]
    child = await asyncio.create_subprocess_exec(*argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    assert (await child.stdout.readline()).strip() == b"ready"
    child.stdin.write(json.dumps(gone("br0", "v1", "br1") if removing else TWO_PORTS).encode())
    child.stdin.write_eof()
    await asyncio.sleep(after_ms / 1000)
    child.kill()
    await child.wait()
    await asyncio.sleep(SOON_S + 1)
    await comes_to_be(network, before)


async def test_either_end_changes_later(machine: Machine) -> None:
    network = await machine.power_on()
    await apply_and_confirm(network, {"interfaces": [PAIR]})
    for name, address in (("v1p", "203.0.113.11"), ("v1", "198.51.100.11"), ("v1p", "203.0.113.12")):
        desired = {"interfaces": [{"name": name, "mtu": 1400, "ipv4": ip(address)}]}
        there = plain(await network.observe())
        change = await network.change(desired)
        assert change.checkpoint is not None
        await network.roll_back(change.checkpoint)
        await comes_to_be(network, there)
        there = await apply_and_confirm(network, desired)
    machine.power_cut()
    await comes_to_be(await machine.power_on(), there)


async def test_a_pair_that_networkmanager_could_not_make_again(machine: Machine) -> None:
    """Made by hand, with what would be lost: it is not taken away before a profile says what it is."""
    network = await machine.power_on()
    machine.ip("link", "add", "v1", "type", "veth", "peer", "name", "v1p")
    machine.ip("address", "add", "198.51.100.99/24", "dev", "v1")
    with pytest.raises(NoProfile, match="no profile for v1"):
        await network.change(gone("v1p"))
    there = await apply_and_confirm(network, ADDRESSES)
    change = await network.change(gone("v1p"))
    assert change.checkpoint is not None
    await network.roll_back(change.checkpoint)
    await comes_to_be(network, there)


async def test_a_veth_to_elsewhere_is_never_taken_away(machine: Machine, bare: Bare) -> None:
    network = await machine.power_on()
    machine.ip("link", "add", "v1", "type", "veth", "peer", "name", "v1p", "netns", bare.name)
    await apply_and_confirm(network, {"interfaces": [{"name": "v1", "ipv4": ip("198.51.100.11")}]})
    await apply_and_confirm(network, gone("v1"))
    assert (await network.observe()).interface("v1") is not None
