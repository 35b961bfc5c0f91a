"""Documents as nmstate's own examples have them (written anew, one of each kind): what is taken, what is not.

A document that users of nmstate paste works unchanged; what does not says where and why.
"""

from typing import Any

import pytest

from netconf.document import parse
from netconf.errors import BadDocument

Section = dict[str, Any]
_RANGE: Section = {"id-range": {"min": 5, "max": 9}}


def _one(**interface: Any) -> Section:
    return {"interfaces": [{"state": "up", **interface}]}


def _route(**more: Any) -> Section:
    to = {"destination": "198.51.100.0/24", "next-hop-address": "192.0.2.1", "next-hop-interface": "eth1"}
    return {"routes": {"config": [to | more]}}


_TAKEN: dict[str, Section] = {
    "bond with ports": _one(name="bond9", type="bond", **{"link-aggregation": {"mode": "1", "port": ["eth1"]}}),
    "bond by its older names": _one(name="bond9", type="bond", bond={"mode": "active-backup", "slaves": ["eth1"]}),
    "bond away": {"interfaces": [{"name": "bond9", "type": "bond", "state": "absent"}]},
    "bond, VLAN and bridge": {
        "interfaces": [
            {"name": "bond9", "type": "bond", "link-aggregation": {"mode": "balance-rr", "port": ["eth1", "eth2"]}},
            {"name": "bond9.5", "type": "vlan", "vlan": {"base-iface": "bond9", "id": 5}},
            {"name": "br5", "type": "linux-bridge", "bridge": {"port": [{"name": "bond9.5"}]}},
        ]
    },
    "bridge with options": _one(
        name="br9",
        type="linux-bridge",
        bridge={
            "options": {"mac-ageing-time": 300, "group-forward-mask": 0, "stp": {"enabled": True, "priority": 32768}},
            "port": [{"name": "eth1", "stp-hairpin-mode": False, "stp-path-cost": 100, "stp-priority": 32}],
        },
    ),
    "bridge with VLANs of ports": _one(
        name="br9",
        type="linux-bridge",
        bridge={
            "port": [{"name": "eth1", "vlan": {"mode": "trunk", "trunk-tags": [{"id-range": {"min": 5, "max": 9}}]}}]
        },
    ),
    "dummy": _one(name="dummy0", type="dummy"),
    "DHCP for both": _one(
        name="eth1",
        type="ethernet",
        ipv4={"enabled": True, "dhcp": True},
        ipv6={"enabled": True, "dhcp": True, "autoconf": True},
    ),
    "LLDP": _one(name="eth1", type="ethernet", lldp={"enabled": True}),
    "MAC as identifier": _one(
        name="uplink", type="ethernet", identifier="mac-address", **{"mac-address": "00:23:45:67:89:1A"}
    ),
    "profile with a name": _one(name="eth1", type="ethernet", **{"profile-name": "wan", "wait-ip": "ipv4"}),
    "names by these servers": {"dns-resolver": {"config": {"server": ["2001:db8::1"], "search": ["example.org"]}}},
    "names by no servers any more": {"dns-resolver": {"config": {}}},
    "route": _route(metric=150, **{"table-id": 254}),
    "route away": {"routes": {"config": [{"next-hop-interface": "eth1", "state": "absent"}]}},
    "rule": {"route-rules": {"config": [{"ip-from": "192.0.2.0/24", "priority": 100, "route-table": 500}]}},
    "all rules away": {"route-rules": {"config": [{"state": "absent"}]}},
    "virtual functions": _one(
        name="eth1", type="ethernet", ethernet={"sr-iov": {"drivers-autoprobe": True, "total-vfs": "64", "vfs": []}}
    ),
    "VLAN": _one(name="eth1.7", type="vlan", vlan={"base-iface": "eth1", "id": 7}),
    "VLAN in a VLAN": _one(name="q", type="vlan", vlan={"base-iface": "eth1", "id": 7, "protocol": "802.1ad"}),
    "VRF": _one(name="vrf0", type="vrf", vrf={"port": ["eth1"], "route-table-id": 100}),
    "VXLAN": _one(name="eth1.101", type="vxlan", vxlan={"base-iface": "eth1", "id": 101, "remote": "192.0.2.9"}),
    "VXLAN away": {"interfaces": [{"name": "eth1.101", "type": "vxlan", "state": "absent"}]},
    "macsec away": {"interfaces": [{"name": "macsec0", "type": "macsec", "state": "absent"}]},
}

_REFUSED: dict[str, tuple[Section, str]] = {
    "static host name": ({"hostname": {"config": "host.example.org"}}, "hostname.config"),
    "what runs when it comes up": (_one(name="eth1", type="ethernet", dispatch={"post-activation": "x"}), "dispatch"),
    "802.1X": (_one(name="eth1", type="ethernet", **{"802.1x": {"identity": "x"}}), "802.1x"),
    "what a virtual function may do": (
        _one(name="eth1", type="ethernet", ethernet={"sr-iov": {"total-vfs": 1, "vfs": [{"id": 0, "trust": True}]}}),
        "vfs",
    ),
    "Open vSwitch": (_one(name="ovs0", type="ovs-bridge"), "type"),
    "Infiniband": (_one(name="ib0", type="infiniband"), "type"),
    "macvlan": (_one(name="mac0", type="mac-vlan"), "type"),
    "macvtap": (_one(name="mac0", type="mac-vtap"), "type"),
    "IPVLAN": (_one(name="ip0", type="ipvlan"), "type"),
    "macsec": (_one(name="macsec0", type="macsec"), "type"),
    "HSR": (_one(name="hsr0", type="hsr"), "type"),
    "IPsec": (_one(name="hosta", type="ipsec"), "type"),
    "tunnel": (_one(name="tun0", type="ip-tunnel"), "type"),
    "team": (_one(name="team0", type="team"), "type"),
    "policy of nmpolicy": ({"capture": {"gw": "routes.running.destination=='0.0.0.0/0'"}}, "capture"),
}


@pytest.mark.parametrize("name", _TAKEN)
def test_taken_unchanged(name: str) -> None:
    parse(_TAKEN[name])


@pytest.mark.parametrize("name", _REFUSED)
def test_refused_with_the_place(name: str) -> None:
    document, path = _REFUSED[name]
    with pytest.raises(BadDocument) as caught:
        parse(document)
    assert [finding.path.endswith(path) for finding in caught.value.findings] == [True]
    assert "cannot be made yet" in str(caught.value)
