"""What the kernel says, read into the model; messages have the shape that pyroute2 gives them."""

import socket
from typing import Any

from netconf.kernel.observe import from_netlink
from netconf.kinds import Bridge
from netconf.model import Address, Interface, IpConfig, LinkState, LinkType, Route

KINDS = {"bridge": {"IFLA_BR_FORWARD_DELAY": 1500, "IFLA_BR_STP_STATE": 1}}


def link(index: int, name: str, kind: str | None = None, **more: Any) -> dict[str, Any]:
    info = {"linkinfo": {"IFLA_INFO_KIND": kind, "IFLA_INFO_DATA": KINDS.get(kind, {})}} if kind else {}
    plain = {"index": index, "ifname": name, "flags": 1, "ifi_type": 1, "mtu": 1500, "carrier": 1, "address": "m"}
    return plain | info | more


def address(index: int, ip: str, length: int, *, flags: int = 0x80, scope: int = 0) -> dict[str, Any]:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    return {"index": index, "family": family, "address": ip, "prefixlen": length, "flags": flags, "scope": scope}


def route(oif: int, **more: Any) -> dict[str, Any]:
    plain = {"family": socket.AF_INET, "oif": oif, "proto": 4, "type": 1, "table": 254, "priority": 425, "dst_len": 0}
    return plain | {"gateway": "192.0.2.1"} | more


def interface(*messages: dict[str, Any], addresses: tuple[dict[str, Any], ...] = ()) -> Interface:
    return from_netlink(messages, addresses, ()).interfaces[0]


def test_types() -> None:
    kinds = {None: "ethernet", "veth": "veth", "bridge": "linux-bridge", "tun": "tun", "bond": "bond", "wg": "unknown"}
    for kind, expected in kinds.items():
        assert interface(link(2, "x", kind)).type is LinkType(expected)
    assert interface(link(1, "lo", ifi_type=772)).type is LinkType.LOOPBACK
    assert interface(link(1, "ib0", ifi_type=32)).type is LinkType.OTHER


def test_a_bridge_and_its_ports() -> None:
    state = from_netlink([link(2, "host0", "veth", master=3), link(3, "br0", "bridge")], (), ())
    br0, host0 = state.interfaces
    assert br0.bridge == Bridge(("host0",), stp=True, forward_delay_s=15)
    assert (host0.controller, host0.bridge) == ("br0", None)


def test_a_link_that_is_down_has_no_carrier() -> None:
    down = interface(link(2, "eth0", flags=0, carrier=1))
    assert (down.state, down.carrier) == (LinkState.DOWN, False)


def test_static_addresses() -> None:
    held = (address(2, "192.0.2.11", 24) | {"local": "192.0.2.11"}, address(2, "fe80::1", 64, scope=253))
    eth0 = interface(link(2, "eth0"), addresses=held)
    assert eth0.ipv4 == IpConfig(enabled=True, addresses=(Address("192.0.2.11", 24),))
    assert eth0.ipv6 == IpConfig(enabled=True)


def test_addresses_with_a_lifetime_were_lent() -> None:
    held = (address(2, "192.0.2.77", 24, flags=0), address(2, "2001:db8::77", 64, flags=0))
    eth0 = interface(link(2, "eth0"), addresses=held)
    assert eth0.ipv4 == IpConfig(enabled=True, dhcp=True, addresses=(Address("192.0.2.77", 24),))
    assert eth0.ipv6 is not None
    assert (eth0.ipv6.autoconf, eth0.ipv6.dhcp) == (True, False)


def test_only_static_routes() -> None:
    routes = [
        route(2),
        route(2, dst="10.0.0.0", dst_len=8, table=7),
        route(2, family=socket.AF_INET6, gateway="2001:db8::1"),
        route(2, proto=2),
        route(2, proto=16),
        route(2, gateway=None),
        route(9),
    ]
    assert from_netlink([link(2, "eth0")], (), routes).routes == (
        Route("0.0.0.0/0", "", "eth0", 425),
        Route("0.0.0.0/0", "192.0.2.1", "eth0", 425),
        Route("10.0.0.0/8", "192.0.2.1", "eth0", 425, 7),
        Route("::/0", "2001:db8::1", "eth0", 425),
    )
