"""What happens on a real kernel beside layouts that come true: makers of changes die, and neighbours are heard."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable

from netconf.document import parse
from netconf.facade import Network
from tests.integration.netconf.contract import Document, at
from tests.integration.netconf.layouts import backup
from tests.integration.netconf.sections import ADDRESS, bridge, gone, up, vlan
from tests.integration.netconf.world import Ask, World, built, cable

Scenario = Callable[[Network, Ask], Awaitable[None]]

_DEAF = World(
    ("deaf",),
    tuple(line for n in (1, 2) for line in (cable(f"nic{n}", "deaf", f"p{n}"), f"-n deaf link set p{n} up")),
)
_BUS = "unix:path=/run/dbus/system_bus_socket"
_SOON_S = 40


async def tag_goes_back_when_its_maker_dies(network: Network, ask: Ask) -> None:
    """The kernel has to make the VLAN anew, twice; nobody but NetworkManager is left to do that."""
    nic = up("eth1", "ethernet")
    await _confirmed(network, {"interfaces": [nic, vlan("storage", "eth1", 10, ipv4=ADDRESS)]})
    try:
        await _killed_after(network, {"interfaces": [vlan("storage", "eth1", 11, ipv4=ADDRESS)]})
        await _comes_true(network, {"interfaces": [vlan("storage", "eth1", 10, ipv4=ADDRESS)]})
        assert at(json.loads(await ask("ip", "-j", "-d", "link", "show", "storage")), _TAG) == 10
    finally:
        await _confirmed(network, {"interfaces": [*gone("storage")["interfaces"], nic | {"state": "absent"}]})


async def options_go_back_when_their_maker_dies(network: Network, ask: Ask) -> None:
    """NetworkManager cannot set a bond back to the kernel's defaults: it has to make it anew."""
    await _confirmed(network, {"interfaces": [backup("eth1", "eth2"), vlan("bond0.7", "bond0", 7, ipv4=ADDRESS)]})
    try:
        desired = backup("eth1", "eth2")
        desired["link-aggregation"]["options"]["resend_igmp"] = 7
        await _killed_after(network, {"interfaces": [desired]})
        desired["link-aggregation"]["options"]["resend_igmp"] = 1
        await _comes_true(network, {"interfaces": [desired, vlan("bond0.7", "bond0", 7, ipv4=ADDRESS)]})
    finally:
        await _confirmed(network, gone("bond0.7", "bond0"))


async def a_pair_comes_back_when_its_remover_dies(network: Network, ask: Ask) -> None:
    """Between two bridges; where udev runs, NetworkManager has to start both ends by itself."""
    pair = up("v1", "veth", veth={"peer": "v1p"})
    there = {"interfaces": [pair, bridge("br0", "v1", ipv4=ADDRESS), bridge("br1", "v1p")]}
    await _confirmed(network, there)
    try:
        for removal in (gone("v1p"), gone("br0", "br1", "v1")):
            await _killed_after(network, removal)
            await _comes_true(network, there)
    finally:
        await _confirmed(network, gone("br0", "br1", "v1"))


async def lldp_neighbour_is_shown(network: Network, ask: Ask) -> None:
    nic = up("nic1", "ethernet")
    async with built(_DEAF, ask):
        await _confirmed(network, {"interfaces": [nic | {"lldp": {"enabled": True}}]})
        try:
            for _ in range(100):
                await ask(*f"ip netns exec deaf python3 -m {_SWITCH} p1".split())
                observed = (await network.observe()).interface("nic1")
                if observed is not None and observed.neighbours:
                    break
                await asyncio.sleep(0.2)
            assert observed is not None
            assert [(there.system, there.port) for there in observed.neighbours] == [("switch-3", "1/17")], observed
        finally:
            await _confirmed(network, {"interfaces": [nic | {"state": "absent"}]})


async def names_are_pinned(network: Network, ask: Ask) -> None:
    """udev, asked what it would call a NIC, finds the file of `trivet net pin`."""
    argv = (sys.executable, "-c", "from netconf.command import net; net()", "pin")
    said = await ask(*argv)
    assert "eth1 is the NIC with 52:54:00:00:01:01" in said, said
    assert await ask(*argv) == "All NICs are pinned already\n"
    named = await ask("sh", "-c", "udevadm test-builtin net_setup_link /sys/class/net/eth1 2>&1")
    assert "ID_NET_LINK_FILE=/etc/systemd/network/70-trivet-eth1.link" in named, named
    assert "ID_NET_NAME=eth1" in named, named


_SWITCH = "tests.integration.netconf.send_lldp"
_TAG = "0.linkinfo.info_data.id"


async def _confirmed(network: Network, document: Document) -> None:
    change = await network.change(document)
    if change.checkpoint is not None:
        await network.confirm(change.checkpoint)


async def _killed_after(network: Network, document: Document) -> None:
    """A process of its own makes the change and is killed before it is confirmed."""
    program = (sys.executable, "-m", "tests.integration.netconf.change", _BUS, "", str(_SOON_S))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*program, stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(document).encode())
    process.stdin.close()
    said = [await process.stdout.readline() for _ in range(2)]
    assert said[1].strip(), said
    assert not await network.plan(parse(document)), "the change has not come true"
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()


async def _comes_true(network: Network, document: Document) -> None:
    """By itself, without anybody asking for it."""
    for _ in range(600):
        if not (left := await network.plan(parse(document))):
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"not back: {[step.description for step in left]}")


SCENARIOS: dict[str, Scenario] = {
    found.__name__.replace("_", "-"): found
    for found in (
        tag_goes_back_when_its_maker_dies,
        options_go_back_when_their_maker_dies,
        a_pair_comes_back_when_its_remover_dies,
        lldp_neighbour_is_shown,
        names_are_pinned,
    )
}
