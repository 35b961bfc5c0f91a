"""Every change is told once, in words that somebody on call understands."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netconf.kinds import LldpNeighbour
from netconf.model import Address
from netconf.watch.changes import changes, unreachable_gateways
from netconf.watch.events import EventKind
from netconf.watch.view import (
    Answering,
    BondPort,
    BondState,
    Counters,
    Kernel,
    Link,
    Neighbour,
    NmLinkInfo,
    ObservedAddress,
    ObservedRoute,
    Speed,
    Update,
    View,
    apply,
)
from tests.unit.netconf.watch.recorded import EVENTS, after_events, dump

ETH = Link(2, "eth0", up=True, carrier=True, carrier_changes=1, mtu=1500, mac="02:00:00:00:00:05")
BR = Link(3, "br0", "bridge", up=True, carrier=True, mtu=1500)
OWN_ADDRESS = ObservedAddress(2, Address("192.0.2.5", 24), 4)
GATEWAY = ObservedRoute("0.0.0.0/0", "192.0.2.1", 2, 100, 254, "static")
THERE = Neighbour(2, "192.0.2.1", "02:00:00:00:00:01", Answering.REACHABLE)
LACP = BondState("802.3ad", aggregator=1, aggregated_ports=2, partner_mac="02:00:00:00:00:99")
BOND = Link(4, "bond0", "bond", up=True, carrier=True, bond=LACP)
PORT = replace(ETH, controller=4, bond_port=BondPort(True, True, 0, 1, 0x3D, 0x3D))
SWITCH = LldpNeighbour("switch-a", "02:aa", "7")


def view(*updates: Update, routes: Iterable[ObservedRoute] = (), **more: object) -> View:
    kernel = replace(apply(Kernel(), updates), routes=frozenset(routes))
    made = replace(View(kernel), **more)  # type: ignore[arg-type]
    return replace(made, unreachable_gateways=made.unreachable_gateways or unreachable_gateways(frozenset(), made))


CASES: dict[str, tuple[View, View, tuple[tuple[EventKind, str], ...]]] = {
    "a link comes": (view(), view(ETH), ((EventKind.ADDED, "eth0 is there (ethernet)"),)),
    "a link goes with all it had": (
        view(ETH, OWN_ADDRESS, THERE, routes=[GATEWAY]),
        view(),
        ((EventKind.REMOVED, "eth0 is gone"),),
    ),
    "a cable is pulled": (
        view(ETH),
        view(replace(ETH, carrier=False, carrier_changes=2)),
        ((EventKind.DOWN, "eth0 lost its carrier"),),
    ),
    "a link is taken down": (
        view(ETH),
        view(replace(ETH, up=False, carrier=False)),
        ((EventKind.DOWN, "eth0 was taken down"),),
    ),
    "a cable is plugged in": (
        view(replace(ETH, carrier=False)),
        view(ETH, speeds={2: Speed(1000, "full")}),
        ((EventKind.UP, "eth0 has a carrier: 1000 Mbit/s, full duplex"),),
    ),
    "a cable was out so shortly that only its count shows it": (
        view(ETH),
        view(replace(ETH, carrier_changes=3)),
        ((EventKind.UP, "eth0 lost its carrier and has it again (2 changes)"),),
    ),
    "a link is brought up in vain": (
        view(replace(ETH, up=False, carrier=False)),
        view(replace(ETH, carrier=False)),
        ((EventKind.CHANGED, "eth0 was brought up and has no carrier"),),
    ),
    "a link is slower": (
        view(ETH, speeds={2: Speed(1000, "full")}),
        view(ETH, speeds={2: Speed(100, "half")}),
        ((EventKind.SPEED, "The speed of eth0 changed: 100 Mbit/s, half duplex"),),
    ),
    "a link is renamed": (
        view(ETH),
        view(replace(ETH, name="lan")),
        ((EventKind.RENAMED, "eth0 is now called lan"),),
    ),
    "another MTU and MAC": (
        view(ETH),
        view(replace(ETH, mtu=9000, mac="02:00:00:00:00:06")),
        (
            (EventKind.CHANGED, "The MTU of eth0 is 9000 (it was 1500)"),
            (EventKind.CHANGED, "The MAC address of eth0 is 02:00:00:00:00:06 (it was 02:00:00:00:00:05)"),
        ),
    ),
    "a port leaves its bridge": (
        view(replace(ETH, controller=3), BR),
        view(ETH, BR),
        ((EventKind.CONTROLLER, "eth0 is no longer a port of br0"),),
    ),
    "a port joins a bridge that was made for it": (
        view(ETH),
        view(replace(ETH, controller=3), BR),
        (
            (EventKind.ADDED, "br0 is there (bridge)"),
            (EventKind.CONTROLLER, "eth0 is a port of br0"),
        ),
    ),
    "an address comes": (
        view(ETH),
        view(ETH, OWN_ADDRESS),
        ((EventKind.ADDRESS_ADDED, "eth0 has 192.0.2.5/24 (static)"),),
    ),
    "a lease comes": (
        view(ETH),
        view(ETH, replace(OWN_ADDRESS, lent=True)),
        ((EventKind.ADDRESS_ADDED, "eth0 has 192.0.2.5/24 (dhcp)"),),
    ),
    "a lease is renewed": (view(ETH, replace(OWN_ADDRESS, flags=0)), view(ETH, replace(OWN_ADDRESS, flags=0x200)), ()),
    "an address goes": (
        view(ETH, OWN_ADDRESS),
        view(ETH),
        ((EventKind.ADDRESS_REMOVED, "eth0 no longer has 192.0.2.5/24"),),
    ),
    "a link-local address is nothing to tell of": (
        view(ETH),
        view(ETH, ObservedAddress(2, Address("fe80::5", 64), 6, scope=253)),
        (),
    ),
    "another machine has the address": (
        view(ETH, OWN_ADDRESS),
        view(ETH, replace(OWN_ADDRESS, flags=0x08)),
        ((EventKind.ADDRESS_DUPLICATE, "192.0.2.5 on eth0 is not used: another machine has it"),),
    ),
    "a default route comes, the kernel's own beside it": (
        view(ETH),
        view(ETH, routes=[GATEWAY, ObservedRoute("192.0.2.0/24", "", 2, 0, 254, "kernel")]),
        ((EventKind.ROUTE_ADDED, "Default route over 192.0.2.1 on eth0 (static)"),),
    ),
    "a route in a table of its own goes": (
        view(ETH, routes=[ObservedRoute("203.0.113.0/24", "192.0.2.9", 2, 0, 7, "static")]),
        view(ETH),
        ((EventKind.ROUTE_REMOVED, "No longer: Route to 203.0.113.0/24 over 192.0.2.9 on eth0 in table 7 (static)"),),
    ),
    "a gateway falls silent": (
        view(ETH, THERE, routes=[GATEWAY]),
        view(ETH, replace(THERE, state=Answering.FAILED), routes=[GATEWAY]),
        ((EventKind.GATEWAY_UNREACHABLE, "The gateway 192.0.2.1 on eth0 does not answer"),),
    ),
    "a silent neighbour that is no gateway": (
        view(ETH, THERE),
        view(ETH, replace(THERE, state=Answering.FAILED)),
        (),
    ),
    "a gateway answers again": (
        view(ETH, replace(THERE, state=Answering.FAILED), routes=[GATEWAY]),
        view(ETH, THERE, routes=[GATEWAY]),
        ((EventKind.GATEWAY_ANSWERS, "The gateway 192.0.2.1 on eth0 answers again"),),
    ),
    "a switch is heard": (
        view(ETH, nm_links={"eth0": NmLinkInfo("lan", lldp=())}),
        view(ETH, nm_links={"eth0": NmLinkInfo("lan", lldp=(SWITCH,))}),
        ((EventKind.LLDP, "eth0 is plugged into port 7 of switch-a"),),
    ),
    "a switch is heard no more": (
        view(ETH, nm_links={"eth0": NmLinkInfo("lan", lldp=(SWITCH,))}),
        view(ETH, nm_links={"eth0": NmLinkInfo("lan", lldp=())}),
        ((EventKind.LLDP, "eth0 no longer hears port 7 of switch-a"),),
    ),
    "frames with errors": (
        view(ETH, counters={"eth0": Counters(rx_errors=2)}),
        view(ETH, counters={"eth0": Counters(rx_errors=5, rx_dropped=9, tx_errors=1)}),
        ((EventKind.ERRORS, "eth0 counts more frames with errors: 3 received, 1 sent"),),
    ),
    "a bond sends through its other port": (
        view(ETH, replace(BOND, bond=BondState("active-backup", active_port=9))),
        view(ETH, replace(BOND, bond=BondState("active-backup", active_port=2))),
        ((EventKind.BOND, "bond0 now sends through eth0"),),
    ),
    "a bond has nothing left": (
        view(ETH, replace(BOND, bond=BondState("active-backup", active_port=2))),
        view(ETH, replace(BOND, bond=BondState("active-backup"))),
        ((EventKind.BOND, "bond0 has no port that works"),),
    ),
    "a bond loses a port": (
        view(BOND, PORT),
        view(BOND, replace(PORT, bond_port=BondPort(False, False, 3, 1, 0x05, 0))),
        (
            (EventKind.BOND_PORT_DOWN, "bond0 cannot use eth0 (3 failures so far)"),
            (EventKind.LACP, "LACP on eth0 in bond0: no carrier"),
        ),
    ),
    "the switch forgets LACP": (
        view(BOND, PORT),
        view(
            replace(BOND, bond=replace(LACP, partner_mac="00:00:00:00:00:00")),
            replace(PORT, bond_port=BondPort(True, True, 0, 1, 0x45, 0)),
        ),
        (
            (EventKind.LACP, "bond0 has no partner"),
            (EventKind.LACP, "LACP on eth0 in bond0: no partner"),
        ),
    ),
    "it drifts": (
        view(ETH, drift=()),
        view(ETH, drift=("Set the MTU of eth0 to 1500 (it is 1400)",)),
        ((EventKind.DRIFT, "Not as it was confirmed; to do: Set the MTU of eth0 to 1500 (it is 1400)"),),
    ),
    "it is back": (
        view(ETH, drift=("Remove br0",)),
        view(ETH, drift=()),
        ((EventKind.DRIFT_OVER, "The network is again as it was confirmed"),),
    ),
    "nothing was ever confirmed": (view(ETH, drift=("Remove br0",)), view(ETH, drift=None), ()),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_said(name: str) -> None:
    before, after, expected = CASES[name]
    assert {(event.kind, event.description) for event in changes(before, after)} == set(expected)
    assert len(changes(before, after)) == len(expected)


@pytest.mark.parametrize("name", CASES)
def test_what_stays_is_not_told_of(name: str) -> None:
    for same in CASES[name][:2]:
        assert changes(same, same) == ()


def test_a_gateway_that_is_asked_again_is_still_silent() -> None:
    silent = view(ETH, replace(THERE, state=Answering.FAILED), routes=[GATEWAY])
    for state in (Answering.ASKED, Answering.STALE):
        asked = view(ETH, replace(THERE, state=state), routes=[GATEWAY])
        assert unreachable_gateways(silent.unreachable_gateways, asked) == silent.unreachable_gateways != frozenset()
        assert unreachable_gateways(frozenset(), asked) == frozenset()
    forgotten = view(ETH, routes=[GATEWAY])
    assert unreachable_gateways(silent.unreachable_gateways, forgotten) == silent.unreachable_gateways


@settings(max_examples=20)
@given(st.integers(0, len(EVENTS)))
def test_of_what_a_kernel_said_everything_has_words(until: int) -> None:
    before, after = dump("before"), after_events(dump("before"), EVENTS[:until])
    for event in changes(View(before), View(after)):
        assert event.description
        assert "None" not in event.description
