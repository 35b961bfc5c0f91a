"""The bad configurations, the bad moments and who is to stop each: what the table shows line by line."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from netconf.kernel.observe import observe
from tests.integration.lockout import dying
from tests.integration.lockout.deaths import at_each_step
from tests.integration.lockout.documents import (
    BAD_DOCUMENTS,
    GOOD,
    MORE_ADDRESS,
    NOBODY,
    OFF,
    TO_BRIDGE,
    TO_NIC,
    TWO_ADDRESSES,
    bridge,
    gone,
    interfaces,
    ipv4,
    nic,
    ports,
    routed_by,
)
from tests.integration.lockout.dying import Death
from tests.integration.lockout.entries import Attempt, Document, End
from tests.integration.lockout.node import VLAN_START
from tests.integration.lockout.trial import Bad
from tests.integration.lockout.world import World

_CHECKS, _NETWORKMANAGER, _PROOF, _TIME = "checks of the wish", "does not come up", "no proof over it", "time is over"
_STOPPED_BY = {
    **dict.fromkeys(("MTU beyond the NIC's", "typos and unknown keys", "contradictions"), _CHECKS),
    **dict.fromkeys(("gateway is the machine itself", "NIC down"), _CHECKS),
    **dict.fromkeys(("duplicate address", "the gateway's address"), _NETWORKMANAGER),
}
_BRIDGE_GONE_CALL = 4  # the call to NetworkManager before which the bridge is gone and the NIC not up yet
_DHCP = interfaces(bridge(ipv4={"enabled": True, "dhcp": True}))


def _asks_for(document: Document) -> Callable[[World], Awaitable[Attempt]]:
    return lambda here: here.change(document)


async def _dhcp_of_another_network(here: World) -> Attempt:
    here.site.serve_dhcp()
    return await here.change(_DHCP)


async def _dead_name_server(here: World) -> Attempt:
    here.site.serve_dns()
    return await here.change({"dns-resolver": {"config": {"server": [NOBODY]}}})


async def _mac_that_the_switch_drops(here: World) -> Attempt:
    here.site.only_known_macs("52:54:00:00:00:01")
    return await here.change(interfaces(bridge(**{"mac-address": "52:54:00:00:00:99"})))


async def _changed_meanwhile(here: World, document: Document, do: Callable[[], None]) -> Attempt:
    """`do` comes before the second call to NetworkManager that changes something."""
    dying.order(here.node.folder, Death.PAUSE, 2)
    change = asyncio.create_task(here.change(document))
    while not change.done() and not dying.has_struck(here.node.folder):  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.05)
    do()
    dying.countermand(here.node.folder)
    return await change


async def _cable_pulled_during_the_change(here: World) -> Attempt:
    attempt = await _changed_meanwhile(here, TO_NIC, here.site.pull)
    await asyncio.sleep(here.within_s)
    here.site.plug_back()
    return attempt


async def _cable_pulled_before_the_confirmation(here: World) -> Attempt:
    attempt = await here.change_only(TO_NIC)
    here.site.pull()
    await asyncio.sleep(here.within_s)
    here.site.plug_back()
    return attempt


async def _nobody_confirms(here: World) -> Attempt:
    return await here.change_only(TO_NIC)


async def _two_at_once(here: World) -> Attempt:
    first, second = await asyncio.gather(
        here.change(BAD_DOCUMENTS["gateway that nobody is"]), here.change(BAD_DOCUMENTS["no address"])
    )
    ended = second if first.end is End.CONFIRMED else first  # "already so", seen while the other's change was in force
    return Attempt(ended.end, f"{first.description}; {second.description}")


async def _disk_full(here: World) -> Attempt:
    here.node.fill_disk()
    attempt = await here.change(TO_NIC)
    await asyncio.sleep(here.within_s)
    here.node.empty_disk()
    return attempt


async def _nobody_confirms_and_networkmanager_dies(here: World) -> Attempt:
    attempt = await here.change_only(BAD_DOCUMENTS["no address"])
    here.node.kill("nm")
    return attempt


async def _nobody_confirms_and_networkmanager_dies_for_good(here: World) -> Attempt:
    attempt = await here.change_only(BAD_DOCUMENTS["no address"])
    here.node.mask()
    await _reachable_without_networkmanager(here)
    return attempt


async def _networkmanager_dies_for_good_in_the_change(here: World) -> Attempt:
    dying.order(here.node.folder, Death.FOR_GOOD, _BRIDGE_GONE_CALL)
    attempt = await here.change(TO_NIC)
    await _reachable_without_networkmanager(here)
    return attempt


async def _nobody_confirms_and_the_agent_dies(here: World) -> Attempt:
    attempt = await here.change_only(BAD_DOCUMENTS["no address"])
    here.node.kill("agent")
    return attempt


async def _nobody_confirms_and_the_power_is_cut(here: World) -> Attempt:
    attempt = await here.change_only(BAD_DOCUMENTS["no address"])
    await here.power_cycle()
    return attempt


async def _networkmanager_is_dead(here: World) -> Attempt:
    """All of it has to be over before it lives again: it would mend what it knows of."""
    here.node.mask()
    attempt = await here.change(BAD_DOCUMENTS["no address"])
    await _reachable_without_networkmanager(here)
    return attempt


async def _networkmanager_and_the_agent_are_dead(here: World) -> Attempt:
    here.node.mask()
    attempt = await here.change_only(BAD_DOCUMENTS["no address"])
    here.node.kill("agent")
    await _reachable_without_networkmanager(here)
    return attempt


async def _reachable_without_networkmanager(here: World) -> None:
    begun = time.monotonic()
    if not await here.until(lambda: here.operator.sight.reachable_since(begun), here.pace.back_s):
        raise AssertionError(f"with NetworkManager dead it does not come back:\n{here.node.log}")
    here.node.let_live()


async def _networkmanager_comes_back_before_it_is_confirmed(here: World) -> Attempt:
    here.node.mask()
    attempt = await here.change_only(TO_NIC)
    here.node.let_live()
    return attempt


async def _networkmanager_comes_back_after_the_rollback(here: World) -> Attempt:
    """The bridge was made anew meanwhile; it has to be its own again, with its name servers."""
    here.node.mask()
    attempt = await here.change_only(TO_NIC)
    async with asyncio.timeout(here.pace.back_s):
        while (await asyncio.to_thread(observe, here.node.netns)).interface("ovirtmgmt") is None:  # noqa: ASYNC110 - a kernel
            await asyncio.sleep(0.2)
    await _reachable_without_networkmanager(here)
    return attempt


async def _networkmanager_comes_back_after_it_is_confirmed(here: World) -> Attempt:
    """What was confirmed without it holds, also over a boot."""
    here.node.mask()
    attempt = await here.change(GOOD)
    here.node.let_live()
    if attempt.end is not End.CONFIRMED:
        raise AssertionError(f"a good change does not work without it: {attempt.description}\n{here.node.log}")
    if not await here.until(lambda: any(MORE_ADDRESS in text for text in here.node.on_disk().values()), 60):
        raise AssertionError(f"it is not given what was confirmed:\n{here.node.log}")
    await here.power_cycle()
    if not await here.becomes(GOOD, here.pace.up_s):
        raise AssertionError(f"what was confirmed is not there after a boot:\n{here.node.log}")
    return attempt


def _long(name: str, stopped_by: str, death: Death, *, to_bridge: bool = False) -> Bad:
    async def act(here: World) -> Attempt:
        return await at_each_step(here, death, to_bridge=to_bridge)

    return Bad(name, stopped_by, act, TO_BRIDGE, good=GOOD, long=True)


def _bad(name: str, stopped_by: str, act: Callable[[World], Awaitable[Attempt]]) -> Bad:
    return Bad(name, stopped_by, act, good=GOOD)


def _in_vlan(tag: int) -> Document:
    """The management address in that VLAN instead of 7."""
    name = f"host0.{tag}"
    vlan = {"name": name, "type": "vlan", "state": "up", "vlan": {"base-iface": "host0", "id": tag}}
    return interfaces(gone("host0.7", "vlan"), vlan | {"ipv4": ipv4(), "ipv6": OFF}) | routed_by(name)


def _over_bond(mode: str, **options: int) -> Document:
    """The management bridge over a bond of the two other NICs."""
    inside = {"mode": mode, "port": ["eth1", "eth2"], "options": {"miimon": 100, **options}}
    bond = {"name": "bond0", "type": "bond", "state": "up", "link-aggregation": inside, "ipv4": OFF, "ipv6": OFF}
    return interfaces(bond, bridge(bridge=ports("bond0")))


async def _bond_without_partner(here: World) -> Attempt:
    for port in ("port1", "port2"):
        here.site.plug_back(port)
    return await here.change(
        _over_bond("802.3ad", min_links=2)
    )  # with one link the kernel goes on alone, and that works


_VLAN_7 = {"base-iface": "host0", "id": 7}


def _on_vlan(name: str, document: Document) -> Bad:
    more = interfaces({"name": "host0.7", "type": "vlan", "state": "up", "vlan": _VLAN_7, "ipv4": TWO_ADDRESSES})
    return Bad(name, _PROOF, _asks_for(document), start=VLAN_START, good=more, needs=("8021q",))


_VRF = {"name": "vrf9", "type": "vrf", "state": "up", "vrf": {"route-table-id": 9, "port": ["ovirtmgmt"]}}
_FILTERED = {"port": [{"name": "host0", "vlan": {"mode": "access", "tag": 12}}]}

# They need modules that not every kernel has: they run in a guest.
IN_GUEST = (
    _on_vlan("wrong VLAN", _in_vlan(8)),
    _on_vlan("no VLAN where there is one", interfaces(gone("host0.7", "vlan"), nic(ipv4=ipv4())) | routed_by("host0")),
    Bad("802.3ad, switch without LACP", _PROOF, _bond_without_partner, good=GOOD, needs=("bonding",)),
    Bad("bond without any carrier", _PROOF, _asks_for(_over_bond("active-backup")), good=GOOD, needs=("bonding",)),
    Bad("VRF takes the management", _CHECKS, _asks_for(interfaces(_VRF)), good=GOOD, needs=("vrf",)),
    Bad(
        "VLAN filter on its port", _PROOF, _asks_for(interfaces(bridge(bridge=_FILTERED))), good=GOOD, needs=("bridge",)
    ),
)

SCENARIOS = (
    *(_bad(name, _STOPPED_BY.get(name, _PROOF), _asks_for(document)) for name, document in BAD_DOCUMENTS.items()),
    _bad("DHCP: nobody answers", _NETWORKMANAGER, _asks_for(_DHCP)),
    _bad("DHCP: another network", _PROOF, _dhcp_of_another_network),
    _bad("DNS dead", _PROOF, _dead_name_server),
    _bad("MAC that the switch drops", _PROOF, _mac_that_the_switch_drops),
    _bad("cable pulled in the change", _PROOF, _cable_pulled_during_the_change),
    _bad("cable pulled before confirming", _PROOF, _cable_pulled_before_the_confirmation),
    _bad("nobody confirms", _TIME, _nobody_confirms),
    _bad("two changes at once", _PROOF, _two_at_once),
    _bad("disk full", "cannot be saved", _disk_full),
    _bad("NIC without cable in the bridge", _PROOF, _asks_for(interfaces(bridge(bridge=ports("eth1"))))),
    _bad("NetworkManager dies unconfirmed", _TIME, _nobody_confirms_and_networkmanager_dies),
    _bad("NetworkManager dies for good", "deputy", _nobody_confirms_and_networkmanager_dies_for_good),
    _bad("the same within the change", "deputy", _networkmanager_dies_for_good_in_the_change),
    _bad("NetworkManager is dead", "watchdog", _networkmanager_is_dead),
    _bad("NetworkManager, agent are dead", "watchdog", _networkmanager_and_the_agent_are_dead),
    _bad("dead, back before confirming", "hand-over", _networkmanager_comes_back_before_it_is_confirmed),
    _bad("dead, back after it went back", "hand-over", _networkmanager_comes_back_after_the_rollback),
    Bad(
        "dead, back after confirming",
        "nobody: is kept",
        _networkmanager_comes_back_after_it_is_confirmed,
        GOOD,
        good=TO_NIC,
    ),
    _bad("agent dies unconfirmed", _TIME, _nobody_confirms_and_the_agent_dies),
    _bad("power cut unconfirmed", "what is on the disk", _nobody_confirms_and_the_power_is_cut),
    _long("process killed at each step", "checkpoint", Death.PROCESS),
    _long("NetworkManager killed at each step", "recovery", Death.NETWORKMANAGER),
    _long("power cut at each step", "disk, recovery", Death.FREEZE),
    _long("the same, from NIC to bridge", "disk, recovery", Death.FREEZE, to_bridge=True),
)
