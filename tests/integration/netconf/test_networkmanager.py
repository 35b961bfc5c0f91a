"""Changing a network through the real NetworkManager: kept when confirmed, gone when not, whatever dies meanwhile."""

import asyncio
import json
import subprocess
import sys
from copy import deepcopy
from typing import Any
from uuid import uuid4

import pytest
from dbus_fast import Variant

from netconf.document import parse
from netconf.errors import BackendMissing, ChangeFailed, ChangePending, CheckpointGone, NoSuchInterface
from netconf.facade import Network
from netconf.model import Address, Dns, Interface
from netconf.networkmanager.bus import connect
from tests.integration.netconf.machine import Machine
from tests.unit.netconf.states import ADDRESS, DOCUMENT, MAC

SOON_S = 5


async def holder(network: Network) -> str:
    """The interface that has the machine's address."""
    state = await network.observe()
    (name,) = [i.name for i in state.interfaces if i.ipv4 is not None and ADDRESS in i.ipv4.addresses]
    return name


async def gets_address(network: Network, name: str, within_s: float = 30) -> bool:
    async with asyncio.timeout(within_s):
        while True:
            state = await network.observe()
            observed: Interface | None = state.interface(name)
            if observed is not None and observed.ipv4 is not None and ADDRESS in observed.ipv4.addresses:
                return True
            await asyncio.sleep(0.1)


def with_second_address() -> dict[str, Any]:
    desired: dict[str, Any] = deepcopy(DOCUMENT)
    desired["interfaces"][0]["ipv4"]["address"].append({"ip": "192.0.2.111", "prefix-length": 24})
    return desired


async def moved(network: Network) -> None:
    change = await network.change(DOCUMENT)
    assert change.checkpoint is not None
    await network.confirm(change.checkpoint)


async def test_confirmed_it_stays_over_a_power_cut(machine: Machine) -> None:
    network = await machine.power_on()
    before = await network.observe()
    assert (before.interface("ovirtmgmt"), await holder(network)) == (None, "host0")
    change = await network.change(DOCUMENT)
    assert change.descriptions[0] == "Make the bridge ovirtmgmt over host0 with 192.0.2.11/24"
    assert await network.plan(parse(DOCUMENT)) == ()
    assert change.checkpoint is not None
    await network.confirm(change.checkpoint)
    await network.confirm(change.checkpoint)
    assert machine.profiles() == {"ovirtmgmt", "host0"}
    for _ in range(2):
        state = await network.observe()
        ovirtmgmt = state.interface("ovirtmgmt")
        assert ovirtmgmt is not None
        assert ovirtmgmt.bridge is not None
        assert (ovirtmgmt.mac, ovirtmgmt.bridge.ports, ovirtmgmt.bridge.stp) == (MAC, ("host0",), False)
        assert await network.plan(parse(DOCUMENT)) == ()
        assert not (await network.change(DOCUMENT)).changed
        machine.power_cut()
        network = await machine.power_on()


async def test_unconfirmed_it_goes_back_by_itself(machine: Machine) -> None:
    network = await machine.power_on()
    before = await network.observe()
    change = await network.change(DOCUMENT, confirm_within_s=SOON_S)
    assert await holder(network) == "ovirtmgmt"
    assert await gets_address(network, "host0")
    after = await network.observe()
    assert (after.interface("ovirtmgmt"), after.routes) == (None, before.routes)
    assert change.checkpoint is not None
    with pytest.raises(CheckpointGone):
        await network.confirm(change.checkpoint)
    await network.roll_back(change.checkpoint)
    assert machine.profiles() == {"host0"}


async def test_taken_back_by_hand(machine: Machine) -> None:
    network = await machine.power_on()
    change = await network.change(DOCUMENT)
    assert change.checkpoint is not None
    await network.roll_back(change.checkpoint)
    assert await holder(network) == "host0"
    await network.roll_back(change.checkpoint)


async def test_a_confirmed_change_is_not_taken_back(machine: Machine) -> None:
    network = await machine.power_on()
    change = await network.change(DOCUMENT)
    assert change.checkpoint is not None
    await network.confirm(change.checkpoint)
    with pytest.raises(CheckpointGone):
        await network.roll_back(change.checkpoint)
    assert await holder(network) == "ovirtmgmt"


async def test_a_power_cut_before_the_confirmation(machine: Machine) -> None:
    network = await machine.power_on()
    await network.change(DOCUMENT)
    machine.power_cut()
    network = await machine.power_on()
    assert await holder(network) == "host0"
    assert (await network.observe()).interface("ovirtmgmt") is None


@pytest.mark.parametrize("after_ms", [None, 50, 150, 250, 350, 450])
async def test_the_changing_process_is_killed(machine: Machine, after_ms: int | None) -> None:
    """Somewhere on the way, or (None) when it is through and before anybody confirmed."""
    network = await machine.power_on()
    argv = [sys.executable, "-m", "tests.integration.netconf.change", machine.bus_address, machine.netns, str(SOON_S)]
    child = await asyncio.create_subprocess_exec(*argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    assert (await child.stdout.readline()).strip() == b"ready"
    child.stdin.write(json.dumps(DOCUMENT).encode())
    child.stdin.write_eof()
    if after_ms is None:
        assert (await child.stdout.readline()).strip()
    else:
        await asyncio.sleep(after_ms / 1000)
    child.kill()
    await child.wait()
    await asyncio.sleep(SOON_S + 1)
    assert await gets_address(network, "host0")
    assert (await network.observe()).interface("ovirtmgmt") is None
    await moved(network)


async def test_a_profile_whose_interface_was_never_made(machine: Machine) -> None:
    """As a change leaves it that was killed between adding a profile and starting it."""
    network = await machine.power_on()
    left = {
        "connection": {
            "id": Variant("s", "left"),
            "uuid": Variant("s", str(uuid4())),
            "type": Variant("s", "bridge"),
            "interface-name": Variant("s", "ovirtmgmt"),
        }
    }
    async with connect(machine.bus_address) as bus:
        await bus.add_profile(left)
        assert "ovirtmgmt" not in await bus.devices()
    await moved(network)
    assert await holder(network) == "ovirtmgmt"


async def test_asking_again_over_an_unconfirmed_change(machine: Machine) -> None:
    network = await machine.power_on()
    first = await network.change(DOCUMENT)
    second = await network.change(DOCUMENT)
    assert first.checkpoint is not None
    assert second.checkpoint is not None
    with pytest.raises(CheckpointGone):
        await network.confirm(first.checkpoint)
    await network.confirm(second.checkpoint)
    assert await holder(network) == "ovirtmgmt"


async def test_taps_stay_plugged_in_and_are_no_drift(machine: Machine) -> None:
    network = await machine.power_on()
    await moved(network)
    machine.ip("tuntap", "add", "vnet0", "mode", "tap")
    machine.ip("link", "set", "vnet0", "master", "ovirtmgmt", "up")
    assert await network.plan(parse(DOCUMENT)) == ()
    change = await network.change(with_second_address())
    assert change.descriptions == ("Give ovirtmgmt 192.0.2.111/24",)
    vnet0 = (await network.observe()).interface("vnet0")
    assert vnet0 is not None
    assert vnet0.controller == "ovirtmgmt"
    assert change.checkpoint is not None
    await network.roll_back(change.checkpoint)
    state = await network.observe()
    vnet0, ovirtmgmt = state.interface("vnet0"), state.interface("ovirtmgmt")
    assert vnet0 is not None
    assert ovirtmgmt is not None
    assert ovirtmgmt.ipv4 is not None
    assert (vnet0.controller, ovirtmgmt.ipv4.addresses) == ("ovirtmgmt", (ADDRESS,))


async def test_taps_are_plugged_in_again_after_the_time_is_over(machine: Machine) -> None:
    network = await machine.power_on()
    await moved(network)
    machine.ip("tuntap", "add", "vnet0", "mode", "tap")
    machine.ip("link", "set", "vnet0", "master", "ovirtmgmt", "up")
    await network.change(without_bridge(), confirm_within_s=SOON_S)
    assert await gets_address(network, "ovirtmgmt")
    await network.roll_back_unconfirmed()
    state = await network.observe()
    vnet0, ovirtmgmt = state.interface("vnet0"), state.interface("ovirtmgmt")
    assert vnet0 is not None
    assert ovirtmgmt is not None
    assert ovirtmgmt.ipv4 is not None
    assert (vnet0.controller, ovirtmgmt.ipv4.addresses) == ("ovirtmgmt", (ADDRESS,))


async def test_a_bridge_stays_the_same_when_networkmanager_dies_over_its_change(machine: Machine) -> None:
    """One that was made anew would have lost what others have set on top of it."""
    network = await machine.power_on()
    await moved(network)
    index = machine.index("ovirtmgmt")
    await network.change(with_second_address())
    network = await machine.restart_networkmanager()
    await network.roll_back_unconfirmed()
    ovirtmgmt = (await network.observe()).interface("ovirtmgmt")
    assert ovirtmgmt is not None
    assert ovirtmgmt.ipv4 is not None
    assert (machine.index("ovirtmgmt"), ovirtmgmt.ipv4.addresses) == (index, (ADDRESS,))
    assert await network.plan(parse(DOCUMENT)) == ()
    assert machine.profiles() == {"ovirtmgmt", "host0"}


async def test_a_second_change_replaces_the_first(machine: Machine) -> None:
    network = await machine.power_on()
    await moved(network)
    desired = with_second_address() | {"dns-resolver": {"config": {"server": ["192.0.2.1"], "search": ["example.org"]}}}
    change = await network.change(desired)
    assert change.checkpoint is not None
    await network.confirm(change.checkpoint)
    machine.power_cut()
    network = await machine.power_on()
    state = await network.observe()
    ovirtmgmt = state.interface("ovirtmgmt")
    assert ovirtmgmt is not None
    assert ovirtmgmt.ipv4 is not None
    assert set(ovirtmgmt.ipv4.addresses) == {ADDRESS, Address("192.0.2.111", 24)}
    assert state.dns == Dns(("192.0.2.1",), ("example.org",))
    assert await network.plan(parse(desired)) == ()


def without_bridge() -> dict[str, Any]:
    ipv4 = {"enabled": True, "address": [{"ip": "192.0.2.11", "prefix-length": 24}]}
    return {
        "interfaces": [
            {"name": "ovirtmgmt", "type": "linux-bridge", "state": "absent"},
            {"name": "host0", "ipv4": ipv4, "ipv6": {"enabled": False}},
        ]
    }


async def test_back_from_the_bridge_to_the_nic(machine: Machine) -> None:
    network = await machine.power_on()
    await moved(network)
    change = await network.change(without_bridge())
    assert change.checkpoint is not None
    await network.confirm(change.checkpoint)
    machine.power_cut()
    network = await machine.power_on()
    assert await holder(network) == "host0"
    assert (await network.observe()).interface("ovirtmgmt") is None


async def test_a_bridge_whose_removal_nobody_confirms_comes_back(machine: Machine) -> None:
    network = await machine.power_on()
    await moved(network)
    await network.change(without_bridge(), confirm_within_s=SOON_S)
    assert await holder(network) == "host0"
    assert await gets_address(network, "ovirtmgmt")
    assert await network.plan(parse(DOCUMENT)) == ()


async def test_what_does_not_come_up_is_taken_back(machine: Machine) -> None:
    """Nobody answers DHCP here."""
    network = await machine.power_on()
    desired: dict[str, Any] = deepcopy(DOCUMENT)
    desired["interfaces"][0]["ipv4"] = {"enabled": True, "dhcp": True}
    desired.pop("routes")
    with pytest.raises(ChangeFailed, match="the earlier configuration is back"):
        await network.change(desired, confirm_within_s=8)
    assert await holder(network) == "host0"
    await moved(network)


async def test_a_change_of_somebody_else_is_left_alone(machine: Machine) -> None:
    network = await machine.power_on()
    async with connect(machine.bus_address) as bus:
        theirs = await bus.create_checkpoint([], 60)
        with pytest.raises(ChangePending):
            await network.change(DOCUMENT)
        assert await bus.checkpoints() == [theirs]
    assert await holder(network) == "host0"


async def test_a_nic_that_is_not_there(machine: Machine) -> None:
    network = await machine.power_on()
    desired: dict[str, Any] = deepcopy(DOCUMENT)
    desired["interfaces"][0]["bridge"]["port"] = [{"name": "eth7"}]
    with pytest.raises(NoSuchInterface, match="eth7"):
        await network.change(desired)
    assert await holder(network) == "host0"


async def test_networkmanager_is_not_there(machine: Machine) -> None:
    network = await machine.power_on()
    machine.power_cut()
    with pytest.raises(BackendMissing):
        await network.change(DOCUMENT)
