"""Our wishes in the words of nmstate 0.3.6 and of 2.2, and what the older one cannot do."""

from dataclasses import replace
from typing import Any

import pytest

from netconf.document import parse
from netconf.errors import BadDocument
from netconf.kinds import Bond, BondMode, Sriov, Vlan
from netconf.model import Interface, LinkState, LinkType, NetworkState, Route, Rule
from netconf.networkmanager.known import Known
from netconf.nmstate.adapter import adapted, checkpoint_name
from netconf.nmstate.documents import desired_document, dns, freed, known, started, with_profiles
from netconf.planning.completion import complete
from netconf.planning.merge import expected_state
from netconf.planning.plan import plan
from tests.unit.netconf.states import AFTER, BEFORE, DOCUMENT, MAC, OFF, nic

OLD, NEW = "0.3.6", "2.2.36"
_NICS = NetworkState((nic("eth1"), nic("eth2", OFF)), routes=())


def to_nmstate(document: dict[str, Any], version: str = OLD, observed: NetworkState = _NICS) -> dict[str, Any]:
    desired = parse(document)
    return adapted(
        version, desired_document(desired, observed), expected_state(complete(desired, observed), observed), observed
    )


def _up(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "state": "up"} | more


def one(*interfaces: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"interfaces": list(interfaces)} | more


def test_a_bridge_in_the_words_of_both() -> None:
    for version in (OLD, NEW):
        found = to_nmstate(DOCUMENT, version, BEFORE)
        ovirtmgmt, host0 = found["interfaces"]
        assert (ovirtmgmt["mac-address"], ovirtmgmt["bridge"]) == (
            MAC,
            {"port": [{"name": "host0"}], "options": {"stp": {"enabled": False}}},
        )
        assert "carrier" not in ovirtmgmt
        assert (host0["type"], host0["ipv4"]["enabled"]) == ("ethernet" if version == OLD else host0["type"], False)
        assert found["routes"]["config"][-1]["next-hop-interface"] == "ovirtmgmt"


def test_what_is_called_differently() -> None:
    bond = {"mode": "balance-alb", "port": ["eth1", "eth2"], "options": {"tlb_dynamic_lb": False, "miimon": 100}}
    bridge = {"port": [], "options": {"group-fwd-mask": 8}}
    document = one(_up("bond0", "bond", **{"link-aggregation": bond}), _up("br0", "linux-bridge", bridge=bridge))
    old, new = to_nmstate(document), to_nmstate(document, NEW)
    assert old["interfaces"][0]["link-aggregation"]["slaves"] == ["eth1", "eth2"]
    assert old["interfaces"][0]["link-aggregation"]["options"] == {"tlb_dynamic_lb": 0, "miimon": 100}
    assert old["interfaces"][1]["bridge"]["options"] == {"group-forward-mask": 8, "stp": {"enabled": False}}
    assert new["interfaces"][0]["link-aggregation"] == bond
    assert new["interfaces"][1]["bridge"]["options"] == {"group-fwd-mask": 8, "stp": {"enabled": False}}
    assert (checkpoint_name(NEW, "7"), checkpoint_name(OLD, "7")) == (
        "/org/freedesktop/NetworkManager/Checkpoint/7",
        "NetworkManager|/org/freedesktop/NetworkManager/Checkpoint/7",
    )


_VXLAN = {"id": 7, "base-iface": "eth1", "remote": "192.0.2.9"}
_REFUSED = [
    (_up("vrf9", "vrf", vrf={"route-table-id": 9, "port": ["eth1"]}), "interfaces[0].type: vrf cannot be made"),
    (_up("eth1.5", "vlan", vlan={"base-iface": "eth1", "id": 5, "protocol": "802.1ad"}), "interfaces[0].vlan.protocol"),
    (_up("vx7", "vxlan", vxlan=_VXLAN | {"learning": False}), "interfaces[0].vxlan.learning"),
    (_up("vx7", "vxlan", vxlan=_VXLAN | {"local": "192.0.2.8"}), "interfaces[0].vxlan.local"),
    (_up("vx7", "vxlan", vxlan={"id": 7, "remote": "192.0.2.9"}), "interfaces[0].vxlan.base-iface"),
    (
        _up("br0", "linux-bridge", bridge={"port": [], "options": {"vlan-default-pvid": 0}}),
        "interfaces[0].bridge.options.vlan-default-pvid",
    ),
    (_up("eth1", "ethernet", ipv4={"enabled": True, "dhcp": True, "auto-route-metric": 5}), "ipv4.auto-route-metric"),
    (
        _up("eth1", "ethernet", ipv6={"enabled": True, "dhcp": True, "addr-gen-mode": "stable-privacy"}),
        "ipv6.addr-gen-mode",
    ),
    (_up("eth1", "ethernet", ipv6={"enabled": True, "autoconf": True}), "ipv6.autoconf: without DHCPv6"),
]


@pytest.mark.parametrize(("interface", "reason"), _REFUSED, ids=[reason for _, reason in _REFUSED])
def test_what_the_old_line_cannot_do(interface: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadDocument, match=r"in nmstate 0\.3\.6") as caught:
        to_nmstate(one(interface))
    assert reason in str(caught.value)
    assert to_nmstate(one(interface), NEW)["interfaces"][0]["name"] == interface["name"]


def test_beside_ports_that_filter_the_default_vlan_is_said() -> None:
    trunk = {"name": "eth1", "vlan": {"mode": "trunk", "trunk-tags": [{"id": 101}]}}
    for ports, expected in (
        ([trunk, {"name": "eth2", "vlan": {}}], {"mode": "access", "tag": 1}),
        ([{"name": "eth1", "vlan": {}}, {"name": "eth2", "vlan": {}}], {}),
    ):
        found = to_nmstate(one(_up("br0", "linux-bridge", bridge={"port": ports})))
        (bridge,) = (i for i in found["interfaces"] if i["name"] == "br0")
        assert next(port for port in bridge["bridge"]["port"] if port["name"] == "eth2").get("vlan", {}) == expected


def test_everything_that_it_cannot_do_is_said_at_once() -> None:
    routes = [
        {"destination": "0.0.0.0/0", "next-hop-address": f"192.0.2.{n}", "next-hop-interface": "eth1", "metric": n}
        for n in (1, 2)
    ]
    rule = {"family": "ipv4", "fwmark": 3, "route-table": 50}
    with pytest.raises(BadDocument) as caught:
        to_nmstate(one(_up("vrf9", "vrf", vrf={"route-table-id": 9}), routes={"config": routes}, **_rules(rule)))
    assert [finding.path for finding in caught.value.findings] == [
        "route-rules.config[0].family",
        "route-rules.config[0].fwmark",
        "interfaces[0].type",
        "routes.config[0].destination",
        "routes.config[1].destination",
    ]


def test_it_makes_nothing_anew() -> None:
    observed = NetworkState((nic("eth1"), Interface("eth1.5", LinkType.VLAN, vlan=Vlan("eth1", 5))))
    document = one(_up("eth1.5", "vlan", vlan={"base-iface": "eth1", "id": 6}))
    with pytest.raises(BadDocument, match=r"eth1\.5 is VLAN 5 \(802\.1q\) over eth1, which cannot change"):
        to_nmstate(document, OLD, observed)
    assert to_nmstate(document, NEW, observed)["interfaces"][0]["vlan"]["id"] == 6


def test_pairs_of_veth() -> None:
    """To the old line their ends are NICs; the living one makes both and takes both away."""
    pair, gone = one(_up("v1", "veth", veth={"peer": "v1p"})), one({"name": "v1p", "state": "absent"})
    with pytest.raises(BadDocument, match=r"interfaces\[0\]\.veth\.peer: a pair of veth cannot be made"):
        to_nmstate(pair)
    assert [(i["name"], i["type"], i["veth"]) for i in to_nmstate(pair, NEW)["interfaces"]] == [
        ("v1", "veth", {"peer": "v1p"}),
        ("v1p", "veth", {"peer": "v1"}),
    ]
    ends = (replace(nic("v1", OFF), peer="v1p"), replace(nic("v1p", OFF), peer="v1"))
    observed = NetworkState((*_NICS.interfaces, *ends), routes=())
    with pytest.raises(BadDocument, match=r"interfaces\[0\]\.state: a pair of veth cannot be removed"):
        to_nmstate(gone, OLD, observed)
    assert [(i["name"], i["state"]) for i in to_nmstate(gone, NEW, observed)["interfaces"]] == [
        ("v1p", "absent"),
        ("v1", "absent"),
    ]
    assert set(freed(parse(gone), observed, plan(parse(gone), observed))) == {"v1", "v1p"}
    wider = to_nmstate(one(_up("v1", "veth", mtu=1400, veth={"peer": "v1p"})), OLD, observed)["interfaces"]
    assert [(i["name"], i["type"], i["mtu"]) for i in wider] == [("v1", "ethernet", 1400)]


def test_a_bond_with_something_on_it_keeps_its_mode() -> None:
    bond = Interface("bond0", LinkType.BOND, bond=Bond(BondMode.XOR, ("eth2",)))
    observed = NetworkState((*_NICS.interfaces, bond, Interface("bond0.5", LinkType.VLAN, vlan=Vlan("bond0", 5))))
    document = one(_up("bond0", "bond", **{"link-aggregation": {"mode": "broadcast", "port": ["eth2"]}}))
    with pytest.raises(BadDocument, match=r"mode: cannot change while bond0\.5 stands on it"):
        to_nmstate(document, OLD, observed)
    alone = NetworkState(observed.interfaces[:-1])
    assert to_nmstate(document, OLD, alone)["interfaces"][0]["link-aggregation"]["mode"] == "broadcast"


def _rules(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"route-rules": {"config": list(rules)}}


def test_rules_are_all_that_there_are_to_be() -> None:
    """The old line takes the list for the whole, and looks only at interfaces that it is told of."""
    kept, gone = Rule(4, "192.0.2.0/24", priority=7, table=254), Rule(4, "198.51.100.0/24", priority=8, table=50)
    route = Route("203.0.113.0/24", "192.0.2.1", "eth1", 100, 50)
    observed = NetworkState(_NICS.interfaces, routes=(route,), rules=(kept, gone))
    new = {"ip-from": "192.0.2.128/25", "priority": 9, "route-table": 254}
    found = to_nmstate(_rules(new, {"route-table": 50, "state": "absent"}), OLD, observed)
    assert found["route-rules"]["config"] == [{"ip-from": "192.0.2.0/24", "priority": 7, "route-table": 254}, new]
    assert [interface["name"] for interface in found["interfaces"]] == ["eth1"]
    assert found["interfaces"][0]["ipv4"]["address"] == [{"ip": "192.0.2.11", "prefix-length": 24}]


def test_the_old_line_is_told_the_addresses_that_stay() -> None:
    """It looks them up too early when NetworkManager has just gone back."""
    document = one(_up("eth1", "ethernet", mtu=1400))
    assert to_nmstate(document)["interfaces"][0]["ipv4"]["address"] == [{"ip": "192.0.2.11", "prefix-length": 24}]
    assert "ipv4" not in to_nmstate(document, NEW)["interfaces"][0]


def test_a_route_gives_way_to_one_to_the_same_place() -> None:
    observed = NetworkState(_NICS.interfaces, routes=(Route("0.0.0.0/0", "192.0.2.1", "eth1", 100),))
    other = {"destination": "0.0.0.0/0", "next-hop-address": "192.0.2.2", "next-hop-interface": "eth1"}
    found = to_nmstate({"routes": {"config": [other]}}, NEW, observed)["routes"]["config"]
    absent = other | {"next-hop-address": "192.0.2.1", "state": "absent"}
    assert found == [absent, other | {"table-id": 254}]


def test_whose_profiles_go() -> None:
    desired = parse(one({"name": "ovirtmgmt", "state": "absent"}))
    assert freed(desired, AFTER, plan(desired, AFTER)) == ("ovirtmgmt", "host0")
    back = parse(one({"name": "ovirtmgmt", "state": "absent"}, {"name": "host0", "ipv4": {"enabled": True}}))
    assert freed(back, AFTER, plan(back, AFTER)) == ("ovirtmgmt",)


def having(vfs: int, *, configured: bool = True) -> NetworkState:
    sriov = Sriov(vfs, 7, asked=vfs if configured else None)
    return NetworkState((replace(nic("eth1"), sriov=sriov), nic("eth2", OFF)), routes=())


def test_virtual_functions() -> None:
    desired = one(_up("eth1", "ethernet", ethernet={"sr-iov": {"total-vfs": 2}}))
    assert to_nmstate(desired, NEW, having(0))["interfaces"][0]["ethernet"] == {"sr-iov": {"total-vfs": 2}}
    each = {"sr-iov": {"total-vfs": 2, "vfs": [{"id": 0}, {"id": 1}]}}
    assert to_nmstate(desired, OLD, having(0))["interfaces"][0]["ethernet"] == each
    other = one(_up("eth1", "ethernet", mtu=1400))
    assert to_nmstate(other, OLD, having(2))["interfaces"][0]["ethernet"] == each
    assert "ethernet" not in to_nmstate(other, NEW, having(2))["interfaces"][0]
    with pytest.raises(BadDocument, match=r"interfaces\[0\]: virtual functions that no profile asks for"):
        to_nmstate(other, OLD, having(2, configured=False))


def test_a_virtual_function_is_not_removed_together_with_the_number() -> None:
    observed = having(2)
    observed = replace(observed, interfaces=(*observed.interfaces, replace(nic("eth3"), vf_of="eth1")))
    away = {"name": "eth3", "state": "absent"}
    assert to_nmstate(one(away), OLD, observed)["interfaces"] == [away]
    both = one(_up("eth1", "ethernet", ethernet={"sr-iov": {"total-vfs": 0}}), away)
    assert to_nmstate(both, NEW, observed)["interfaces"][1]["state"] == "absent"
    with pytest.raises(
        BadDocument, match=r"interfaces\[1\]\.state: eth3 cannot be removed together with the number of"
    ):
        to_nmstate(both, OLD, observed)


def test_who_is_started_anew() -> None:
    desired = complete(parse(DOCUMENT), BEFORE)
    assert started(desired, plan(desired, BEFORE)) == ("ovirtmgmt", "host0")


def test_what_is_taken_away_is_only_named() -> None:
    desired = one({"name": "eth1", "type": "ethernet", "state": "absent"})
    assert to_nmstate(desired)["interfaces"] == [{"name": "eth1", "state": LinkState.ABSENT}]
    assert to_nmstate(desired, NEW)["interfaces"] == [{"name": "eth1", "type": LinkType.ETHERNET, "state": "absent"}]


_SHOWN = {
    "dns-resolver": {"running": {}, "config": {"server": ["192.0.2.53"], "search": ["example.org"]}},
    "interfaces": [
        {
            "name": "eth1",
            "type": "ethernet",
            "min-mtu": 68,
            "ipv4": {"enabled": True, "dhcp": True, "auto-dns": False, "address": [], "dhcp-client-id": "ll"},
            "ipv6": {"enabled": True, "dhcp": False, "autoconf": True},
            "lldp": {"enabled": True, "neighbors": [[{"type": 5, "system-name": "switch"}]]},
            "description": "front",
        },
        {"name": "tun7", "type": "wireguard", "ipv4": {"enabled": False}, "ethtool": {"feature": {}}},
    ],
}


def test_what_only_nmstate_knows_of_an_interface() -> None:
    found = known(_SHOWN)
    assert found == {
        "eth1": Known(
            "auto", "auto", (("auto-dns", False), ("dhcp-client-id", "ll")), (), lldp=True, description="front"
        ),
        "tun7": Known(),
    }
    profile = Known(options4=(("auto-dns", True),), options6=(("addr-gen-mode", "eui64"),), sriov=True)
    assert with_profiles(found, {"eth1": profile}, old=False)["eth1"] == replace(found["eth1"], sriov=True)
    both = with_profiles(found, {"eth1": profile}, old=True)["eth1"]
    assert both.options4 == (("auto-dns", False), ("dhcp-client-id", "ll"))
    assert both.options6 == (("addr-gen-mode", "eui64"),)
    assert (dns(_SHOWN).servers, dns(_SHOWN).search) == (("192.0.2.53",), ("example.org",))
    assert dns({}).servers == ()
