"""Layouts that operators have, changed while VMs and peers talk through them: with traffic, not kernel state alone."""

from typing import Any

from tests.integration.netconf.contract import Case, Document, Stage
from tests.integration.netconf.sections import HERE, THERE, bond, bridge, gone, link, up, v4, vlan
from tests.integration.netconf.world import Stream, World, cable, ping

HERE_2, THERE_2 = "203.0.113.11", "203.0.113.1"
NEEDS = ("veth", "8021q")


def backup(*ports: str, **more: Any) -> Document:
    return bond("active-backup", *ports, miimon=100) | more


def _behind_vlan(place: str, base: str, tag: int, ip: str) -> tuple[str, ...]:
    """A host in a namespace of its own, in a VLAN of the network in `lan`."""
    return (
        f"-n lan link add link {base} name v{tag} type vlan id {tag}",
        f"-n lan link set v{tag} netns {place}",
        f"-n {place} address add {ip}/24 dev v{tag}",
        f"-n {place} link set v{tag} up",
    )


def _switch(*nics: int, mtu: int = 1500) -> tuple[str, ...]:
    """All these NICs lead to one switch `sw` in `lan`."""
    return (
        f"-n lan link add sw mtu {mtu} type bridge",
        "-n lan link set sw up",
        *(
            line
            for nic in nics
            for line in (
                cable(f"nic{nic}", "lan", f"p{nic}"),
                f"-n lan link set p{nic} mtu {mtu} master sw up",
            )
        ),
    )


_VM = (
    "python3 -m tests.integration.netconf.vm vnet0 vm",
    "-n vm address add 198.51.100.50/24 dev eth0",
    "-n vm link set eth0 up",
    "link set vnet0 up",
)
_TWO_VLANS = World(
    ("lan", "ten", "eleven", "vm"),
    (
        *_switch(1),
        *_behind_vlan("ten", "sw", 10, "198.51.100.1"),
        *_behind_vlan("eleven", "sw", 11, "198.51.100.2"),
        *_VM,
    ),
)
_IN_10, _IN_11 = ping("198.51.100.1", place="vm"), ping("198.51.100.2", place="vm")
_NIC = up("nic1", "ethernet")  # said, because udev has NetworkManager leave a veth alone
_NO_NIC = {"name": "nic1", "type": "ethernet", "state": "absent"}
_PLUGGED = link("vnet0", "master", "br0")
_ROUTE = {"destination": "0.0.0.0/0", "next-hop-address": THERE, "next-hop-interface": "nic1"}


def _over(interface: str) -> Document:
    gone_before = {"destination": "0.0.0.0/0", "next-hop-address": THERE, "state": "absent"}
    return {"config": [gone_before, _ROUTE | {"next-hop-interface": interface}]}


_BEYOND = ("-n lan address add 192.0.2.200/32 dev lo", "-n lan address add 198.51.100.1/24 dev sw")
_MANAGEMENT = (ping("192.0.2.200"), ping(HERE, place="lan"))

LAYOUTS = (
    Case(
        "vlan-changes-under-a-vm",
        (
            Stage({"interfaces": [_NIC, vlan("nic1.10", "nic1", 10), bridge("br0", "nic1.10")]}),
            Stage(
                {"interfaces": [bridge("br0", "nic1.11"), vlan("nic1.11", "nic1", 11), *gone("nic1.10")["interfaces"]]},
                (_PLUGGED, link("nic1.11", "master", "br0")),
                prepare=("link set vnet0 master br0",),
                passes=(_IN_11,),
                blocked=(_IN_10,),
            ),
            Stage(
                {"interfaces": [bridge("br0", "nic1.10"), vlan("nic1.10", "nic1", 10), *gone("nic1.11")["interfaces"]]},
                (_PLUGGED,),
                passes=(_IN_10,),
                blocked=(_IN_11,),
            ),
        ),
        {"interfaces": [*gone("br0", "nic1.10")["interfaces"], _NO_NIC]},
        (*NEEDS, "tun"),
        _TWO_VLANS,
    ),
    Case(
        "vlan-tag-changes-in-place-under-a-vm",
        (
            Stage({"interfaces": [_NIC, vlan("storage", "nic1", 10), bridge("br0", "storage", ipv4=v4(HERE))]}),
            Stage(
                {"interfaces": [vlan("storage", "nic1", 11)]},
                (_PLUGGED, link("storage", "linkinfo.info_data.id", 11), link("storage", "master", "br0")),
                prepare=("link set vnet0 master br0",),
                passes=(_IN_11, ping("198.51.100.2")),
                blocked=(_IN_10,),
            ),
            Stage(
                {"interfaces": [vlan("storage", "nic1", 10)]},
                (_PLUGGED, link("storage", "linkinfo.info_data.id", 10)),
                passes=(_IN_10,),
                blocked=(_IN_11,),
            ),
        ),
        {"interfaces": [*gone("br0", "storage")["interfaces"], _NO_NIC]},
        (*NEEDS, "tun"),
        _TWO_VLANS,
    ),
    Case(
        "second-vlan-on-a-bond-in-use",
        (
            Stage(
                {"interfaces": [backup("nic1", "nic2"), vlan("bond0.10", "bond0", 10, ipv4=v4(HERE))]},
                passes=(ping(THERE),),
            ),
            Stage(
                {"interfaces": [backup("nic1", "nic2"), vlan("bond0.11", "bond0", 11, ipv4=v4(HERE_2))]},
                passes=(ping(THERE), ping(THERE_2)),
                streams=(Stream(ping(THERE)),),
            ),
            Stage(gone("bond0.11"), passes=(ping(THERE),), streams=(Stream(ping(THERE)),)),
        ),
        gone("bond0.10", "bond0"),
        (*NEEDS, "bonding"),
        World(
            ("lan", "ten", "eleven"),
            (*_switch(1, 2), *_behind_vlan("ten", "sw", 10, THERE), *_behind_vlan("eleven", "sw", 11, THERE_2)),
        ),
    ),
    Case(
        "management-moves-from-nic-to-bond-to-bridge",
        (
            Stage(
                {"interfaces": [up("nic1", "ethernet", ipv4=v4(HERE))], "routes": {"config": [_ROUTE]}},
                passes=_MANAGEMENT,
            ),
            Stage(
                {
                    "interfaces": [up("nic1", "ethernet"), backup("nic1", "nic2", ipv4=v4(HERE))],
                    "routes": _over("bond0"),
                },
                (link("nic1", "master", "bond0"),),
                passes=_MANAGEMENT,
            ),
            Stage(
                {
                    "interfaces": [backup("nic1", "nic2"), bridge("ovirtmgmt", "bond0", ipv4=v4(HERE))],
                    "routes": _over("ovirtmgmt"),
                },
                (link("bond0", "master", "ovirtmgmt"), link("nic1", "master", "bond0")),
                passes=_MANAGEMENT,
            ),
            Stage(
                {
                    "interfaces": [up("nic1", "ethernet", ipv4=v4(HERE)), *gone("ovirtmgmt", "bond0")["interfaces"]],
                    "routes": _over("nic1"),
                },
                (link("nic1", "master", None),),
                passes=_MANAGEMENT,
            ),
        ),
        {"interfaces": [_NO_NIC]},
        (*NEEDS, "bonding"),
        World(("lan",), (*_switch(1, 2), *_BEYOND)),
    ),
    Case(
        "two-networks-over-one-nic",
        (
            Stage(
                {
                    "interfaces": [
                        bridge("br0", "nic1", ipv4=v4(HERE)),
                        vlan("nic1.10", "nic1", 10),
                        bridge("br10", "nic1.10", ipv4=v4(HERE_2)),
                    ]
                },
                (link("nic1", "master", "br0"), link("nic1.10", "master", "br10")),
                passes=(ping(THERE), ping(THERE_2)),
            ),
            Stage(gone("br0"), (link("nic1.10", "master", "br10"),), passes=(ping(THERE_2),)),
        ),
        gone("br10", "nic1.10"),
        NEEDS,
        World(
            ("lan", "ten"),
            (*_switch(1), "-n lan address add 198.51.100.1/24 dev sw", *_behind_vlan("ten", "sw", 10, THERE_2)),
        ),
    ),
    Case(
        "jumbo-frames-up-to-a-bridge",
        (
            Stage(
                {
                    "interfaces": [
                        *(up(nic, "ethernet", mtu=9000) for nic in ("nic1", "nic2")),
                        backup("nic1", "nic2", mtu=9000),
                        vlan("bond0.10", "bond0", 10, mtu=9000),
                        bridge("br10", "bond0.10", mtu=9000, ipv4=v4(HERE)),
                    ]
                },
                tuple(link(name, "mtu", 9000) for name in ("nic1", "bond0", "bond0.10", "br10")),
                passes=(ping(THERE, size=9000),),
            ),
            Stage(
                {
                    "interfaces": [
                        vlan("bond0.10", "bond0", 10, mtu=1500),
                        bridge("br10", "bond0.10", mtu=1500, ipv4=v4(HERE)),
                    ]
                },
                (link("br10", "mtu", 1500), link("bond0", "mtu", 9000)),
                passes=(ping(THERE),),
                blocked=(ping(THERE, size=9000),),
            ),
        ),
        gone("br10", "bond0.10", "bond0"),
        (*NEEDS, "bonding"),
        World(("lan", "ten"), (*_switch(1, 2, mtu=9000), *_behind_vlan("ten", "sw", 10, THERE))),
    ),
    Case(
        "ports-of-a-bond-in-use-are-swapped",
        (
            Stage({"interfaces": [backup("nic1", "nic2", ipv4=v4(HERE))]}, passes=(ping(THERE),)),
            Stage(
                {"interfaces": [backup("nic2", "nic3", ipv4=v4(HERE))]},
                (link("nic1", "master", None), link("nic3", "master", "bond0")),
                passes=(ping(THERE),),
            ),
        ),
        gone("bond0"),
        (*NEEDS, "bonding"),
        World(("lan",), (*_switch(1, 2, 3), "-n lan address add 198.51.100.1/24 dev sw")),
    ),
)
