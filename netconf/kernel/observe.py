"""Reads the network of this host from the kernel: one dump of links, addresses and routes, no `ip` processes."""

import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pyroute2 import IPRoute

from netconf.kernel import bond_ports, link_info
from netconf.kernel.link_info import Message, nested
from netconf.kernel.sriov import Functions, functions, pci
from netconf.kinds import PortVlan, Sriov
from netconf.model import (
    BY_ADVERTISEMENT,
    BY_DHCP,
    MAIN_TABLE,
    Address,
    Interface,
    IpConfig,
    LinkState,
    LinkType,
    NetworkState,
    Route,
    RouteOfOthers,
    Rule,
    RuleAction,
)

bond_ports.teach()

_TYPES = {
    "bridge": LinkType.LINUX_BRIDGE,
    "veth": LinkType.VETH,
    "tun": LinkType.TUN,
    "bond": LinkType.BOND,
    "vlan": LinkType.VLAN,
    "vxlan": LinkType.VXLAN,
    "dummy": LinkType.DUMMY,
    "vrf": LinkType.VRF,
}
# From linux/if_arp.h, linux/if.h, linux/if_addr.h and linux/rtnetlink.h.
_ARPHRD_ETHER, _ARPHRD_LOOPBACK = 1, 772
_IFF_UP = 0x1
_IFA_F_PERMANENT = 0x80
_SCOPE_LINK, _SCOPE_HOST = 253, 254
_STATIC_ROUTES = (3, 4)  # RTPROT_BOOT, RTPROT_STATIC; the kernel's own, DHCP's and RA's come by themselves
_RTN_UNICAST = 1
_RTPROT_KERNEL = 2
_BY_THE_KERNEL = (1, 2)  # RTPROT_REDIRECT
_ORIGINS = {  # linux/rtnetlink.h
    3: "hand",
    4: "hand",
    9: BY_ADVERTISEMENT,
    11: "zebra",
    12: "bird",
    16: BY_DHCP,
    18: "keepalived",
    42: "babel",
    84: "ovn",
    99: "openr",
    186: "bgp",
    187: "isis",
    188: "ospf",
    189: "rip",
    192: "eigrp",
}
_ACTIONS = {1: None, 6: RuleAction.BLACKHOLE, 7: RuleAction.UNREACHABLE, 8: RuleAction.PROHIBIT}  # linux/fib_rules.h


def observe(netns: str | None = None) -> NetworkState:
    """The kernel's view; DNS is not in it. Blocks for some milliseconds. `netns` names another network namespace."""
    with IPRoute(netns=netns) as kernel:
        links = list(kernel.get_links())
        vlans = list(kernel.get_vlans()) if any(_filters(link) for link in links) else []
        rules = [*kernel.get_rules(family=socket.AF_INET), *kernel.get_rules(family=socket.AF_INET6)]
        return from_netlink(links, list(kernel.get_addr()), list(kernel.get_routes()), rules, vlans, functions)


def from_netlink(
    links: Iterable[Message],
    addresses: Iterable[Message],
    routes: Iterable[Message],
    rules: Iterable[Message] = (),
    vlans: Iterable[Message] = (),
    functions: Callable[[str], Functions | None] = lambda _: None,
) -> NetworkState:
    """`functions` tells of a PCI device."""
    links = [link for link in links if link.get("ifname")]
    held: dict[int, list[Message]] = {}
    for address in addresses:
        held.setdefault(_number(address, "index"), []).append(address)
    around = _around(links, vlans, functions)
    found = (_interface(link, around, held.get(_number(link, "index"), [])) for link in links)
    routes = list(routes)
    known = (shown_route(route, around.names) for route in routes)
    return NetworkState(
        interfaces=tuple(sorted(found, key=lambda interface: interface.name)),
        routes=tuple(sorted((route for route in known if route is not None), key=_order)),
        rules=tuple(rule for message in rules if (rule := shown_rule(message)) is not None),
        others=tuple(other for route in routes for other in routes_of_others(route, around.names)),
    )


@dataclass(frozen=True, slots=True)
class _Around:
    """What has to be known of all links to understand one. Indexes are those of this namespace."""

    names: dict[int, str]
    ports: dict[int, dict[str, Message]]
    vlans: dict[int, PortVlan]
    functions: dict[str, Functions]  # by PCI device
    vf_of: dict[str, str]  # PCI device of a virtual function → name of its NIC


def _around(links: list[Message], vlans: Iterable[Message], functions: Callable[[str], Functions | None]) -> _Around:
    ports: dict[int, dict[str, Message]] = {}
    for link in links:
        if _number(link, "master"):
            ports.setdefault(_number(link, "master"), {})[str(link.get("ifname"))] = link
    key = "IFLA_BR_VLAN_DEFAULT_PVID"
    pvids = {_number(i, "index"): link_info.number(nested(i, "linkinfo", "IFLA_INFO_DATA", key)) for i in links}
    defaults = {_number(link, "index"): pvids.get(_number(link, "master"), 0) for link in links}
    names = {_number(link, "index"): str(link.get("ifname")) for link in links}
    devices = {device: str(link.get("ifname")) for link in links if (device := pci(link))}
    found = {device: had for device in devices if (had := functions(device)) is not None}
    vf_of = {vf: devices[device] for device, had in found.items() for vf in had.made}
    return _Around(names, ports, link_info.port_vlans(vlans, defaults), found, vf_of)


def _filters(link: Message) -> bool:
    return bool(nested(link, "linkinfo", "IFLA_INFO_DATA", "IFLA_BR_VLAN_FILTERING"))


def _interface(link: Message, around: _Around, addresses: list[Message]) -> Interface:
    kind, ports = _type(link), around.ports.get(_number(link, "index"), {})
    up = bool(_number(link, "flags") & _IFF_UP)
    mac = link.get("address")
    names = around.names if link.get("link_netnsid") is None else {}  # `link` is an index over there
    return Interface(
        name=str(link.get("ifname")),
        type=kind,
        state=LinkState.UP if up else LinkState.DOWN,
        mac=str(mac) if mac else None,
        mtu=_number(link, "mtu") or None,
        carrier=bool(link.get("carrier")) if up else False,
        controller=around.names.get(_number(link, "master")),
        ipv4=_ip(addresses, socket.AF_INET),
        ipv6=_ip(addresses, socket.AF_INET6),
        bridge=link_info.bridge(link, ports, around.vlans) if kind is LinkType.LINUX_BRIDGE else None,
        bond=link_info.bond(link, ports, around.names) if kind is LinkType.BOND else None,
        vlan=link_info.vlan(link, names) if kind is LinkType.VLAN else None,
        vxlan=link_info.vxlan(link, names) if kind is LinkType.VXLAN else None,
        vrf=link_info.vrf(link, ports) if kind is LinkType.VRF else None,
        sriov=_sriov(around.functions.get(pci(link))),
        peer=names.get(_number(link, "link")) if kind is LinkType.VETH else None,
        permanent_mac=_permanent_mac(link),
        vf_of=around.vf_of.get(pci(link)),
    )


def _sriov(found: Functions | None) -> Sriov | None:
    return None if found is None else Sriov(len(found.made), found.most, found.in_vms)


def _permanent_mac(link: Message) -> str | None:
    mac = link.get("perm_address")
    return mac.lower() if isinstance(mac, str) and mac.strip("0:") else None


def _type(link: Message) -> LinkType:
    kind = nested(link, "linkinfo", "IFLA_INFO_KIND")
    if kind is None:
        plain = {_ARPHRD_ETHER: LinkType.ETHERNET, _ARPHRD_LOOPBACK: LinkType.LOOPBACK}
        return plain.get(_number(link, "ifi_type"), LinkType.OTHER)
    return _TYPES.get(str(kind), LinkType.OTHER)


def _ip(addresses: list[Message], family: int) -> IpConfig:
    """Link-local addresses show that the family is on; others are static unless they have a lifetime."""
    here = [address for address in addresses if _number(address, "family") == family]
    wide = [address for address in here if _number(address, "scope") not in (_SCOPE_LINK, _SCOPE_HOST)]
    static = [address for address in wide if _number(address, "flags") & _IFA_F_PERMANENT]
    lent = len(static) < len(wide)
    return IpConfig(
        enabled=bool(here),
        dhcp=lent and family == socket.AF_INET,
        autoconf=lent and family == socket.AF_INET6,
        addresses=tuple(Address(_text(a, "local") or _text(a, "address"), _number(a, "prefixlen")) for a in wide),
    )


def shown_route(route: Message, names: dict[int, str]) -> Route | None:
    interface = names.get(_number(route, "oif"))
    ours = _number(route, "proto") in _STATIC_ROUTES and _number(route, "type") == _RTN_UNICAST
    if not ours or interface is None or via(route):
        return None
    return _route(route, route.get("gateway"), interface)


def via(route: Message) -> str:
    """The gateway of a route of IPv4 that is one of IPv6; empty where there is none."""
    return str(nested(route, "RTA_VIA", "addr") or "")


def routes_of_others(route: Message, names: dict[int, str]) -> Iterator[RouteOfOthers]:
    """One for each way that a route leads; none for those that the kernel makes, and for those that we show."""
    protocol, hops = _number(route, "proto"), route.get("RTA_MULTIPATH")
    ways = list(hops) if isinstance(hops, list | tuple) else [route]
    ours = protocol in _STATIC_ROUTES and ways == [route] and not via(route)
    if ours or protocol in _BY_THE_KERNEL or _number(route, "type") != _RTN_UNICAST:
        return
    by = _ORIGINS.get(protocol, f"protocol {protocol}")
    for way in ways:
        gateway = way.get("RTA_GATEWAY") or way.get("gateway") or via(way)
        interface = names.get(_number(way, "oif"))
        if interface is not None:
            yield RouteOfOthers(_route(route, gateway, interface), by)


def _route(route: Message, gateway: object, interface: str) -> Route:
    anywhere = "0.0.0.0" if _number(route, "family") == socket.AF_INET else "::"
    return Route(
        destination=f"{route.get('dst') or anywhere}/{_number(route, 'dst_len')}",
        next_hop=str(gateway) if gateway else "",
        interface=interface,
        metric=_number(route, "priority"),
        table=_number(route, "table") or MAIN_TABLE,
    )


def _order(route: Route) -> tuple[object, ...]:
    return (route.destination, route.next_hop, route.interface, route.metric or 0, route.table)


def shown_rule(rule: Message) -> Rule | None:
    """Those of the kernel itself are nobody's configuration."""
    action = _number(rule, "action")
    if _number(rule, "protocol") == _RTPROT_KERNEL or rule.get("FRA_PROTOCOL") == _RTPROT_KERNEL:
        return None
    if action not in _ACTIONS:
        return None
    marked = link_info.number(rule.get("FRA_FWMARK")) or None
    return Rule(
        family=4 if _number(rule, "family") == socket.AF_INET else 6,
        source=_network(rule, "src", "src_len"),
        destination=_network(rule, "dst", "dst_len"),
        incoming=_text(rule, "iifname") or None,
        fwmark=marked,
        fwmask=link_info.number(rule.get("FRA_FWMASK")) or None if marked is not None else None,
        priority=link_info.number(rule.get("FRA_PRIORITY")),
        table=link_info.number(rule.get("FRA_TABLE")) or _number(rule, "table") or None,
        action=_ACTIONS[action],
    )


def _network(rule: Message, key: str, length: str) -> str | None:
    address = _text(rule, key)
    return f"{address}/{_number(rule, length)}" if address else None


def _number(message: Message, key: str) -> int:
    value = message.get(key)
    return value if isinstance(value, int) else 0


def _text(message: Message, key: str) -> str:
    value = message.get(key)
    return value if isinstance(value, str) else ""
