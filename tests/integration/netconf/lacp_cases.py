"""Bonds that speak LACP, and a partner that does: two cables to a switch in a namespace of its own."""

from typing import Any

from tests.integration.netconf.bond_cases import OPTIONS
from tests.integration.netconf.contract import Case, Document, Stage
from tests.integration.netconf.sections import ADDRESS, HERE, THERE, bond, gone, link, vlan
from tests.integration.netconf.world import Event, World, cable, ping

SWITCH = World(
    ("switch",),
    (
        cable("nic1", "switch", "p1"),
        cable("nic2", "switch", "p2"),
        "-n switch link add lag type bond mode 802.3ad miimon 100 lacp_rate fast",
        "-n switch link set p1 master lag",
        "-n switch link set p2 master lag",
        "-n switch link set lag up",
        "-n switch link add link lag name lag.20 type vlan id 20",
        f"-n switch address add {THERE}/24 dev lag.20",
        "-n switch link set lag.20 up",
    ),
)


def lacp_bond(*ports: str, **options: Any) -> Document:
    return bond("802.3ad", *ports, **{"miimon": 100, "lacp_rate": "fast"} | options)


_AGGREGATED = (
    (("ip", "-j", "-d", "link", "show", "bond0"), "0.linkinfo.info_data.ad_info.num_ports", 2),
    (("ip", "-j", "-d", "link", "show", "bond0"), "0.linkinfo.info_data.ad_lacp_rate", "fast"),
)

LACP_CASES = (
    Case(
        "bond-802.3ad-with-a-partner",
        (
            Stage(
                {"interfaces": [bond("802.3ad", "nic1", "nic2", **OPTIONS["802.3ad"])]},
                (link("bond0", "linkinfo.info_data.mode", "802.3ad"),),
            ),
        ),
        gone("bond0"),
        ("bonding", "8021q", "veth"),
        SWITCH,
    ),
    Case(
        "lacp-with-a-partner",
        (
            Stage(
                {"interfaces": [lacp_bond("nic1", "nic2"), vlan("bond0.20", "bond0", 20, ipv4=ADDRESS)]},
                _AGGREGATED,
                passes=(ping(THERE), ping(HERE, place="switch")),
                events=(
                    Event("-n switch link set p1 down", "-n switch link set p1 up", (ping(THERE),)),
                    Event("-n switch link set p2 down", "-n switch link set p2 up", (ping(THERE),)),
                ),
            ),
            Stage(
                {"interfaces": [lacp_bond("nic1", "nic2", xmit_hash_policy="layer2+3")]},
                _AGGREGATED,
                passes=(ping(THERE),),
            ),
        ),
        {"interfaces": [{"name": "bond0.20", "state": "absent"}, {"name": "bond0", "state": "absent"}]},
        ("bonding", "8021q", "veth"),
        SWITCH,
    ),
)
