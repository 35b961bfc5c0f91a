"""The kernel's messages as what they say; pure. Anything it does not understand says nothing."""

from collections.abc import Iterable, Iterator

from netconf.kernel.link_info import Message, number
from netconf.kinds import BondMode
from netconf.model import Address
from netconf.watch.view import (
    Answering,
    BondPort,
    BondState,
    Link,
    Neighbour,
    ObservedAddress,
    ObservedRoute,
    Removed,
    Update,
)

# From linux/rtnetlink.h, linux/if.h, linux/if_arp.h, linux/neighbour.h.
NEWLINK, DELLINK = 16, 17
NEWADDR, DELADDR = 20, 21
NEWROUTE, DELROUTE = 24, 25
NEWNEIGH, DELNEIGH = 28, 29
_AF_BRIDGE = 7
_IFF_UP, _IFF_LOWER_UP = 0x1, 0x10000
_ARPHRD = {1: "ethernet", 772: "loopback", 32: "infiniband"}
_IFA_F_PERMANENT = 0x80
_NTF_ROUTER = 0x80
_NUD = {
    0x01: Answering.ASKED,
    0x02: Answering.REACHABLE,
    0x04: Answering.STALE,
    0x08: Answering.STALE,  # about to be asked; the kernel tells nobody
    0x10: Answering.STALE,  # being asked
    0x20: Answering.FAILED,
    0x80: Answering.PERMANENT,
}
_PROTO = {1: "redirect", 2: "kernel", 3: "boot", 4: "static", 9: "ra", 16: "dhcp", 18: "keepalived", 186: "bgp"}
_MODES = tuple(BondMode)
_IPS = {2: 4, 10: 6}  # AF_INET, AF_INET6


def decode_updates(messages: Iterable[Message]) -> Iterator[Update]:
    """Of links, addresses and neighbours."""
    for message in messages:
        said = _decode(message)
        if said is not None:
            yield said


def _decode(message: Message) -> Update | None:
    kind, family = number(_at(message, "header", "type")), message.get("family")
    if family == _AF_BRIDGE:  # ports and forwarding tables of bridges: said of the link as such, too
        return None
    match kind:
        case n if n == NEWLINK:
            return link(message)
        case n if n == DELLINK:
            return Removed(number(message.get("index")), Link)
        case n if n in (NEWADDR, DELADDR):
            held = address(message)
            return Removed(held.key, ObservedAddress) if held is not None and n == DELADDR else held
        case n if n in (NEWNEIGH, DELNEIGH):
            return neighbour(message, gone=n == DELNEIGH)
        case _:
            return None


def link(message: Message) -> Link | None:
    name, flags = message.get("ifname"), number(message.get("flags"))
    if not isinstance(name, str):
        return None
    info = message.get("linkinfo")
    kind = _at(message, "linkinfo", "IFLA_INFO_KIND")
    elsewhere = message.get("link_netnsid") is not None
    base = number(message.get("link")) or None
    mac, permanent = message.get("address"), message.get("perm_address")
    return Link(
        index=number(message.get("index")),
        name=name,
        kind=str(kind) if kind else _ARPHRD.get(number(message.get("ifi_type")), "other"),
        up=bool(flags & _IFF_UP),
        carrier=bool(flags & _IFF_UP and flags & _IFF_LOWER_UP),
        carrier_changes=number(message.get("carrier_changes")),
        mtu=number(message.get("mtu")),
        mac=mac if isinstance(mac, str) else "",
        permanent_mac=permanent if isinstance(permanent, str) and permanent.strip("0:") else None,
        controller=number(message.get("master")) or None,
        base=None if elsewhere else base,
        base_elsewhere=elsewhere and base is not None,
        vlan=number(_at(info, "IFLA_INFO_DATA", "IFLA_VLAN_ID")) if kind == "vlan" else None,
        bond=_bond(_at(info, "IFLA_INFO_DATA")) if kind == "bond" else None,
        bond_port=_bond_port(_at(info, "IFLA_INFO_SLAVE_DATA")) if _in_bond(info) else None,
        description=str(message.get("IFLA_IFALIAS") or ""),
    )


def _in_bond(info: object) -> bool:
    return _at(info, "IFLA_INFO_SLAVE_KIND") == "bond"


def _bond(data: object) -> BondState:
    mode, lacp = number(_at(data, "IFLA_BOND_MODE")), _at(data, "IFLA_BOND_AD_INFO")
    partner = _at(lacp, "IFLA_BOND_AD_INFO_PARTNER_MAC")
    return BondState(
        mode=str(_MODES[mode]) if mode < len(_MODES) else str(mode),
        active_port=number(_at(data, "IFLA_BOND_ACTIVE_SLAVE")) or None,
        aggregator=_optional(_at(lacp, "IFLA_BOND_AD_INFO_AGGREGATOR")),
        aggregated_ports=_optional(_at(lacp, "IFLA_BOND_AD_INFO_NUM_PORTS")),
        partner_mac=partner if isinstance(partner, str) else None,
    )


def _bond_port(data: object) -> BondPort:
    aggregator = _optional(_at(data, "IFLA_BOND_SLAVE_AD_AGGREGATOR_ID"))
    return BondPort(
        active=_at(data, "IFLA_BOND_SLAVE_STATE") == 0,
        mii_up=_at(data, "IFLA_BOND_SLAVE_MII_STATUS") == 0,
        failures=number(_at(data, "IFLA_BOND_SLAVE_LINK_FAILURE_COUNT")),
        aggregator=aggregator,
        actor_state=_optional(_at(data, "IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE")),
        partner_state=_optional(_at(data, "IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE")),
    )


def address(message: Message) -> ObservedAddress | None:
    version = _IPS.get(number(message.get("family")))
    ip = message.get("IFA_LOCAL") or message.get("IFA_ADDRESS")
    if version is None or not isinstance(ip, str):
        return None
    wide = message.get("IFA_FLAGS")
    flags = wide if isinstance(wide, int) else number(message.get("flags"))
    return ObservedAddress(
        index=number(message.get("index")),
        address=Address(ip, number(message.get("prefixlen"))),
        version=version,
        scope=number(message.get("scope")),
        flags=flags,
        proto=number(message.get("IFA_PROTO")),
        lent=not flags & _IFA_F_PERMANENT,
    )


def neighbour(message: Message, *, gone: bool) -> Neighbour | Removed | None:
    """What needs no asking (multicast, for example) is no neighbour."""
    ip, index = message.get("NDA_DST"), number(message.get("ifindex"))
    if number(message.get("family")) not in _IPS or not isinstance(ip, str):
        return None
    state = _NUD.get(number(message.get("state")))
    if gone or state is None:
        return Removed((index, ip), Neighbour)
    mac = message.get("NDA_LLADDR")
    router = bool(number(message.get("flags")) & _NTF_ROUTER)
    return Neighbour(index, ip, mac if isinstance(mac, str) else "", state, router)


def routes(messages: Iterable[Message]) -> frozenset[ObservedRoute]:
    """Those that lead somewhere else or were set by somebody: each link's own fe80::/64 is left out."""
    return frozenset(route for message in messages if (route := _route(message)) is not None)


def _route(message: Message) -> ObservedRoute | None:
    version = _IPS.get(number(message.get("family")))
    to = message.get("RTA_DST") or ("0.0.0.0" if version == 4 else "::")
    if version is None or (to == "fe80::" and message.get("RTA_GATEWAY") is None):
        return None
    hops = message.get("RTA_MULTIPATH")
    over = [str(hop.get("RTA_GATEWAY") or "") for hop in hops] if isinstance(hops, list) else []
    gateway = _at(message, "RTA_VIA", "addr") or message.get("RTA_GATEWAY") or ", ".join(sorted(over))
    proto = number(message.get("proto"))
    return ObservedRoute(
        destination=f"{to}/{number(message.get('dst_len'))}",
        gateway=str(gateway or ""),
        index=number(message.get("RTA_OIF")),
        metric=number(message.get("RTA_PRIORITY")),
        table=number(message.get("RTA_TABLE")) or number(message.get("table")),
        proto=_PROTO.get(proto, str(proto)),
    )


def _at(value: object, *keys: str) -> object:
    """What lies inside of what, None where nothing does."""
    for key in keys:
        value = value.get(key) if hasattr(value, "get") else None
    return value


def _optional(value: object) -> int | None:
    return value if isinstance(value, int) else None
