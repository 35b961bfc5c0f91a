"""What cannot come true is refused before anything is tried, and what may become of a change is warned of."""

from dataclasses import replace
from typing import Any

import pytest

from netconf import errors
from netconf.document import parse
from netconf.errors import Refused
from netconf.kinds import Bridge, Vlan
from netconf.model import (
    Dns,
    Interface,
    IpConfig,
    LinkState,
    LinkType,
    NetworkState,
    Route,
)
from netconf.planning.preview import preview
from tests.integration.lockout.documents import BAD_DOCUMENTS, TO_NIC
from tests.unit.netconf.desired import (
    DHCP,
    HOST,
    OFF,
    bond,
    bridge,
    descriptions,
    desired_document,
    nic,
    route,
    v4,
    v6,
    why,
    with_eth0,
)
from tests.unit.netconf.states import AFTER, DOCUMENT


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        # A route over what has no IPv4, no IPv6, is down, is a port or goes.
        (desired_document(routes=[route("0.0.0.0/0", "192.0.2.1", "eth1")]), errors.RouteNowhere, "no IPv4"),
        (
            desired_document({"name": "eth0", "ipv4": OFF}, routes=[route("198.18.0.0/15", "192.0.2.9", "eth0")]),
            errors.RouteNowhere,
            "no IPv4",
        ),
        (
            desired_document(
                {"name": "eth0", "ipv4": {"enabled": True, "address": []}},
                routes=[route("198.18.0.0/15", None, "eth0")],
            ),
            errors.RouteNowhere,
            "no IPv4",
        ),
        (
            desired_document({"name": "eth1", "ipv6": OFF}, routes=[route("::/0", "fe80::1", "eth1")]),
            errors.RouteNowhere,
            "no IPv6",
        ),
        (
            desired_document({"name": "eth0", "state": "down"}, routes=[route("198.18.0.0/15", "192.0.2.9", "eth0")]),
            errors.RouteNowhere,
            "not up",
        ),
        (
            desired_document({"name": "eth0", "state": "absent"}, routes=[route("198.18.0.0/15", "192.0.2.9", "eth0")]),
            errors.RouteNowhere,
            "not up",
        ),
        # A gateway that nobody can be.
        (desired_document(routes=[route("0.0.0.0/0", "192.0.2.11", "eth0")]), errors.BadGateway, "this machine itself"),
        (desired_document(routes=[route("198.18.0.0/15", "198.51.100.11", "eth0")]), errors.BadGateway, "of eth22"),
        (desired_document(routes=[route("198.18.0.0/15", "192.0.2.255", "eth0")]), errors.BadGateway, "broadcast"),
        (
            desired_document(routes=[route("198.18.0.0/15", "192.0.2.0", "eth0")]),
            errors.BadGateway,
            "names the network",
        ),
        (
            desired_document(
                {"name": "eth0", "ipv4": v4("192.0.2.7")}, routes=[route("198.18.0.0/15", "192.0.2.7", "eth0")]
            ),
            errors.BadGateway,
            "this machine itself",
        ),
        (
            desired_document({"name": "eth0", "ipv6": v6()}, routes=[route("::/0", "2001:DB8:0::11", "eth0")]),
            errors.BadGateway,
            "this machine itself",
        ),
        # Routes that the kernel cannot tell apart.
        (
            desired_document(
                routes=[route("::/0", "fe80::1", "eth0", metric=50), route("::/0", "fe80::2", "eth0", metric=50)]
            ),
            errors.RoutesAlike,
            "metric 50",
        ),
        (
            desired_document(
                routes=[route("::/0", "fe80::1", "eth0", metric=50), route("::/0", "fe80::2", "eth1", metric=50)]
            ),
            errors.RoutesAlike,
            "metric 50",
        ),
        (
            desired_document(routes=[route("::/0", "fe80::1", "eth0"), route("::/0", "fe80::2", "eth0")]),
            errors.RoutesAlike,
            "no metric",
        ),
        (
            desired_document(
                routes=[
                    route("198.18.0.0/15", "192.0.2.1", "eth0", metric=7),
                    route("198.18.0.0/15", "198.51.100.1", "eth22", metric=7),
                ]
            ),
            errors.RoutesAlike,
            "metric 7",
        ),
        (
            desired_document(routes=[route("0.0.0.0/0", "198.51.100.1", "eth22", metric=100)]),
            errors.RoutesAlike,
            "metric 100",
        ),
        # Names that nobody could be asked for.
        (
            desired_document({"name": "eth0", "ipv4": OFF}, {"name": "eth22", "ipv4": OFF}, dns=["192.0.2.54"]),
            errors.NothingAsks,
            "IPv4",
        ),
        (desired_document(dns=["2001:db8::53"]), errors.NothingAsks, "IPv6"),
        (
            desired_document(
                {"name": "eth0", "state": "down"}, {"name": "eth22", "state": "absent"}, dns=["192.0.2.54"]
            ),
            errors.NothingAsks,
            "IPv4",
        ),
        # What else cannot be.
        (desired_document({"name": "eth1", "ipv4": v4()}), errors.AddressTwice, "eth0"),
        (desired_document({"name": "eth1", "ipv4": v4("192.0.2.11", 25)}), errors.AddressTwice, "eth0"),
        (desired_document(bridge("eth1", ipv4=v4("198.51.100.11"))), errors.AddressTwice, "eth22"),
        (desired_document({"name": "eth0", "mtu": 1279}), errors.TooNarrow, "1280"),
        (desired_document({"name": "eth1", "mtu": 68, "ipv6": v6()}), errors.TooNarrow, "1280"),
        (desired_document({"name": "eth1", "wait-ip": "ipv4"}), errors.WaitsForEver, "IPv4"),
        (
            desired_document({"name": "eth1", "wait-ip": "ipv4+ipv6", "ipv4": v4("192.0.2.9"), "ipv6": OFF}),
            errors.WaitsForEver,
            "IPv6",
        ),
        (
            desired_document(
                {"name": "eth1.7", "type": "vlan", "vlan": {"base-iface": "eth1", "id": 7}},
                {"name": "eth1", "state": "down"},
            ),
            errors.BaseDown,
            "eth1",
        ),
        (desired_document(bridge("eth1"), bridge("br0") | {"name": "br1"}), errors.BadPort, "linux-bridge"),
        (desired_document(bridge("eth1", **{"copy-mac-from": "eth9"})), errors.NoSuchInterface, "none of that name"),
    ],
)
def test_what_cannot_come_true_is_refused(given: dict[str, Any], error: type[Refused], message: str) -> None:
    refused = why(given)
    assert isinstance(refused, error), refused
    assert message in str(refused)


def test_a_vlan_that_is_there_by_another_name() -> None:
    there = Interface("blue", LinkType.VLAN, ipv4=IpConfig(), ipv6=IpConfig(), vlan=Vlan("eth0", 7))
    observed = replace(HOST, interfaces=(*HOST.interfaces, there))
    given = {"name": "eth0.7", "type": "vlan", "vlan": {"base-iface": "eth0", "id": 7}}
    assert isinstance(why(desired_document(given), observed), errors.VlanTwice)
    assert descriptions(desired_document(given, {"name": "blue", "type": "vlan", "state": "absent"}), observed)


@pytest.mark.parametrize("name", ["host0", "eth1"])
def test_a_port_is_not_brought_down(name: str) -> None:
    observed = replace(AFTER, interfaces=(*AFTER.interfaces, nic("eth1")))
    given = desired_document({"name": name, "state": "down"})
    if name == "host0":
        assert isinstance(why(given, observed), errors.PortDown)
        plugged = bridge("eth1") | {"name": "ovirtmgmt"}
        assert descriptions(desired_document({"name": name, "state": "down"}, plugged), observed)
    else:
        assert descriptions(given, observed)


def test_dhcp_that_brings_name_servers() -> None:
    observed = with_eth0(ipv4=DHCP)
    assert isinstance(why(desired_document(dns=[]), observed), errors.NamesComeAlong)
    assert descriptions(
        desired_document({"name": "eth0", "ipv4": {"enabled": True, "dhcp": True, "auto-dns": False}}, dns=[]), observed
    )
    assert descriptions(desired_document(dns=["192.0.2.54"]), observed)


@pytest.mark.parametrize(
    "given",
    [
        desired_document(
            routes=[route("::/0", "fe80::1", "eth0", metric=50), route("::/0", "fe80::2", "eth0", metric=51)]
        ),
        desired_document(routes=[route("0.0.0.0/0", "198.51.100.1", "eth22")]),
        desired_document(
            routes=[
                route("0.0.0.0/0", "198.51.100.1", "eth22", metric=100),
                route("0.0.0.0/0", None, "eth0", state="absent"),
            ]
        ),
        desired_document(
            {"name": "eth0", "ipv4": OFF},
            {"name": "eth1", "ipv4": v4()},
            routes=[route("0.0.0.0/0", "192.0.2.1", "eth1")],
        ),
        desired_document({"name": "eth1", "mtu": 1000, "ipv6": OFF}),
        desired_document({"name": "eth0", "mtu": 1280}),
        desired_document({"name": "eth1", "ipv4": {"enabled": True, "dhcp": True}}, dns=["192.0.2.54"]),
        desired_document({"name": "eth1", "ipv6": {"enabled": True, "autoconf": True}}, dns=["2001:db8::53"]),
        desired_document(dns=["127.0.0.1"]),
    ],
)
def test_what_can_come_true_is_planned(given: dict[str, Any]) -> None:
    assert descriptions(given)


@pytest.mark.parametrize(
    "hop",
    [
        "0.0.0.0",
        "0.0.0.7",
        "::",
        "224.0.0.1",
        "239.1.2.3",
        "ff02::1",
        "127.0.0.1",
        "127.9.9.9",
        "::1",
        "255.255.255.255",
        "fe80::1%eth0",
    ],
)
def test_an_address_that_no_gateway_has_is_a_mistake_of_the_document(hop: str) -> None:
    destination = "::/0" if ":" in hop else "0.0.0.0/0"
    with pytest.raises(errors.BadDocument, match="next-hop-address"):
        parse(desired_document(routes=[route(destination, hop, "eth0")]))


@pytest.mark.parametrize(
    "server", ["0.0.0.0", "::", "224.0.0.1", "ff02::fb", "255.255.255.255", "fe80::1%eth0", "192.0.2.0/24"]
)
def test_an_address_that_no_name_server_has_is_a_mistake_of_the_document(server: str) -> None:
    with pytest.raises(errors.BadDocument, match="dns-resolver"):
        parse(desired_document(dns=[server]))


def test_addresses_are_taken_as_the_kernel_writes_them() -> None:
    given = parse(
        desired_document(routes=[route("2001:DB8:0::/48", "FE80:0::1", "eth0", metric=0)], dns=["2001:0DB8::53"])
    )
    assert given.routes == (Route("2001:db8::/48", "fe80::1", "eth0"),)
    assert given.dns == Dns(("2001:db8::53",))


def _uplinks(**stp: Any) -> dict[str, Any]:
    inside = {"port": [{"name": "eth1"}, {"name": "eth3"}], "options": {"stp": stp} if stp else {}}
    return desired_document({"name": "br0", "type": "linux-bridge", "state": "up", "bridge": inside})


MORE = replace(HOST, interfaces=(*HOST.interfaces, nic("eth3")))


@pytest.mark.parametrize(
    ("given", "observed", "named"),
    [
        (_uplinks(), MORE, "eth1, eth3"),
        (_uplinks(enabled=False), MORE, "eth1, eth3"),
        (desired_document(bridge("eth1", "bond0"), bond("eth3")), MORE, "bond0, eth1"),
        (
            desired_document(
                bridge("eth1", "eth3.7"), {"name": "eth3.7", "type": "vlan", "vlan": {"base-iface": "eth3", "id": 7}}
            ),
            MORE,
            "eth1, eth3.7",
        ),
    ],
)
def test_two_ways_out_of_a_bridge_without_stp(given: dict[str, Any], observed: NetworkState, named: str) -> None:
    (warning,) = preview(parse(given), observed).warnings
    assert f"br0 has several ways out ({named}) and no STP" in warning


@pytest.mark.parametrize(
    "given",
    [
        _uplinks(enabled=True),
        desired_document(bridge("bond0"), bond("eth1", "eth3")),
        desired_document(bond("eth1", "eth3")),
        desired_document(bridge("eth1")),
        desired_document(bridge("eth1", "v1"), {"name": "v1", "type": "veth", "veth": {"peer": "v1p"}}),
        desired_document(bridge("eth1", "dummy0"), {"name": "dummy0", "type": "dummy"}),
    ],
)
def test_no_warning_without_a_reason(given: dict[str, Any]) -> None:
    assert preview(parse(given), MORE).warnings == ()


def test_taps_are_no_ways_out_and_what_is_so_already_is_not_warned_of() -> None:
    tap = Interface("vnet0", LinkType.TUN, controller="br0", ipv4=IpConfig(), ipv6=IpConfig())
    inside = Bridge(("eth1", "eth3", "vnet0"), stp=False)
    br0 = Interface("br0", LinkType.LINUX_BRIDGE, mtu=1500, ipv4=IpConfig(), ipv6=IpConfig(), bridge=inside)
    ports = [replace(i, controller="br0") if i.name in ("eth1", "eth3") else i for i in MORE.interfaces]
    observed = replace(MORE, interfaces=(*ports, br0, tap))
    assert preview(parse(_uplinks()), observed) == preview(NetworkState(), observed)
    more = parse(desired_document({"name": "br0", "type": "linux-bridge", "mtu": 1400}))
    assert "(eth1, eth3)" in preview(more, observed).warnings[0]


def test_a_gateway_in_no_network_is_made_and_warned_of() -> None:
    (warning,) = preview(parse(desired_document(routes=[route("198.18.0.0/15", "203.0.113.1", "eth0")])), HOST).warnings
    assert "203.0.113.1 is in no network of eth0" in warning
    assert preview(parse(desired_document(routes=[route("198.18.0.0/15", "192.0.2.9", "eth0")])), HOST).warnings == ()


def test_bad_documents_of_the_lock_out_trials_that_never_get_as_far_as_the_kernel() -> None:
    refused = []
    for name, given in BAD_DOCUMENTS.items():
        try:
            preview(parse(given), AFTER)
        except Refused:
            refused.append(name)
    assert set(refused) >= {"gateway is the machine itself", "NIC down", "typos and unknown keys", "contradictions"}
    assert preview(parse(TO_NIC), AFTER).steps


def test_a_wish_that_has_come_true_is_neither_refused_nor_warned_of() -> None:
    down = Interface("eth9", state=LinkState.DOWN, ipv4=IpConfig(), ipv6=IpConfig())
    observed = replace(AFTER, interfaces=(*AFTER.interfaces, down))
    assert preview(parse(DOCUMENT), observed).steps == ()
