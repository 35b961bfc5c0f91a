"""Changing a network with the kernel alone: kept when confirmed, gone when not, whatever dies meanwhile."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from netconf.errors import ChangeFailed, ChangePending, CheckpointGone, NotByKernel
from netconf.facade import Network
from netconf.kernel.changes import Changes, State
from netconf.kernel.executor import NetlinkExecutor
from netconf.kernel.namespace import inside
from netconf.kernel.state import KernelState
from netconf.model import Change, Checkpoint
from netconf.planning.plan import Step
from netconf.uptime import uptime_s
from tests.integration.netconf.bare import Bare

SOON_S = 5
BRIDGE: dict[str, Any] = {
    "interfaces": [
        {
            "name": "ovirtmgmt",
            "type": "linux-bridge",
            "ipv4": {"enabled": True, "address": [{"ip": "192.0.2.11", "prefix-length": 24}]},
            "bridge": {"port": [{"name": "host0"}]},
        }
    ],
    "routes": {
        "config": [
            {
                "destination": "0.0.0.0/0",
                "next-hop-address": "192.0.2.1",
                "next-hop-interface": "ovirtmgmt",
                "metric": 50,
            }
        ]
    },
    "dns-resolver": {"config": {"server": ["192.0.2.54"], "search": ["example.org"]}},
}


def observe(bare: Bare) -> KernelState:
    def observed() -> KernelState:
        with NetlinkExecutor(bare.resolv_conf) as kernel:
            return kernel.read_state()

    return inside(bare.name, observed)


async def wait_restored(bare: Bare, before: KernelState, within_s: int = 30) -> None:
    for _ in range(10 * within_s):
        if observe(bare) == before and not Changes(bare.folder).unfinished():
            return
        await asyncio.sleep(0.1)
    assert observe(bare) == before
    assert not Changes(bare.folder).unfinished()


async def made(network: Network, within_s: int = 60) -> Checkpoint:
    change: Change = await network.change(BRIDGE, confirm_within_s=within_s)
    assert change.checkpoint is not None
    return change.checkpoint


async def test_confirmed_it_stays(bare: Bare) -> None:
    checkpoint = await made(bare.network())
    other_process = bare.network()
    await other_process.confirm(checkpoint)
    await other_process.confirm(checkpoint)
    with pytest.raises(CheckpointGone):
        await other_process.roll_back(checkpoint)
    state = await bare.network().observe()
    ovirtmgmt, host0 = state.interface("ovirtmgmt"), state.interface("host0")
    assert ovirtmgmt is not None
    assert host0 is not None
    assert ovirtmgmt.mac == host0.mac
    assert bare.resolv_conf.read_text() == "options edns0\nsearch example.org\nnameserver 192.0.2.54\n"
    assert not (await bare.network().change(BRIDGE)).changed


async def test_unconfirmed_it_goes_back_by_itself(bare: Bare) -> None:
    before = observe(bare)
    checkpoint = await made(bare.network(), SOON_S)
    assert observe(bare) != before
    await wait_restored(bare, before)
    with pytest.raises(CheckpointGone):
        await bare.network().confirm(checkpoint)
    await bare.network().roll_back(checkpoint)
    assert bare.resolv_conf.read_text() == "options edns0\nnameserver 192.0.2.53\n"


async def test_taken_back_by_another_process(bare: Bare) -> None:
    before = observe(bare)
    checkpoint = await made(bare.network())
    await bare.network().roll_back(checkpoint)
    assert observe(bare) == before
    await bare.network().roll_back(checkpoint)


async def test_an_address_of_networkmanagers_comes_back_with_the_way_to_its_network(bare: Bare) -> None:
    """It tells the kernel to make no route for its addresses, and makes that itself."""
    bare.ip("-4", "address", "flush", "dev", "host0")
    for held, network in (("192.0.2.11/24", "192.0.2.0/24"), ("2001:db8::11/64", "2001:db8::/64")):
        bare.ip("address", "add", held, "dev", "host0", "noprefixroute", "nodad")
        bare.ip("route", "add", network, "dev", "host0", "proto", "kernel", "scope", "link", "metric", "425")
    bare.ip("route", "add", "default", "via", "192.0.2.1", "metric", "425")
    before, routes = observe(bare), await asked_for_routes(bare)
    off = {"enabled": False}
    change = await bare.network().change({"interfaces": [{"name": "host0", "ipv4": off, "ipv6": off}]})
    assert change.checkpoint is not None
    assert "192.0.2.0/24" not in await bare.ask("ip", "route")
    await bare.network().roll_back(change.checkpoint)
    assert observe(bare) == before
    assert await asked_for_routes(bare) == routes
    assert len(routes) == 3


async def asked_for_routes(bare: Bare) -> list[str]:
    """Without the link-local ones."""
    lines = (await bare.ask("ip", "route") + await bare.ask("ip", "-6", "route")).splitlines()
    return sorted(line for line in lines if not line.startswith("fe80"))


async def test_one_address_of_networkmanagers_of_two_goes(bare: Bare) -> None:
    more = ("192.0.3.11/24", "192.0.3.0/24")
    bare.ip("address", "add", more[0], "dev", "host0", "noprefixroute")
    bare.ip("route", "add", more[1], "dev", "host0", "proto", "kernel", "scope", "link", "src", "192.0.3.11")
    before = observe(bare)
    one = {"enabled": True, "address": [{"ip": "192.0.2.11", "prefix-length": 24}]}
    change = await bare.network().change({"interfaces": [{"name": "host0", "ipv4": one}]})
    assert change.checkpoint is not None
    assert more[1] not in await bare.ask("ip", "route")
    await bare.network().roll_back(change.checkpoint)
    assert observe(bare) == before


async def start(bare: Bare, number: int) -> asyncio.subprocess.Process:
    argv = [sys.executable, "-m", "tests.integration.netconf.change_kernel"]
    argv += [str(bare.folder), str(bare.resolv_conf), bare.name, str(SOON_S), str(number)]
    child = await asyncio.create_subprocess_exec(*argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    child.stdin.write(json.dumps(BRIDGE).encode())
    child.stdin.write_eof()
    return child


@pytest.mark.parametrize("number", range(1, 9))
async def test_the_changing_process_is_killed_at_each_step(bare: Bare, number: int) -> None:
    before = observe(bare)
    child = await start(bare, number)
    assert await child.wait() == -signal.SIGKILL
    assert observe(bare) != before
    await wait_restored(bare, before)


async def test_the_changing_process_is_killed_when_it_is_through(bare: Bare) -> None:
    before = observe(bare)
    child = await start(bare, 0)
    assert child.stdout is not None
    checkpoint = Checkpoint((await child.stdout.readline()).decode().strip())
    child.kill()
    await child.wait()
    await bare.network().confirm(checkpoint)
    assert observe(bare) != before


@pytest.mark.parametrize("number", [2, 6])
async def test_both_processes_are_killed(bare: Bare, number: int) -> None:
    """Whoever comes next brings the earlier configuration back."""
    before = observe(bare)
    child = await start(bare, number)
    await child.wait()
    (watchdog,) = bare.watchdogs()
    os.kill(watchdog, signal.SIGKILL)
    with pytest.raises(ChangePending):
        await bare.backend().apply((await bare.network().observe()), (Step("", ""),), SOON_S)
    await bare.network().roll_back_unconfirmed()
    assert observe(bare) == before


async def test_the_watchdog_alone_is_killed(bare: Bare) -> None:
    before = observe(bare)
    checkpoint = await made(bare.network(), SOON_S)
    (watchdog,) = bare.watchdogs()
    os.kill(watchdog, signal.SIGKILL)
    await asyncio.sleep(SOON_S)
    with pytest.raises(CheckpointGone):
        await bare.network().confirm(checkpoint)
    await bare.network().roll_back_unconfirmed()
    assert observe(bare) == before


async def test_the_watchdog_does_not_listen_and_holds_nothing_of_its_caller(bare: Bare) -> None:
    read, write = os.pipe()
    os.set_inheritable(write, True)
    await made(bare.network())
    (watchdog,) = bare.watchdogs()
    held = [os.readlink(path) for path in Path(f"/proc/{watchdog}/fd").iterdir()]
    assert os.readlink(f"/proc/self/fd/{write}") not in held
    os.close(read)
    os.close(write)
    assert os.getsid(watchdog) == watchdog
    assert await bare.ask("ss", "-Hltun") == ""


async def test_confirming_and_expiring_have_one_winner(bare: Bare) -> None:
    """Confirmed at the very end of its time, over and over: it is kept and confirmed, or back and gone."""
    before = observe(bare)
    ends = []
    for number in range(6):
        checkpoint = await made(bare.network(), SOON_S)
        _, deadline_s = Changes(bare.folder).state(checkpoint.id)
        await asyncio.sleep(deadline_s - uptime_s() - 0.02 + 0.01 * number)
        try:
            await bare.network().confirm(checkpoint)
            ends.append(State.CONFIRMED)
            assert observe(bare) != before
            assert (await bare.network().change(_removal())).changed
            (change,) = Changes(bare.folder).unfinished()
            await bare.network().confirm(Checkpoint(change))
            bare.ip("address", "replace", "192.0.2.11/24", "dev", "host0")
            bare.ip("route", "replace", "default", "via", "192.0.2.1", "metric", "100")
            bare.resolv_conf.write_text("options edns0\nnameserver 192.0.2.53\n")
        except CheckpointGone:
            ends.append(State.ROLLED_BACK)
            await wait_restored(bare, before)
    assert len(ends) == 6


def _removal() -> dict[str, Any]:
    return {"interfaces": [{"name": "ovirtmgmt", "state": "absent"}]}


async def test_a_power_cut(bare: Bare) -> None:
    """What was changed is gone with the machine: nothing is to be brought back, and the next change is not kept off."""
    await made(bare.network())
    for watchdog in bare.watchdogs():
        os.kill(watchdog, signal.SIGKILL)
    bare.power_cut()
    await bare.backend().roll_back_unconfirmed()
    assert Changes(bare.folder).unfinished() == ()


async def test_a_change_that_fails_is_taken_back(bare: Bare) -> None:
    before = observe(bare)
    stp = {"options": {"group-fwd-mask": 1}}  # the kernel forwards no frames of STP
    desired = BRIDGE | {"interfaces": [*BRIDGE["interfaces"], {"name": "br9", "type": "linux-bridge", "bridge": stp}]}
    with pytest.raises(ChangeFailed, match="the earlier configuration is back"):
        await bare.network().change(desired)
    assert observe(bare) == before


async def test_what_others_make_meanwhile_stays(bare: Bare) -> None:
    checkpoint = await made(bare.network())
    bare.ip("link", "add", "tap7", "type", "bridge")
    bare.ip("route", "add", "203.0.113.0/24", "via", "192.0.2.9")
    bare.ip("rule", "add", "from", "203.0.113.0/24", "table", "77")
    await bare.network().roll_back(checkpoint)
    assert (await bare.network().observe()).interface("tap7") is not None
    assert "lookup 77" in await bare.ask("ip", "rule")


async def test_addresses_that_are_lent_come_back_with_what_is_left_of_their_time(bare: Bare) -> None:
    bare.ip("address", "add", "192.0.2.99/24", "dev", "host0", "valid_lft", "600", "preferred_lft", "300")
    before = observe(bare)
    off = {"name": "host0", "type": "ethernet", "ipv4": {"enabled": False}}
    change = await bare.network().change(BRIDGE | {"interfaces": [*BRIDGE["interfaces"], off]})
    assert change.checkpoint is not None
    await bare.network().roll_back(change.checkpoint)
    after = observe(bare)
    assert after == before
    (lent,) = [address for address in after.addresses if address.lent]
    assert 500 < lent.valid_s <= 600
    assert 200 < lent.preferred_s <= 300


async def test_what_the_kernel_cannot_do_is_refused(bare: Bare) -> None:
    before = observe(bare)
    nic = {"name": "eth1", "type": "ethernet", "lldp": {"enabled": True}, "ipv4": {"enabled": True, "dhcp": True}}
    with pytest.raises(NotByKernel, match=r"interfaces.eth1.lldp.enabled.*interfaces.eth1.ipv4.dhcp"):
        await bare.network().change({"interfaces": [nic]})
    assert observe(bare) == before
    assert Changes(bare.folder).unfinished() == ()


async def test_the_resolver_of_another_program(bare: Bare) -> None:
    real = bare.resolv_conf.with_name("stub.conf")
    bare.resolv_conf.rename(real)
    bare.resolv_conf.symlink_to(real)
    with pytest.raises(NotByKernel, match=r"stub.conf"):
        await bare.network().change(BRIDGE)
