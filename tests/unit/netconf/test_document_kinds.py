"""Mistakes in bonds, VLANs, bridges' VLANs, rules and what stands on what, each with its path."""

from typing import Any

import pytest

from netconf.document import parse
from netconf.errors import BadDocument
from netconf.model import LinkState, LinkType, RouteMatch, Rule


def found(*interfaces: dict[str, Any], **more: Any) -> dict[str, str]:
    with pytest.raises(BadDocument) as caught:
        parse({"interfaces": list(interfaces), **more})
    return {finding.path: finding.message for finding in caught.value.findings}


def bond(mode: str = "802.3ad", **options: Any) -> dict[str, Any]:
    inside = {"mode": mode, "port": ["eth1", "eth2"], "options": options}
    return {"name": "bond0", "type": "bond", "link-aggregation": inside}


def port_vlan(**vlan: Any) -> dict[str, Any]:
    return {"name": "br0", "type": "linux-bridge", "bridge": {"port": [{"name": "eth1", "vlan": vlan}]}}


OPTIONS = "interfaces[0].link-aggregation.options"
VLAN = "interfaces[0].bridge.port[0].vlan"


@pytest.mark.parametrize(
    ("desired", "path", "message"),
    [
        (bond("fastest"), "interfaces[0].link-aggregation.mode", "none of balance-rr"),
        (bond("active-backup", lacp_rate="fast"), f"{OPTIONS}.lacp_rate", "no such thing in mode active-backup"),
        (bond(primary="eth1"), f"{OPTIONS}.primary", "only in active-backup, balance-tlb, balance-alb"),
        (bond("active-backup", primary="eth3"), f"{OPTIONS}.primary", "no port"),
        (bond(arp_interval=100), f"{OPTIONS}.arp_interval", "no such thing"),
        (bond("balance-xor", arp_interval=100), f"{OPTIONS}.arp_interval", "arp_ip_target"),
        (
            bond("balance-xor", arp_interval=100, arp_ip_target="192.0.2.1", miimon=1),
            f"{OPTIONS}.arp_interval",
            "not by both",
        ),
        (bond(xmit_hash_policy="layer9"), f"{OPTIONS}.xmit_hash_policy", "none of layer2"),
        (bond(miimon=0, updelay=1), f"{OPTIONS}.updelay", "without miimon"),
        (bond(speed=1), f"{OPTIONS}.speed", "not known"),
        (bond(lacp_active="on"), f"{OPTIONS}.lacp_active", "yet"),
        (port_vlan(tag=1), f"{VLAN}.mode", "is missing"),
        (port_vlan(mode="trunk"), f"{VLAN}.trunk-tags", "is missing"),
        (port_vlan(mode="trunk", tag=1, **{"trunk-tags": []}), f"{VLAN}.tag", "without enable-native"),
        (port_vlan(mode="access", tag=1, **{"trunk-tags": [{"id": 1}]}), f"{VLAN}.trunk-tags", "has none"),
        (
            port_vlan(mode="trunk", **{"trunk-tags": [{"id-range": {"min": 5, "max": 4}}]}),
            f"{VLAN}.trunk-tags[0].id-range.max",
            "smaller",
        ),
        ({"name": "v", "type": "vlan"}, "interfaces[0].vlan", "is missing"),
        ({"name": "v", "type": "vlan", "vlan": {"id": 4095}}, "interfaces[0].vlan.base-iface", "is missing"),
        ({"name": "x", "type": "vxlan", "vxlan": {"id": 2**24}}, "interfaces[0].vxlan.id", "whole number"),
        ({"name": "r", "type": "vrf", "vrf": {"port": []}}, "interfaces[0].vrf.route-table-id", "is missing"),
        ({"name": "eth0", "vlan": {}}, "interfaces[0].vlan", "belongs to a vlan"),
        ({"name": "eth0", "identifier": "mac-address"}, "interfaces[0].mac-address", "is missing"),
        (
            {"name": "e", "type": "ethernet", "ethernet": {"sr-iov": {"total-vfs": -1}}},
            "interfaces[0].ethernet.sr-iov.total-vfs",
            "from 0 to 65535",
        ),
        (
            {"name": "e", "type": "ethernet", "ethernet": {"sr-iov": {"total-vfs": 1, "vfs": [{"id": 0}]}}},
            "interfaces[0].ethernet.sr-iov.vfs",
            "yet",
        ),
        (
            {"name": "e", "type": "ethernet", "ethernet": {"sr-iov": {"drivers-autoprobe": False}}},
            "interfaces[0].ethernet.sr-iov.drivers-autoprobe",
            "yet",
        ),
        ({"name": "b", "type": "bond", "ethernet": {"sr-iov": {}}}, "interfaces[0].ethernet", "belongs to a ethernet"),
        ({"name": "eth0", "ethtool": {"ring": {"rx": 256}}}, "interfaces[0].ethtool", "yet"),
        (
            {"name": "eth0", "ipv4": {"dhcp": True, "dhcp-client-id": "ü"}},
            "interfaces[0].ipv4.dhcp-client-id",
            "like ll",
        ),
        ({"name": "eth0", "ipv4": {"dhcp": True, "dhcp-duid": "ll"}}, "interfaces[0].ipv4.dhcp-duid", "not known"),
        ({"name": "eth0", "ipv6": {"dhcp": True, "dhcp-duid": "xy"}}, "interfaces[0].ipv6.dhcp-duid", "like ll"),
        (
            {"name": "eth0", "ipv6": {"autoconf": True, "token": "::7", "addr-gen-mode": "stable-privacy"}},
            "interfaces[0].ipv6.token",
            "stable-privacy",
        ),
        (
            {
                "name": "b",
                "type": "bond",
                "link-aggregation": {"mode": "802.3ad", "ports-config": [{"name": "eth1", "priority": 3}]},
            },
            "interfaces[0].link-aggregation.ports-config[0].priority",
            "no such thing in mode 802.3ad",
        ),
        (
            {"name": "eth0", "ipv6": {"autoconf": True, "token": "2001:db8::7"}},
            "interfaces[0].ipv6.token",
            "like ::1a:2b",
        ),
        ({"name": "eth0", "wait-ip": "both"}, "interfaces[0].wait-ip", "none of"),
    ],
)
def test_a_mistake_and_its_path(desired: dict[str, Any], path: str, message: str) -> None:
    assert message in found(desired)[path]


def vlan(name: str, base: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "vlan", "vlan": {"base-iface": base, "id": 5}, **more}


def test_what_stands_on_itself() -> None:
    bridge = {"name": "br0", "type": "linux-bridge", "bridge": {"port": [{"name": "v5"}]}}
    assert found(vlan("v5", "br0"), bridge) == {"interfaces[0]": "v5 stands on itself: v5 on br0 on v5"}


def test_what_is_wider_than_what_carries_it() -> None:
    nic = {"name": "eth0", "mtu": 1500}
    assert found(nic, vlan("v5", "eth0", mtu=1501)) == {
        "interfaces[1].mtu": "1501 is more than fits into eth0: at most 1500"
    }
    vxlan = {"name": "x", "type": "vxlan", "mtu": 1451, "vxlan": {"base-iface": "eth0", "id": 5}}
    assert found(nic, vxlan) == {"interfaces[1].mtu": "1451 is more than fits into eth0: at most 1450"}
    bridge = {"name": "br0", "type": "linux-bridge", "mtu": 9000, "bridge": {"port": [{"name": "eth0"}]}}
    assert found(nic, bridge) == {"interfaces[1].mtu": "9000 is more than its port eth0 lets through: 1500"}


def test_what_stands_on_what_is_removed() -> None:
    assert found({"name": "bond0", "type": "bond", "state": "absent"}, vlan("v5", "bond0")) == {
        "interfaces[1]": "v5 stands on bond0, which this document removes"
    }


def test_the_same_address_in_two_vrfs_is_fine() -> None:
    address = {"ipv4": {"address": [{"ip": "10.0.0.1", "prefix-length": 8}]}}
    vrfs = [{"name": f"r{n}", "type": "vrf", "vrf": {"route-table-id": n, "port": [f"eth{n}"]}} for n in (1, 2)]
    assert len(parse({"interfaces": [*vrfs, {"name": "eth1"} | address, {"name": "eth2"} | address]}).interfaces) == 4


def test_what_is_only_shown_is_left_alone() -> None:
    loopback = {"name": "lo", "type": "loopback", "ipv4": {"address": [{"ip": "127.0.0.1", "prefix-length": 8}]}}
    ignored = [{"name": "vnet0", "type": "tun"}, loopback, {"name": "ib0", "type": "infiniband", "state": "ignore"}]
    assert parse({"interfaces": ignored}).interfaces == ()
    loopback["ipv4"] = {"address": [{"ip": "192.0.2.1", "prefix-length": 32}]}
    assert "yet" in found(loopback)["interfaces[0].type"]


def test_an_absent_interface_needs_nothing_but_its_name() -> None:
    (gone,) = parse({"interfaces": [{"name": "v5", "type": "vlan", "state": "absent", "vlan": {}}]}).interfaces
    assert (gone.type, gone.state) == (LinkType.VLAN, LinkState.ABSENT)


def test_routes_and_rules_that_are_to_go() -> None:
    absent = {"config": [{"state": "absent", "next-hop-interface": "eth1"}]}
    state = parse({"routes": absent, "route-rules": {"config": [{"state": "absent", "route-table": 50}]}})
    assert (state.routes, state.gone) == (None, (RouteMatch(interface="eth1"),))
    assert (state.rules, state.gone_rules) == (None, (Rule(table=50),))


def test_a_rule_and_its_family() -> None:
    state = parse({"route-rules": {"config": [{"ip-from": "192.0.2.7", "route-table": 50, "priority": 1000}]}})
    assert state.rules == (Rule(family=4, source="192.0.2.7/32", table=50, priority=1000),)
    mixed = {
        "config": [{"ip-from": "192.0.2.7", "ip-to": "2001:db8::/32"}, {"priority": 5}, {"fwmask": 1, "family": "ipv4"}]
    }
    assert set(found(**{"route-rules": mixed})) == {
        "route-rules.config[0].family",
        "route-rules.config[1].family",
        "route-rules.config[2].fwmask",
    }


def _trunk(*tags: int | tuple[int, int], native: int | None = None) -> dict[str, Any]:
    ranges = [{"id": t} if isinstance(t, int) else {"id-range": {"min": t[0], "max": t[1]}} for t in tags]
    return port_vlan(
        mode="trunk", **{"trunk-tags": ranges}, **({"tag": native, "enable-native": True} if native is not None else {})
    )


@pytest.mark.parametrize(
    ("desired", "number", "message"),
    [
        (_trunk(101, (100, 200)), 0, "101 overlaps 100-200"),
        (_trunk((100, 200), 200), 1, "200 overlaps 100-200"),
        (_trunk((100, 200), 100), 0, "100-200 overlaps 100"),
        (_trunk(7, 7), 1, "7 overlaps 7"),
        (_trunk((1, 10), (10, 20)), 1, "10-20 overlaps 1-10"),
        (_trunk((10, 20), (5, 30)), 0, "10-20 overlaps 5-30"),
        (_trunk(4, (1, 4094), 9), 0, "4 overlaps 1-4094"),
        (_trunk((500, 599), native=500), 0, "500-599 holds 500"),
        (_trunk(3, (500, 599), native=550), 1, "500-599 holds 550"),
        (_trunk(12, native=12), 0, "12 holds 12"),
    ],
)
def test_a_vlan_that_a_trunk_names_twice(desired: dict[str, Any], number: int, message: str) -> None:
    assert message in found(desired)[f"{VLAN}.trunk-tags[{number}]"]


@pytest.mark.parametrize(
    "desired",
    [_trunk((1, 10), (11, 20)), _trunk(20, (21, 30), 19), _trunk((2, 4094), native=1), _trunk(), _trunk(1, 3, 2)],
)
def test_vlans_beside_each_other_make_a_trunk(desired: dict[str, Any]) -> None:
    assert parse({"interfaces": [desired]})
