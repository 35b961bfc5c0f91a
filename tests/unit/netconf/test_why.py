"""What `trivet net why` says, as tables."""

from dataclasses import replace

import pytest

from netconf.change_store import Ended
from netconf.kernel.lookup import RouteLookup
from netconf.model import IpConfig
from netconf.planning.plan import Step
from netconf.why import NoSuchPlace, why_change, why_destination, why_interface
from tests.unit.netconf.states import AFTER, BEFORE, nic

THERE = "203.0.113.5"


def test_a_bridge_and_its_port() -> None:
    bridge, port = AFTER.interface("ovirtmgmt"), AFTER.interface("host0")
    assert bridge is not None
    assert port is not None
    said = why_interface(bridge, AFTER, (Step("ovirtmgmt", "Set its MTU"), Step("eth9", "Bring it up")))
    assert said == [
        "ovirtmgmt is a linux-bridge, made on this host",
        "Its ports are host0",
        "ovirtmgmt is up and has a link",
        "IPv4 192.0.2.11/24, static",
        "IPv6 is off",
        "Route 0.0.0.0/0 over 192.0.2.1 on ovirtmgmt, metric 100",
        "Its MTU is 1500",
        "Differs from what was confirmed: Set its MTU",
    ]
    assert "It is a port of ovirtmgmt, a linux-bridge: addresses belong there, not here" in why_interface(
        port, AFTER, ()
    )


def test_an_end_of_a_pair() -> None:
    assert why_interface(replace(nic("v1"), peer="v1p"), BEFORE, ())[:2] == [
        "v1 is a veth, made on this host",
        "Its other end is v1p",
    ]


def test_dhcp_that_nobody_answers() -> None:
    asking = nic(ipv4=IpConfig(enabled=True, dhcp=True))
    assert "IPv4 is asked for by DHCP, and nobody has answered yet" in why_interface(asking, BEFORE, ())


@pytest.mark.parametrize(
    ("route", "first"),
    [
        (RouteLookup(THERE, interface="host0", table=50), f"Packets to {THERE} leave by host0 directly, by table 50"),
        (RouteLookup(THERE, kind="blackhole"), f"Packets to {THERE} are dropped by a route or rule (blackhole)"),
        (RouteLookup(THERE, kind="here"), f"{THERE} is this host itself"),
        (
            RouteLookup(THERE, interface="host0", next_hop="192.0.2.1", source="192.0.2.11", table=254),
            f"Packets to {THERE} leave by host0 over the gateway 192.0.2.1, from 192.0.2.11",
        ),
        ("Network is unreachable", f"There is no way to {THERE}: Network is unreachable"),
    ],
)
async def test_a_destination(route: RouteLookup | str, first: str) -> None:
    said = await why_destination(THERE, BEFORE, route_lookup=lambda address: route)
    assert said[0] == first


async def test_a_silent_gateway_is_named() -> None:
    silent = RouteLookup(THERE, interface="host0", next_hop="192.0.2.1", neighbour="silent")
    assert "192.0.2.1 on the link: silent" in await why_destination(THERE, BEFORE, route_lookup=lambda address: silent)


async def test_what_is_nothing() -> None:
    with pytest.raises(NoSuchPlace, match="Interfaces are host0"):
        await why_destination("nobody.invalid", BEFORE)


def test_the_last_change() -> None:
    assert why_change(None, None, None) == ["No change of the network is known of"]
    ended = Ended(False, "the gateway does not answer", ("Make the bridge br0",), 0.0)
    first, step, drift = why_change(None, ended, ())
    assert first.startswith("The last change was not kept (19")
    assert first.endswith("): the gateway does not answer")
    assert (step, drift) == ("  Make the bridge br0", "The network does not differ from what was confirmed last")
