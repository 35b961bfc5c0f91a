"""Bonds: each mode with its options, changed in place, and what is said of each port."""

from typing import Any

from netconf.kinds import BondMode
from tests.integration.netconf.contract import Case, Document, Stage
from tests.integration.netconf.sections import ADDRESS, bond, bridge, gone, link, up, vlan

_MODE = "linkinfo.info_data.mode"
OPTIONS: dict[str, dict[str, Any]] = {
    "balance-rr": {"miimon": 120, "packets_per_slave": 2},
    "active-backup": {"miimon": 100, "primary": "eth2", "fail_over_mac": "none"},
    "balance-xor": {"miimon": 100, "xmit_hash_policy": "layer3+4"},
    "broadcast": {"miimon": 100},
    "802.3ad": {"miimon": 100, "lacp_rate": "fast", "xmit_hash_policy": "layer2+3", "ad_select": "bandwidth"},
    "balance-tlb": {"miimon": 100, "tlb_dynamic_lb": False},
    "balance-alb": {"miimon": 100, "primary": "eth1"},
}


def _bond_of_mode(mode: str) -> Case:
    stage = Stage({"interfaces": [bond(mode, "eth1", "eth2", **OPTIONS[mode])]}, (link("bond0", _MODE, mode),))
    return Case(f"bond-{mode}", (stage,), gone("bond0"), ("bonding",))


_STACK = [
    bond("active-backup", "eth1", "eth2", miimon=100),
    vlan("bond0.7", "bond0", 7, ipv4=ADDRESS),
    vlan("bond0.8", "bond0", 8),
    bridge("br8", "bond0.8"),
]


def _ports(**first: int) -> list[Document]:
    return [{"name": "eth1", **first}, {"name": "eth2", "queue-id": 0, "priority": 0}]


def _backup(ports: list[Document]) -> Document:
    inside = {"mode": "active-backup", "ports-config": ports, "options": {"miimon": 100}}
    return up("bond0", "bond", **{"link-aggregation": inside})


_QUEUE, _PRIORITY = "linkinfo.info_slave_data.queue_id", "linkinfo.info_slave_data.prio"

BONDS = (
    *(_bond_of_mode(mode) for mode in BondMode),
    Case(  # not to 802.3ad: without a partner nothing leaves by that, and NetworkManager waits with the address for it
        "bond-changes-in-place",
        (
            Stage({"interfaces": _STACK}, (link("bond0", _MODE, "active-backup"), link("bond0.8", "master", "br8"))),
            Stage(
                {"interfaces": [bond("balance-xor", "eth1", "eth2", miimon=100)]},
                (
                    link("bond0", _MODE, "balance-xor"),
                    link("bond0.7", "link", "bond0"),
                    link("bond0.8", "master", "br8"),
                ),
            ),
            Stage(
                {"interfaces": [bond("balance-xor", "eth1", "eth3")]},
                (link("eth3", "master", "bond0"), link("eth2", "master", None), link("bond0.7", "link", "bond0")),
            ),
        ),
        gone("br8", "bond0.8", "bond0.7", "bond0"),
        ("bonding", "8021q"),
    ),
    Case(
        "ports-of-a-bond",
        (
            Stage(
                {"interfaces": [_backup(_ports(**{"queue-id": 2, "priority": 7}))]},
                (link("eth1", _QUEUE, 2), link("eth1", _PRIORITY, 7), link("eth2", _QUEUE, 0)),
            ),
            Stage(
                {"interfaces": [_backup(_ports(**{"queue-id": 3, "priority": -7}))]},
                (link("eth1", _QUEUE, 3), link("eth1", _PRIORITY, -7)),
            ),
            Stage(
                {"interfaces": [_backup(_ports(**{"queue-id": 0, "priority": 0}))]},
                (link("eth1", _QUEUE, 0), link("eth1", _PRIORITY, 0)),
            ),
        ),
        gone("bond0"),
        ("bonding",),
    ),
)
