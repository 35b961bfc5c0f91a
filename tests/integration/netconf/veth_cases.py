"""Pairs of veth, and all that stands on them."""

from tests.integration.netconf.contract import Case, Stage
from tests.integration.netconf.sections import ADDRESS, bond, bridge, gone, link, pair, up, v4, vlan

_OTHER, _THIRD = v4("203.0.113.11"), v4("192.0.2.211", 29)

PAIRS = (
    Case(
        "veth-pair",
        (
            Stage(
                {"interfaces": [pair("v1", "v1p", ipv4=ADDRESS)]},
                (link("v1", "link", "v1p"), link("v1p", "link", "v1"), link("v1p", "operstate", "UP")),
            ),
            Stage(
                {"interfaces": [up("v1p", "veth", mtu=1400, ipv4=_OTHER)]},
                (link("v1p", "mtu", 1400), link("v1", "mtu", 1500)),
            ),
            Stage(
                {"interfaces": [bridge("br0", "v1p", "eth1", ipv4=_THIRD), up("v1p", "veth")]},
                (link("v1p", "master", "br0"),),
            ),
            Stage({"interfaces": [pair("v1", "v1p", ipv4=_OTHER), bridge("br0", "eth1")]}),
        ),
        gone("v1p", "br0"),
        ("veth",),
    ),
    Case(
        "veth-between-bridges",
        (
            Stage(
                {
                    "interfaces": [
                        bridge("br0", "v1", "eth1", ipv4=ADDRESS),
                        bridge("br1", "v1p", "eth2"),
                        up("v1", "ethernet"),
                        pair("v1p", "v1"),
                    ]
                },
                (link("v1", "master", "br0"), link("v1p", "master", "br1"), link("v1p", "link", "v1")),
            ),
            Stage(
                {"interfaces": [bridge("br0", "eth1", ipv4=ADDRESS), {"name": "v1", "state": "absent"}]},
                (link("eth1", "master", "br0"), link("eth2", "master", "br1")),
            ),
            Stage(
                {"interfaces": [pair("v2", "v2p", mtu=1400), up("v2p", "veth", mtu=1400), bridge("br1", "v2p")]},
                (link("v2p", "master", "br1"), link("eth2", "master", None)),
            ),
        ),
        gone("br0", "br1", "v2"),
        ("veth",),
    ),
    Case(
        "what-stands-on-a-veth-pair",
        (
            Stage(
                {
                    "interfaces": [
                        bond("active-backup", "v1", "v2", miimon=100),
                        vlan("bond0.7", "bond0", 7, ipv4=ADDRESS),
                        bridge("br0", "v1p", "v2p"),
                        pair("v1", "v1p"),
                        pair("v2", "v2p"),
                        up("vrf9", "vrf", vrf={"route-table-id": 9, "port": ["v3p"]}),
                        pair("v3", "v3p"),
                        vlan("v3.7", "v3", 7, ipv4=_OTHER),
                        up("v3p", "veth", ipv4=_THIRD),
                    ]
                },
                (
                    link("v2", "master", "bond0"),
                    link("v2p", "master", "br0"),
                    link("v3p", "master", "vrf9"),
                    link("v3.7", "operstate", "UP"),
                    link("bond0.7", "operstate", "UP"),
                ),
            ),
            Stage(
                {
                    "interfaces": [
                        bond("active-backup", "v1"),
                        bridge("br0", "v1p"),
                        *gone("v2", "v3.7")["interfaces"],
                    ]
                },
                (link("v1", "master", "bond0"), link("v3", "link", "v3p")),
            ),
        ),
        gone("bond0.7", "bond0", "br0", "v1", "vrf9", "v3"),
        ("bonding", "8021q", "vrf", "veth"),
    ),
)
