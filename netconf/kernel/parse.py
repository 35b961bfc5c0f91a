"""Makes a KernelState of what the kernel says over netlink; pure."""

import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from netconf.kernel.link_info import Message, nested, number
from netconf.kernel.observe import shown_route, shown_rule, via
from netconf.kernel.sriov import Functions, pci
from netconf.kernel.state import PERMANENT, Hop, KernelAddress, KernelRoute, KernelState, Link, Raw, RoutingRule
from netconf.kinds import BondMode
from netconf.options import BOND, BOND_PORT, Name, of_mode

_BRIDGE = (
    *("FORWARD_DELAY", "HELLO_TIME", "MAX_AGE", "AGEING_TIME", "STP_STATE", "PRIORITY", "VLAN_FILTERING"),
    *("VLAN_PROTOCOL", "VLAN_DEFAULT_PVID", "VLAN_STATS_ENABLED", "GROUP_FWD_MASK", "MCAST_ROUTER", "MCAST_SNOOPING"),
    *("MCAST_QUERY_USE_IFADDR", "MCAST_QUERIER", "MCAST_STATS_ENABLED", "MCAST_IGMP_VERSION", "MCAST_MLD_VERSION"),
    *("NF_CALL_IPTABLES", "NF_CALL_IP6TABLES", "NF_CALL_ARPTABLES"),
)
_BRIDGE_PORT = (
    *("PRIORITY", "COST", "MODE", "GUARD", "PROTECT", "FAST_LEAVE", "LEARNING", "UNICAST_FLOOD", "MCAST_FLOOD"),
    *("BCAST_FLOOD", "NEIGH_SUPPRESS", "ISOLATED", "VLAN_TUNNEL"),
)
_VXLAN = (
    *("ID", "GROUP", "GROUP6", "LOCAL", "LOCAL6", "TTL", "TOS", "LEARNING", "AGEING", "LIMIT", "PORT"),
    *("PROXY", "RSC", "L2MISS", "L3MISS", "UDP_CSUM"),
)
_DATA = {
    "bridge": tuple(f"IFLA_BR_{key}" for key in _BRIDGE),
    "vlan": ("IFLA_VLAN_ID", "IFLA_VLAN_PROTOCOL"),
    "vxlan": tuple(f"IFLA_VXLAN_{key}" for key in _VXLAN),
    "vrf": ("IFLA_VRF_TABLE",),
}
# From linux/if_addr.h, linux/rtnetlink.h, linux/if.h and linux/if_bridge.h.
_IFF_UP = 0x1
_TEMPORARY, _PERMANENT, _GIVEN_FLAGS = 0x01, 0x80, 0x02 | 0x10 | 0x100 | 0x200 | 0x400
_IFAPROT_KERNEL_LL = 3
_BY_THE_KERNEL = (1, 2)  # RTPROT_REDIRECT, RTPROT_KERNEL
_TYPES = (1, 6, 7, 8)  # unicast, blackhole, unreachable, prohibit
_LOCAL_TABLE = 255
_RTNH_F_ONLINK = 4
_CLONED = 0x200
_USER_HZ = 100
_RANGE_BEGIN, _RANGE_END = 0x8, 0x10


def kernel_state(
    links: Iterable[Message],
    addresses: Iterable[Message],
    routes: Iterable[Message],
    rules: Iterable[Message],
    vlans: Iterable[Message],
    sysctls: Callable[[str], Mapping[str, str]],
    functions: Callable[[str], Functions | None],
    resolver: str | None,
) -> KernelState:
    """`vlans` is a dump of AF_BRIDGE, `sysctls` gives those of an interface, `functions` tells of a PCI device."""
    links = [link for link in links if link.get("ifname")]
    names = {number(link.get("index")): _text(link, "ifname") for link in links}
    tables = {number(entry.get("index")): _table(nested(entry, "af_spec")) for entry in vlans}
    modes = {number(link.get("index")): mode for link in links if (mode := _mode(link)) is not None}
    plain = (_link(link, names, tables, modes, sysctls) for link in links)
    found = (replace(bare, vfs=_vfs(link, functions)) for bare, link in zip(plain, links, strict=True))
    found_addresses = tuple(a for a in (_address(message, names) for message in addresses) if a is not None)
    return KernelState(
        links=tuple(found),
        addresses=found_addresses,
        routes=tuple(
            r for r in (_route(message, names) for message in routes) if r is not None and _is_given(r, found_addresses)
        ),
        rules=tuple(r for r in (_rule(message) for message in rules) if r is not None),
        resolver=resolver,
    )


def _link(
    link: Message,
    names: Mapping[int, str],
    tables: Mapping[int, Mapping[int, int]],
    modes: Mapping[int, BondMode],
    sysctls: Callable[[str], Mapping[str, str]],
) -> Link:
    kind, index = str(nested(link, "linkinfo", "IFLA_INFO_KIND") or ""), number(link.get("index"))
    data = nested(link, "linkinfo", "IFLA_INFO_DATA")
    below = number(_of(data, "IFLA_VXLAN_LINK")) if kind == "vxlan" else number(link.get("link"))
    lower = names.get(below, "") if link.get("link_netnsid") is None else ""  # else it is an index over there
    in_bridge = nested(link, "linkinfo", "IFLA_INFO_SLAVE_KIND") == "bridge"
    name, mac = _text(link, "ifname"), _text(link, "address")
    return Link(
        name=name,
        kind=kind,
        up=bool(number(link.get("flags")) & _IFF_UP),
        base="" if kind == "veth" else lower,
        peer=lower if kind == "veth" else "",
        master=names.get(number(link.get("master")), ""),
        mac=mac or None,
        mtu=number(link.get("mtu")) or None,
        alias=_text(link, "ifalias"),
        data=_bond(data, names) if kind == "bond" else _scalars(data, _DATA.get(kind, ())),
        port=_scalars(nested(link, "linkinfo", "IFLA_INFO_SLAVE_DATA"), _port_keys(link, modes)),
        vlans=tables.get(index) if in_bridge or kind == "bridge" else None,
        sysctls=sysctls(name),
    )


def _vfs(link: Message, functions: Callable[[str], Functions | None]) -> int | None:
    found = functions(device) if (device := pci(link)) else None
    return None if found is None else len(found.made)


def _mode(link: Message) -> BondMode | None:
    mode = nested(link, "linkinfo", "IFLA_INFO_DATA", "IFLA_BOND_MODE")
    return tuple(BondMode)[mode] if isinstance(mode, int) else None


def _port_keys(link: Message, modes: Mapping[int, BondMode]) -> tuple[str, ...]:
    match nested(link, "linkinfo", "IFLA_INFO_SLAVE_KIND"):
        case "bridge":
            return tuple(f"IFLA_BRPORT_{key}" for key in _BRIDGE_PORT)
        case "bond":
            mode = modes.get(number(link.get("master")))
            return tuple(option.attribute for option in of_mode(BOND_PORT, mode))
        case _:
            return ()


def _bond(data: object, names: Mapping[int, str]) -> dict[str, Raw]:
    """Only options that the mode knows: others cannot be said to the kernel."""
    mode = number(_of(data, "IFLA_BOND_MODE"))
    known = of_mode(BOND, tuple(BondMode)[mode])
    found: dict[str, Raw] = {"IFLA_BOND_MODE": mode}
    for option in known:
        value = _of(data, option.attribute)
        if isinstance(option.kind, Name):
            found[option.attribute] = names.get(number(value), "")
        elif isinstance(value, list | tuple):
            found[option.attribute] = tuple(map(str, value))
        elif isinstance(value, int | str) and not (isinstance(value, str) and not value.strip("0:")):
            found[option.attribute] = value
    return found


def _table(spec: object) -> dict[int, int]:
    """VLAN → its flags; the kernel gives the ends of a range in two entries."""
    found: dict[int, int] = {}
    begin = 0
    attributes = _of(spec, "attrs")
    for name, value in attributes if isinstance(attributes, list) else ():
        if name == "IFLA_BRIDGE_VLAN_INFO":
            vid, flags = number(value["vid"]), number(value["flags"])
            first = begin if flags & _RANGE_END else vid
            begin = vid
            if not flags & _RANGE_BEGIN:
                found |= dict.fromkeys(range(first, vid + 1), flags & ~_RANGE_END)
    return found


def _address(message: Message, names: Mapping[int, str]) -> KernelAddress | None:
    """None for those that the kernel gives by itself."""
    family, flags = number(message.get("family")), number(message.get("IFA_FLAGS"))
    link = names.get(number(message.get("index")))
    by_itself = message.get("IFA_PROTO") == _IFAPROT_KERNEL_LL or (family == socket.AF_INET6 and flags & _TEMPORARY)
    if link is None or by_itself:
        return None
    local, address = _text(message, "local"), _text(message, "address")
    lifetimes = message.get("IFA_CACHEINFO")
    return KernelAddress(
        link=link,
        ip=local or address,
        prefix_length=number(message.get("prefixlen")),
        peer=address if local and local != address else "",
        broadcast=_text(message, "broadcast"),
        label=_text(message, "label"),
        scope=number(message.get("scope")),
        flags=flags & _GIVEN_FLAGS,
        metric=number(message.get("IFA_RT_PRIORITY")),
        lent=not flags & _PERMANENT,
        valid_s=_lifetime(lifetimes, "ifa_valid"),
        preferred_s=_lifetime(lifetimes, "ifa_preferred"),
    )


def _lifetime(lifetimes: object, key: str) -> int:
    value = _of(lifetimes, key)
    return value if isinstance(value, int) else PERMANENT


def _is_given(path: KernelRoute, addresses: Iterable[KernelAddress]) -> bool:
    """Whether somebody gave the kernel that route; it makes others by itself."""
    return not path.in_the_kernels_name or any(address.explains(path) for address in addresses)


def _route(message: Message, names: Mapping[int, str]) -> KernelRoute | None:
    """None for kinds that nobody gives."""
    table = number(message.get("table"))
    kinds = number(message.get("type")) in _TYPES and not number(message.get("flags")) & _CLONED
    tunnels = message.get("RTA_ENCAP") is not None  # which we could not say again
    if table == _LOCAL_TABLE or not kinds or tunnels:
        return None
    several = message.get("RTA_MULTIPATH")
    return KernelRoute(
        version=4 if number(message.get("family")) == socket.AF_INET else 6,
        to=_text(message, "dst"),
        to_length=number(message.get("dst_len")),
        table=table,
        metric=number(message.get("priority")),
        protocol=number(message.get("proto")),
        scope=number(message.get("scope")),
        type=number(message.get("type")),
        gateway=_text(message, "gateway") or via(message),
        link=names.get(number(message.get("oif")), ""),
        source=_text(message, "prefsrc"),
        onlink=bool(number(message.get("flags")) & _RTNH_F_ONLINK),
        hops=tuple(_hop(hop, names) for hop in several) if isinstance(several, list | tuple) else (),
        options=_options(message.get("RTA_METRICS")),
        expires_s=number(_of(message.get("RTA_CACHEINFO"), "rta_expires")) // _USER_HZ,
        shown=shown_route(message, dict(names)),
    )


def _hop(hop: Message, names: Mapping[int, str]) -> Hop:
    onlink = bool(number(hop.get("flags")) & _RTNH_F_ONLINK)
    return Hop(
        str(hop.get("RTA_GATEWAY") or via(hop)), names.get(number(hop.get("oif")), ""), number(hop.get("hops")), onlink
    )


def _options(metrics: object) -> dict[str, int]:
    attributes = _of(metrics, "attrs")
    pairs = attributes if isinstance(attributes, list) else []
    return {str(key): value for key, value in pairs if isinstance(value, int)}


def _rule(message: Message) -> RoutingRule | None:
    """None for the kernel's own, and for those that say what we could not say again."""
    fields: dict[str, Raw] = {key: number(message.get(key)) for key in ("src_len", "dst_len", "tos", "action")}
    attributes = message.get("attrs")
    for name, value in attributes if isinstance(attributes, list) else ():
        if isinstance(value, int | str):
            fields[str(name)] = value
        elif str(name) in ("FRA_SPORT_RANGE", "FRA_DPORT_RANGE"):
            return None
    if fields.get("FRA_PROTOCOL") in _BY_THE_KERNEL:
        return None
    version = 4 if number(message.get("family")) == socket.AF_INET else 6
    return RoutingRule(version, fields, shown_rule(message))


def _scalars(data: object, keys: Iterable[str]) -> dict[str, Raw]:
    found = {key: _of(data, key) for key in keys}
    return {key: value for key, value in found.items() if isinstance(value, int | str)}


def _of(data: object, key: str) -> object:
    return data.get(key) if hasattr(data, "get") else None


def _text(message: Message, key: str) -> str:
    value = message.get(key)
    return value if isinstance(value, str) else ""
