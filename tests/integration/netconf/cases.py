"""The layouts that the contract is tried with."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

from netconf.kinds import BondMode
from tests.integration.netconf.contract import Case, Document, Stage

_ADDRESS = {"enabled": True, "address": [{"ip": "198.51.100.11", "prefix-length": 24}]}
_OTHER = {"enabled": True, "address": [{"ip": "203.0.113.11", "prefix-length": 24}]}
_THIRD = {"enabled": True, "address": [{"ip": "192.0.2.211", "prefix-length": 29}]}
_OFF = {"enabled": False}
Fact = tuple[tuple[str, ...], str, object]


def _up(name: str, kind: str, **more: Any) -> Document:
    return {"name": name, "type": kind, "state": "up", "ipv4": _OFF, "ipv6": _OFF} | more


def _gone(*names: str) -> Document:
    return {"interfaces": [{"name": name, "state": "absent"} for name in names]}


def _link(name: str, path: str, expected: object) -> Fact:
    return ("ip", "-j", "-d", "link", "show", name), f"0.{path}", expected


def _bond(mode: str, *ports: str, **options: Any) -> Document:
    return _up("bond0", "bond", **{"link-aggregation": {"mode": mode, "port": list(ports), "options": options}})


def _vlan(name: str, base: str, tag: int, **more: Any) -> Document:
    return _up(name, "vlan", vlan={"base-iface": base, "id": tag}, **more)


def _bridge(name: str, *ports: Any, **more: Any) -> Document:
    found = [{"name": port} if isinstance(port, str) else port for port in ports]
    return _up(name, "linux-bridge", bridge={"port": found}, **more)


def _pair(name: str, peer: str, **more: Any) -> Document:
    return _up(name, "veth", veth={"peer": peer}, **more)


_MODE = "linkinfo.info_data.mode"
_OPTIONS: dict[str, dict[str, Any]] = {
    "balance-rr": {"miimon": 120, "packets_per_slave": 2},
    "active-backup": {"miimon": 100, "primary": "eth2", "fail_over_mac": "none"},
    "balance-xor": {"miimon": 100, "xmit_hash_policy": "layer3+4"},
    "broadcast": {"miimon": 100},
    "802.3ad": {"miimon": 100, "lacp_rate": "fast", "xmit_hash_policy": "layer2+3", "ad_select": "bandwidth"},
    "balance-tlb": {"miimon": 100, "tlb_dynamic_lb": False},
    "balance-alb": {"miimon": 100, "primary": "eth1"},
}


def _bond_of_mode(mode: str) -> Case:
    stage = Stage({"interfaces": [_bond(mode, "eth1", "eth2", **_OPTIONS[mode])]}, (_link("bond0", _MODE, mode),))
    return Case(f"bond-{mode}", (stage,), _gone("bond0"), ("bonding",))


_STACK = [
    _bond("active-backup", "eth1", "eth2", miimon=100),
    _vlan("bond0.7", "bond0", 7, ipv4=_ADDRESS),
    _vlan("bond0.8", "bond0", 8),
    _bridge("br8", "bond0.8"),
]

_TRUNK = {"mode": "trunk", "trunk-tags": [{"id": 101}, {"id-range": {"min": 500, "max": 503}}]}
_UNTAGGED, _PVID = ("Egress Untagged",), ("PVID", "Egress Untagged")
_NATIVE = _TRUNK | {"enable-native": True, "tag": 100}


def _vlans_of(port: str, *expected: tuple[int, tuple[str, ...]]) -> tuple[Fact, ...]:
    argv = ("bridge", "-j", "vlan", "show", "dev", port)
    return tuple(
        fact
        for number, (tag, flags) in enumerate(expected)
        for fact in (
            (argv, f"0.vlans.{number}.vlan", tag),
            (argv, f"0.vlans.{number}.flags", list(flags) if flags else None),
        )
    )


_STP = {
    "options": {
        "mac-ageing-time": 120,
        "multicast-snooping": False,
        "stp": {"enabled": True, "priority": 4096, "hello-time": 1, "forward-delay": 2, "max-age": 6},
    }
}
_NO_NIC = {"name": "eth1", "type": "ethernet", "state": "absent"}


def _route(destination: str, next_hop: str, **more: Any) -> Document:
    return {"destination": destination, "next-hop-address": next_hop, "next-hop-interface": "eth1", **more}


_ROUTES = [
    _route("0.0.0.0/0", "198.51.100.1", metric=50),
    _route("0.0.0.0/0", "198.51.100.2", metric=60),
    _route("203.0.113.0/24", "198.51.100.1", **{"table-id": 50}),
    _route("2001:db8:1::/48", "2001:db8::1", metric=200),
]
_ADDRESS_6 = {"enabled": True, "addr-gen-mode": "eui64", "address": [{"ip": "2001:db8::11", "prefix-length": 64}]}
_RULE = {"ip-from": "198.51.100.0/24", "route-table": 50, "priority": 1000}


def _ports(**first: int) -> list[Document]:
    return [{"name": "eth1", **first}, {"name": "eth2", "queue-id": 0, "priority": 0}]


def _backup(ports: list[Document]) -> Document:
    inside = {"mode": "active-backup", "ports-config": ports, "options": {"miimon": 100}}
    return _up("bond0", "bond", **{"link-aggregation": inside})


def _vrf(table: int) -> Document:
    return _up("vrf9", "vrf", vrf={"route-table-id": table, "port": ["eth1"]})


_QUEUE, _PRIORITY = "linkinfo.info_slave_data.queue_id", "linkinfo.info_slave_data.prio"
_VXLAN = {"base-iface": "eth1", "id": 7, "remote": "239.1.1.1"}

CASES = (
    *(_bond_of_mode(mode) for mode in BondMode),
    Case(  # not to 802.3ad: without a partner nothing leaves by that, and NetworkManager waits with the address for it
        "bond-changes-in-place",
        (
            Stage({"interfaces": _STACK}, (_link("bond0", _MODE, "active-backup"), _link("bond0.8", "master", "br8"))),
            Stage(
                {"interfaces": [_bond("balance-xor", "eth1", "eth2", miimon=100)]},
                (
                    _link("bond0", _MODE, "balance-xor"),
                    _link("bond0.7", "link", "bond0"),
                    _link("bond0.8", "master", "br8"),
                ),
            ),
            Stage(
                {"interfaces": [_bond("balance-xor", "eth1", "eth3")]},
                (_link("eth3", "master", "bond0"), _link("eth2", "master", None), _link("bond0.7", "link", "bond0")),
            ),
        ),
        _gone("br8", "bond0.8", "bond0.7", "bond0"),
        ("bonding", "8021q"),
    ),
    Case(
        "ports-of-a-bond",
        (
            Stage(
                {"interfaces": [_backup(_ports(**{"queue-id": 2, "priority": 7}))]},
                (_link("eth1", _QUEUE, 2), _link("eth1", _PRIORITY, 7), _link("eth2", _QUEUE, 0)),
            ),
            Stage(
                {"interfaces": [_backup(_ports(**{"queue-id": 3, "priority": -7}))]},
                (_link("eth1", _QUEUE, 3), _link("eth1", _PRIORITY, -7)),
            ),
            Stage(
                {"interfaces": [_backup(_ports(**{"queue-id": 0, "priority": 0}))]},
                (_link("eth1", _QUEUE, 0), _link("eth1", _PRIORITY, 0)),
            ),
        ),
        _gone("bond0"),
        ("bonding",),
    ),
    Case(
        "vlan-filtering",
        (
            Stage(
                {
                    "interfaces": [
                        _bridge(
                            "br0",
                            {"name": "eth1", "vlan": _NATIVE, "stp-path-cost": 50},
                            {"name": "eth2", "vlan": {"mode": "access", "tag": 12}},
                            "eth3",
                            ipv4=_ADDRESS,
                        )
                    ]
                },
                (
                    _link("br0", "linkinfo.info_data.vlan_filtering", 1),
                    *_vlans_of("eth2", (1, _UNTAGGED), (12, _PVID)),
                    *_vlans_of("eth1", (1, _UNTAGGED), (100, _PVID), (101, ()), (500, ())),
                    *_vlans_of("eth3", (1, _PVID)),
                ),
            ),
            Stage(
                {"interfaces": [_bridge("br0", {"name": "eth1", "vlan": _TRUNK}, {"name": "eth2", "vlan": {}})]},
                (*_vlans_of("eth1", (1, _PVID), (101, ())), *_vlans_of("eth2", (1, _PVID))),
            ),
        ),
        _gone("br0"),
        ("bridge-vlan",),
    ),
    Case(
        "bridge-options",
        (
            Stage(
                {
                    "interfaces": [
                        _up("br0", "linux-bridge", bridge=_STP | {"port": [{"name": "eth1"}]}, description="front door")
                    ]
                },
                (_link("br0", "linkinfo.info_data.stp_state", 1), _link("br0", "linkinfo.info_data.priority", 4096)),
            ),
            Stage({"interfaces": [_bridge("br0", "eth2", mtu=1400)]}, (_link("eth2", "master", "br0"),)),
        ),
        _gone("br0"),
    ),
    Case(
        "routes-and-rules",
        (
            Stage(
                {
                    # A metric of its own: NetworkManager gives NICs theirs by the order in which they come up.
                    "interfaces": [
                        _up(
                            "eth1",
                            "ethernet",
                            ipv4=_ADDRESS | {"auto-route-metric": 300},
                            ipv6=_ADDRESS_6,
                            lldp={"enabled": True},
                            **{"wait-ip": "ipv4"},
                        )
                    ],
                    "routes": {"config": _ROUTES},
                    "route-rules": {"config": [_RULE]},
                },
                (
                    (("ip", "-j", "route", "show", "default", "dev", "eth1"), "1.metric", 60),
                    (("ip", "-j", "rule", "show", "priority", "1000"), "0.table", "50"),
                ),
            ),
            Stage(
                {
                    "routes": {"config": [{"next-hop-interface": "eth1", "metric": 50, "state": "absent"}]},
                    "route-rules": {"config": [{"route-table": 50, "state": "absent"}]},
                },
                ((("ip", "-j", "route", "show", "default", "dev", "eth1"), "0.metric", 60),),
            ),
        ),
        {"interfaces": [_NO_NIC]},
    ),
    Case(
        "vlan-on-a-bridge",
        (
            Stage({"interfaces": [_bridge("br0", "eth1"), _vlan("br0.5", "br0", 5, ipv4=_ADDRESS)]}),
            Stage({"interfaces": [_bridge("br0", "eth1", "eth2")]}, (_link("br0.5", "link", "br0"),)),
        ),
        _gone("br0.5", "br0"),
        ("8021q",),
    ),
    Case(
        "dummy-and-mtu",
        (
            Stage({"interfaces": [_up("dummy0", "dummy", mtu=1400, ipv4=_ADDRESS)]}, (_link("dummy0", "mtu", 1400),)),
            Stage({"interfaces": [_up("dummy0", "dummy", mtu=9000, ipv4=_ADDRESS)]}, (_link("dummy0", "mtu", 9000),)),
        ),
        _gone("dummy0"),
        ("dummy",),
    ),
    Case(
        "vrf",
        (
            Stage(
                {
                    "interfaces": [
                        _vrf(9),
                        _up("eth1", "ethernet", ipv4=_ADDRESS),
                    ]
                },
                (_link("vrf9", "linkinfo.info_data.table", 9), _link("eth1", "master", "vrf9")),
            ),
        ),
        {"interfaces": [{"name": "vrf9", "state": "absent"}, _NO_NIC]},
        ("vrf",),
    ),
    Case(
        "vrf-gets-another-table",
        (
            Stage({"interfaces": [_vrf(9), _up("eth1", "ethernet", ipv4=_ADDRESS)]}),
            Stage(
                {"interfaces": [_vrf(10)]},
                (_link("vrf9", "linkinfo.info_data.table", 10), _link("eth1", "master", "vrf9")),
            ),
        ),
        {"interfaces": [{"name": "vrf9", "state": "absent"}, _NO_NIC]},
        ("vrf",),
    ),
    Case(
        "veth-pair",
        (
            Stage(
                {"interfaces": [_pair("v1", "v1p", ipv4=_ADDRESS)]},
                (_link("v1", "link", "v1p"), _link("v1p", "link", "v1"), _link("v1p", "operstate", "UP")),
            ),
            Stage(
                {"interfaces": [_up("v1p", "veth", mtu=1400, ipv4=_OTHER)]},
                (_link("v1p", "mtu", 1400), _link("v1", "mtu", 1500)),
            ),
            Stage({"interfaces": [_bridge("br0", "v1p", "eth1", ipv4=_THIRD)]}, (_link("v1p", "master", "br0"),)),
            Stage({"interfaces": [_pair("v1", "v1p", ipv4=_OTHER), _bridge("br0", "eth1")]}),
        ),
        _gone("v1p", "br0"),
        ("veth",),
    ),
    Case(
        "veth-between-bridges",
        (
            Stage(
                {
                    "interfaces": [
                        _bridge("br0", "v1", "eth1", ipv4=_ADDRESS),
                        _bridge("br1", "v1p", "eth2"),
                        _up("v1", "ethernet"),
                        _pair("v1p", "v1"),
                    ]
                },
                (_link("v1", "master", "br0"), _link("v1p", "master", "br1"), _link("v1p", "link", "v1")),
            ),
            Stage(
                {"interfaces": [_bridge("br0", "eth1", ipv4=_ADDRESS), {"name": "v1", "state": "absent"}]},
                (_link("eth1", "master", "br0"), _link("eth2", "master", "br1")),
            ),
            Stage(
                {"interfaces": [_pair("v2", "v2p", mtu=1400), _up("v2p", "veth", mtu=1400), _bridge("br1", "v2p")]},
                (_link("v2p", "master", "br1"), _link("eth2", "master", None)),
            ),
        ),
        _gone("br0", "br1", "v2"),
        ("veth",),
    ),
    Case(
        "what-stands-on-a-veth-pair",
        (
            Stage(
                {
                    "interfaces": [
                        _bond("active-backup", "v1", "v2", miimon=100),
                        _vlan("bond0.7", "bond0", 7, ipv4=_ADDRESS),
                        _bridge("br0", "v1p", "v2p"),
                        _pair("v1", "v1p"),
                        _pair("v2", "v2p"),
                        _up("vrf9", "vrf", vrf={"route-table-id": 9, "port": ["v3p"]}),
                        _pair("v3", "v3p"),
                        _vlan("v3.7", "v3", 7, ipv4=_OTHER),
                        _up("v3p", "veth", ipv4=_THIRD),
                    ]
                },
                (
                    _link("v2", "master", "bond0"),
                    _link("v2p", "master", "br0"),
                    _link("v3p", "master", "vrf9"),
                    _link("v3.7", "operstate", "UP"),
                    _link("bond0.7", "operstate", "UP"),
                ),
            ),
            Stage(
                {
                    "interfaces": [
                        _bond("active-backup", "v1"),
                        _bridge("br0", "v1p"),
                        *_gone("v2", "v3.7")["interfaces"],
                    ]
                },
                (_link("v1", "master", "bond0"), _link("v3", "link", "v3p")),
            ),
        ),
        _gone("bond0.7", "bond0", "br0", "v1", "vrf9", "v3"),
        ("bonding", "8021q", "vrf", "veth"),
    ),
    Case(
        "vxlan-in-a-bridge",
        (
            Stage(
                {
                    "interfaces": [
                        _up("vx7", "vxlan", vxlan=_VXLAN),
                        _bridge("br0", "vx7", ipv4=_ADDRESS),
                    ]
                },
                (_link("vx7", "linkinfo.info_data.id", 7), _link("vx7", "master", "br0")),
            ),
            Stage({"interfaces": [_bridge("br0", "vx7", "eth2", ipv4=_ADDRESS)]}, (_link("eth2", "master", "br0"),)),
        ),
        _gone("br0", "vx7"),
        ("vxlan",),
    ),
    Case(
        "vxlan-changes-in-place",
        (
            Stage({"interfaces": [_up("vx7", "vxlan", vxlan=_VXLAN), _bridge("br0", "vx7", ipv4=_ADDRESS)]}),
            Stage(
                {"interfaces": [_up("vx7", "vxlan", vxlan=_VXLAN | {"id": 8, "base-iface": "eth2"})]},
                (
                    _link("vx7", "linkinfo.info_data.id", 8),
                    _link("vx7", "linkinfo.info_data.link", "eth2"),
                    _link("vx7", "master", "br0"),
                ),
            ),
        ),
        _gone("br0", "vx7"),
        ("vxlan",),
    ),
)

# What a backend cannot do of what the cases wish for: it refuses that, and is tried without.
LEFT_OUT = {"networkmanager": (), "kernel": ("lldp", "ipv4.auto-route-metric", "wait-ip")}


def for_backend(name: str) -> tuple[Case, ...]:
    return tuple(replace(case, stages=tuple(map(_without(LEFT_OUT[name]), case.stages))) for case in CASES)


def _without(paths: tuple[str, ...]) -> Callable[[Stage], Stage]:
    def of(stage: Stage) -> Stage:
        document = deepcopy(stage.document)
        for interface in document.get("interfaces", []):
            for path in paths:
                *way, key = path.split(".")
                place = interface
                for part in way:
                    place = place.get(part, {})
                place.pop(key, None)
        return replace(stage, document=document)

    return of


WITH_KERNEL = "kernel"  # before the names of cases that are tried with the kernel alone
COMMAND_LINE = "command-line"  # tried beside them
