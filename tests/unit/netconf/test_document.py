"""Documents in nmstate's schema: read, refused with every mistake at once, written again."""

from copy import deepcopy
from typing import Any

import pytest

from netconf.document import parse, render
from netconf.errors import BadDocument
from netconf.kinds import Bridge
from netconf.model import Address, Dns, Interface, IpConfig, LinkState, LinkType, Route
from tests.unit.netconf.states import AFTER, DOCUMENT


def document(**changes: Any) -> dict[str, Any]:
    return deepcopy(DOCUMENT) | changes


def interface(**changes: Any) -> dict[str, Any]:
    return {"interfaces": [{"name": "eth0", "type": "ethernet", **changes}]}


def bridge(**changes: Any) -> dict[str, Any]:
    return {"interfaces": [{"name": "br0", "type": "linux-bridge", "bridge": changes}]}


def route(**changes: Any) -> dict[str, Any]:
    good = {"destination": "10.0.0.0/8", "next-hop-address": "192.0.2.1", "next-hop-interface": "ovirtmgmt"}
    return document(routes={"config": [good | changes]})


def found(desired: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(BadDocument) as caught:
        parse(desired)
    return {finding.path: finding.message for finding in caught.value.findings}


def test_the_management_bridge() -> None:
    state = parse(DOCUMENT)
    ovirtmgmt, host0 = state.interfaces
    assert ovirtmgmt == Interface(
        "ovirtmgmt",
        LinkType.LINUX_BRIDGE,
        ipv4=IpConfig(enabled=True, addresses=(Address("192.0.2.11", 24),)),
        ipv6=IpConfig(),
        bridge=Bridge(("host0",), stp=False, forward_delay_s=0),
    )
    assert (host0.type, host0.state, host0.ipv4) == (LinkType.ETHERNET, LinkState.UP, IpConfig())
    assert state.routes == (Route("0.0.0.0/0", "192.0.2.1", "ovirtmgmt"),)
    assert state.dns is None


def test_what_is_not_said_is_left_as_it_is() -> None:
    (eth0,) = parse(interface()).interfaces
    assert (eth0.mtu, eth0.mac, eth0.ipv4, eth0.ipv6, eth0.bridge) == (None,) * 5
    (br0,) = parse(bridge()).interfaces
    assert br0.bridge == Bridge(None, None, None)
    assert parse(bridge(port=[])).interfaces[0].bridge == Bridge(())


def test_dns() -> None:
    desired = {"dns-resolver": {"config": {"server": ["192.0.2.1", "2001:db8::1"], "search": ["example.org"]}}}
    assert parse(desired).dns == Dns(("192.0.2.1", "2001:db8::1"), ("example.org",))
    assert parse({"dns-resolver": {"config": {}}}).dns == Dns()
    assert parse({"dns-resolver": {"running": {}}}).dns is None


def test_addresses_shown_beside_dhcp_came_from_there() -> None:
    shown = interface(ipv4={"enabled": True, "dhcp": True, "address": [{"ip": "192.0.2.7", "prefix-length": 24}]})
    assert parse(shown).interfaces[0].ipv4 == IpConfig(enabled=True, dhcp=True)


def test_addresses_are_written_the_short_way() -> None:
    desired = interface(ipv6={"enabled": True, "address": [{"ip": "2001:DB8:0:0::1", "prefix-length": 64}]})
    ipv6 = parse(desired).interfaces[0].ipv6
    assert ipv6 is not None
    assert ipv6.addresses == (Address("2001:db8::1", 64),)


def test_every_mistake_at_once() -> None:
    desired: dict[str, Any] = {
        "interfaces": [
            {"name": "a name with blanks", "type": "linux-bridge", "bridge": {"port": [{"name": 7}, {}]}},
            {"type": "ethernet", "mtu": 12, "mac-address": "01:00:00:00:00:00"},
            {"name": "eth0", "ipv4": {"address": [{"ip": "192.0.2.300", "prefix-length": 33}]}, "speed": 10},
            "eth1",
        ],
        "routes": {"config": [{"destination": "192.0.2.1/24", "next-hop-interface": "eth0"}]},
        "dns-resolver": {"config": {"server": ["one.one.one.one"]}},
        "firewall": {},
    }
    assert set(found(desired)) == {
        "interfaces[0].name",
        "interfaces[0].bridge.port[0].name",
        "interfaces[0].bridge.port[1].name",
        "interfaces[1].name",
        "interfaces[1].mtu",
        "interfaces[1].mac-address",
        "interfaces[2].ipv4.address[0].ip",
        "interfaces[2].ipv4.address[0].prefix-length",
        "interfaces[2].speed",
        "interfaces[3]",
        "interfaces[3].name",
        "routes.config[0].destination",
        "dns-resolver.config.server[0]",
        "firewall",
    }


@pytest.mark.parametrize(
    ("desired", "path", "message"),
    [
        (interface(state="sideways"), "interfaces[0].state", "none of up, down, absent"),
        (interface(type="mac-vlan"), "interfaces[0].type", "cannot be made yet"),
        (interface(type="token-ring"), "interfaces[0].type", "none of"),
        (interface(bridge={}), "interfaces[0].bridge", "belongs to a linux-bridge"),
        (interface(mtu=True), "interfaces[0].mtu", "whole number"),
        (interface(ipv4={"enabled": "perhaps"}), "interfaces[0].ipv4.enabled", "true or false"),
        (interface(ipv4={"autoconf": True}), "interfaces[0].ipv4.autoconf", "no router advertisements"),
        (interface(ipv4={"address": {}}), "interfaces[0].ipv4.address", "has to be a list"),
        (interface(ipv4={"address": [{"ip": "::1", "prefix-length": 8}]}), "interfaces[0].ipv4.address[0].ip", "IPv4"),
        (
            interface(ipv4={"address": [{"ip": "224.0.0.1", "prefix-length": 8}]}),
            "interfaces[0].ipv4.address[0].ip",
            "cannot be the address",
        ),
        (
            interface(ipv4={"address": [{"ip": "10.0.0.1", "prefix-length": 8}] * 2}),
            "interfaces[0].ipv4.address",
            "named twice",
        ),
        (
            interface(**{"mac-address": "52:54:00:00:00:01", "copy-mac-from": "eth1"}),
            "interfaces[0].copy-mac-from",
            "keep one",
        ),
        (bridge(port=[{"name": "eth0"}, {"name": "eth0"}]), "interfaces[0].bridge.port", "named twice"),
        (bridge(port=[{"name": "br0"}]), "interfaces[0].bridge.port", "itself"),
        (
            bridge(port=[{"name": "eth0", "vlan": {"mode": "access"}}]),
            "interfaces[0].bridge.port[0].vlan.tag",
            "is missing",
        ),
        (
            bridge(options={"stp": {"forward-delay": 31}}),
            "interfaces[0].bridge.options.stp.forward-delay",
            "from 0 to 30",
        ),
        ({"interfaces": [{"name": "eth0"}, {"name": "eth0"}]}, "interfaces[1].name", "named twice"),
        (route(metric=-2), "routes.config[0].metric", "whole number"),
        (route(state="gone"), "routes.config[0].state", "none of absent"),
        (route(**{"next-hop-address": "2001:db8::1"}), "routes.config[0].next-hop-address", "family"),
        (route(**{"next-hop-interface": "host0"}), "routes.config[0].next-hop-interface", "is a port of ovirtmgmt"),
        ({"dns-resolver": {"config": {"search": ["exa mple"]}}}, "dns-resolver.config.search[0]", "not a domain"),
        ({"interfaces": {}}, "interfaces", "has to be a list, not a mapping"),
        ({"routes": []}, "routes", "has to be a mapping, not a list"),
    ],
)
def test_a_mistake_and_its_path(desired: dict[str, Any], path: str, message: str) -> None:
    assert message in found(desired)[path]


def test_a_port_has_no_addresses_of_its_own() -> None:
    desired = document()
    desired["interfaces"][1]["ipv4"] = {"enabled": True, "dhcp": True}
    assert "is a port of ovirtmgmt" in found(desired)["interfaces[1]"]


def test_no_address_twice_on_one_host() -> None:
    address = {"ipv4": {"address": [{"ip": "10.0.0.1", "prefix-length": 8}]}}
    desired = {"interfaces": [{"name": "eth0"} | address, {"name": "eth1"} | address]}
    assert found(desired) == {"interfaces[1]": "10.0.0.1/8 belongs to eth0 already"}


def test_no_port_in_two_bridges() -> None:
    ports = {"type": "linux-bridge", "bridge": {"port": [{"name": "eth0"}]}}
    desired = {"interfaces": [{"name": "br0"} | ports, {"name": "br1"} | ports]}
    assert found(desired) == {"interfaces[1].bridge.port": "eth0 cannot be a port here: it is one of br0"}


def test_what_was_shown_can_be_wished_for() -> None:
    shown = parse(render(AFTER))
    assert shown.routes == AFTER.routes
    assert shown.dns == AFTER.dns
    assert [i.ipv4 for i in shown.interfaces if i.bridge] == [i.ipv4 for i in AFTER.interfaces if i.bridge]
