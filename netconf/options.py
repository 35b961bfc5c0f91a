"""The plain options of bonds, bridges, ports and IP: what each is called, here and elsewhere, and what it may be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Value = bool | int | str
Pairs = tuple[tuple[str, Value], ...]  # sorted by name, each name once


def pairs(found: Mapping[str, Value]) -> Pairs:
    return tuple(sorted(found.items()))


def over(desired: Pairs, observed: Pairs) -> Pairs:
    """`observed` with what `desired` says instead."""
    return pairs(dict(observed) | dict(desired))


@dataclass(frozen=True, slots=True)
class Number:
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class OneOf:
    """In the order of the kernel's numbers."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flag:
    pass


@dataclass(frozen=True, slots=True)
class Name:
    """Of an interface."""


@dataclass(frozen=True, slots=True)
class Mac:
    pass


@dataclass(frozen=True, slots=True)
class Ipv4List:
    """Separated by commas."""


@dataclass(frozen=True, slots=True)
class Text:
    """What `pattern` matches as a whole; `nm_values` are those that NetworkManager has other words for. Empty: none."""

    pattern: str
    example: str
    nm_values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Token:
    """The lower half of IPv6 addresses. NetworkManager writes it back in another notation."""


Kind = Number | OneOf | Flag | Name | Mac | Ipv4List | Text | Token


@dataclass(frozen=True, slots=True)
class Option:
    """`nm` is NetworkManager's name, `attribute` netlink's, `modes` the modes of a bond that know it (none named: all).
    The kernel counts in units of which `units` make one of ours."""

    name: str
    kind: Kind
    nm: str
    attribute: str = ""
    modes: tuple[str, ...] = ()
    units: int = 1
    signature: str = "u"  # of a number, for D-Bus
    default: bool | None = None  # of a flag that NetworkManager does not mention


_LACP = ("802.3ad",)
_ONE_ACTIVE = ("active-backup", "balance-tlb", "balance-alb")
_ARP = ("balance-rr", "active-backup", "balance-xor", "broadcast")
_LONG = 2**31 - 1


def _bond(name: str, kind: Kind, attribute: str = "", *modes: str) -> Option:
    return Option(name, kind, name, f"IFLA_BOND_{attribute or name.upper()}", modes)


# Ranges and modes are those of the kernel's drivers/net/bonding/bond_options.c.
BOND = (
    _bond("ad_actor_sys_prio", Number(1, 65535), "", *_LACP),
    _bond("ad_actor_system", Mac(), "", *_LACP),
    _bond("ad_select", OneOf(("stable", "bandwidth", "count")), "", *_LACP),
    _bond("ad_user_port_key", Number(0, 1023), "", *_LACP),
    _bond("all_slaves_active", OneOf(("dropped", "delivered"))),
    _bond("arp_all_targets", OneOf(("any", "all"))),
    _bond("arp_interval", Number(0, _LONG), "", *_ARP),
    _bond("arp_ip_target", Ipv4List(), "", *_ARP),
    _bond(
        "arp_validate",
        OneOf(("none", "active", "backup", "all", "filter", "filter_active", "filter_backup")),
        "",
        *_ARP,
    ),
    _bond("downdelay", Number(0, _LONG)),
    _bond("fail_over_mac", OneOf(("none", "active", "follow"))),
    _bond("lacp_rate", OneOf(("slow", "fast")), "AD_LACP_RATE", *_LACP),
    _bond("lp_interval", Number(1, _LONG)),
    _bond("miimon", Number(0, _LONG)),
    _bond("min_links", Number(0, _LONG)),
    _bond("num_grat_arp", Number(0, 255), "NUM_PEER_NOTIF"),
    _bond("num_unsol_na", Number(0, 255), "NUM_PEER_NOTIF"),
    _bond("packets_per_slave", Number(0, 65535), "", "balance-rr"),
    _bond("primary", Name(), "", *_ONE_ACTIVE),
    _bond("primary_reselect", OneOf(("always", "better", "failure"))),
    _bond("resend_igmp", Number(0, 255)),
    _bond("tlb_dynamic_lb", Flag(), "", "balance-tlb", "balance-alb"),
    _bond("updelay", Number(0, _LONG)),
    _bond("use_carrier", Flag()),
    _bond("xmit_hash_policy", OneOf(("layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac"))),
)

# What the kernel does when it is told nothing; not miimon, for which NetworkManager has a default of its own.
BOND_DEFAULTS: Mapping[str, Value] = {
    "ad_actor_sys_prio": 65535,
    "ad_select": "stable",
    "ad_user_port_key": 0,
    "all_slaves_active": "dropped",
    "arp_all_targets": "any",
    "arp_interval": 0,
    "arp_validate": "none",
    "downdelay": 0,
    "fail_over_mac": "none",
    "lacp_rate": "slow",
    "lp_interval": 1,
    "min_links": 0,
    "num_grat_arp": 1,
    "num_unsol_na": 1,
    "packets_per_slave": 1,
    "primary_reselect": "always",
    "resend_igmp": 1,
    "tlb_dynamic_lb": True,
    "updelay": 0,
    "use_carrier": True,
    "xmit_hash_policy": "layer2",
}

# Ports of a bond: which queue sends over one (by tc), and which one of several takes over.
BOND_PORT = (
    Option("priority", Number(-(2**31), _LONG), "prio", "IFLA_BOND_SLAVE_PRIO", _ONE_ACTIVE, signature="i"),
    Option("queue-id", Number(0, 65535), "queue-id", "IFLA_BOND_SLAVE_QUEUE_ID"),
)

_HZ = 100  # the kernel counts a bridge's times in these on every architecture Debian has

BRIDGE = (
    Option("group-fwd-mask", Number(0, 65535), "group-forward-mask", "IFLA_BR_GROUP_FWD_MASK"),
    Option("mac-ageing-time", Number(0, 1000000), "ageing-time", "IFLA_BR_AGEING_TIME", units=_HZ),
    Option("multicast-snooping", Flag(), "multicast-snooping", "IFLA_BR_MCAST_SNOOPING"),
    Option("vlan-default-pvid", Number(0, 4094), "vlan-default-pvid", "IFLA_BR_VLAN_DEFAULT_PVID"),
)

# Inside `stp`. Without STP they mean nothing, and NetworkManager does not set them.
STP = (
    Option("hello-time", Number(1, 10), "hello-time", "IFLA_BR_HELLO_TIME", units=_HZ),
    Option("max-age", Number(6, 40), "max-age", "IFLA_BR_MAX_AGE", units=_HZ),
    Option("priority", Number(0, 65535), "priority", "IFLA_BR_PRIORITY"),
)

BRIDGE_PORT = (
    Option("stp-hairpin-mode", Flag(), "hairpin-mode", "IFLA_BRPORT_MODE"),
    Option("stp-path-cost", Number(1, 65535), "path-cost", "IFLA_BRPORT_COST"),
    Option("stp-priority", Number(0, 63), "priority", "IFLA_BRPORT_PRIORITY"),
)

# How a DHCP client is known to servers: by its MAC, by what is made of the machine's id, or by what is said here.
_CLIENT_ID = Text(r"ll|iaid\+duid|[ -~]+", "ll, iaid+duid or 01:52:54:00:12:34:56", {"ll": "mac", "iaid+duid": "duid"})
# NetworkManager's "lease" is the one of the machine's id, as no profile of ours ever has an earlier lease.
_DUID = Text(
    r"ll|llt|uuid|[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){2,129}", "ll, llt, uuid or 00:03:00:01:…", {"uuid": "lease"}
)
_HOST_NAME = Text(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?", "node1.example.org")

# Only NetworkManager knows these of an interface. A `-` before its name: it says the opposite.
IP = (
    Option("addr-gen-mode", OneOf(("eui64", "stable-privacy")), "addr-gen-mode"),
    Option("auto-dns", Flag(), "-ignore-auto-dns", default=True),
    Option("auto-gateway", Flag(), "-never-default", default=True),
    Option("auto-route-metric", Number(0, 2**32 - 1), "route-metric", signature="x"),
    Option("auto-route-table-id", Number(0, 2**32 - 1), "route-table"),
    Option("auto-routes", Flag(), "-ignore-auto-routes", default=True),
    Option("dhcp-client-id", _CLIENT_ID, "dhcp-client-id"),
    Option("dhcp-custom-hostname", _HOST_NAME, "dhcp-hostname"),
    Option("dhcp-duid", _DUID, "dhcp-duid"),
    Option("dhcp-send-hostname", Flag(), "dhcp-send-hostname", default=True),
    Option("token", Token(), "token"),
)

_ONLY = {4: {"dhcp-client-id"}, 6: {"addr-gen-mode", "dhcp-duid", "token"}}


def ip_options(version: int) -> tuple[Option, ...]:
    """Those that IPv4 or IPv6 has."""
    return tuple(option for option in IP if option.name not in _ONLY[10 - version])


def of_mode(options: Iterable[Option], mode: str | None) -> tuple[Option, ...]:
    """Those that a bond in that mode knows."""
    return tuple(option for option in options if not option.modes or mode in option.modes)


def named(options: Iterable[Option]) -> dict[str, Option]:
    return {option.name: option for option in options}


def from_kernel(option: Option, value: object) -> Value | None:
    """The value of an attribute in our words; None when the kernel has none or one we do not know."""
    match option.kind:
        case Number() if isinstance(value, int):
            return value // option.units
        case Flag() if isinstance(value, int):
            return bool(value)
        case OneOf(words) if isinstance(value, int) and value < len(words):
            return words[value]
        case Mac() if isinstance(value, str):
            return value.lower() if value.strip("0:") else None
        case Ipv4List() if isinstance(value, list | tuple):
            return ",".join(str(ip) for ip in value) or None
        case _:
            return None


def to_kernel(option: Option, value: Value) -> int | str | tuple[str, ...]:
    """The other way round; a Name stays one, for who asks the kernel to give its index."""
    match option.kind:
        case Number():
            return int(value) * option.units
        case Flag():
            return int(bool(value))
        case OneOf(words):
            return words.index(str(value))
        case Ipv4List():
            return tuple(str(value).split(","))
        case _:
            return str(value)
