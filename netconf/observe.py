"""Reads the network of this host from the kernel: one dump of links, addresses and routes, no `ip` processes."""

import socket
from collections.abc import Iterable
from typing import Protocol

from pyroute2 import IPRoute

from netconf.model import Address, Bridge, Interface, IpConfig, LinkState, LinkType, NetworkState, Route

_TYPES = {
    "bridge": LinkType.LINUX_BRIDGE,
    "veth": LinkType.VETH,
    "tun": LinkType.TUN,
    "bond": LinkType.BOND,
    "vlan": LinkType.VLAN,
    "vxlan": LinkType.VXLAN,
}
# From linux/if_arp.h, linux/if.h, linux/if_addr.h and linux/rtnetlink.h.
_ARPHRD_ETHER, _ARPHRD_LOOPBACK = 1, 772
_IFF_UP = 0x1
_IFA_F_PERMANENT = 0x80
_SCOPE_LINK, _SCOPE_HOST = 253, 254
_STATIC_ROUTES = (3, 4)  # RTPROT_BOOT, RTPROT_STATIC; the kernel's own, DHCP's and RA's come by themselves
_RTN_UNICAST = 1
_USER_HZ = 100  # the kernel counts a bridge's times in these on every architecture Debian has


class Message(Protocol):
    """A netlink message of pyroute2: `get` finds attributes by their short name as well as header fields."""

    def get(self, key: str, /) -> object: ...


def observe(netns: str | None = None) -> NetworkState:
    """The kernel's view; DNS is not in it. Blocks for some milliseconds. `netns` names another network namespace."""
    with IPRoute(netns=netns) as kernel:
        return from_netlink(list(kernel.get_links()), list(kernel.get_addr()), list(kernel.get_routes()))


def from_netlink(links: Iterable[Message], addresses: Iterable[Message], routes: Iterable[Message]) -> NetworkState:
    links = [link for link in links if link.get("ifname")]
    names = {_number(link, "index"): str(link.get("ifname")) for link in links}
    ports: dict[str, list[str]] = {}
    for link in links:
        master = names.get(_number(link, "master"))
        if master is not None:
            ports.setdefault(master, []).append(str(link.get("ifname")))
    held: dict[int, list[Message]] = {}
    for address in addresses:
        held.setdefault(_number(address, "index"), []).append(address)
    found = (_interface(link, names, ports, held.get(_number(link, "index"), [])) for link in links)
    known = (_route(route, names) for route in routes)
    return NetworkState(
        interfaces=tuple(sorted(found, key=lambda interface: interface.name)),
        routes=tuple(sorted(route for route in known if route is not None)),
    )


def _interface(link: Message, names: dict[int, str], ports: dict[str, list[str]], held: list[Message]) -> Interface:
    name, kind = str(link.get("ifname")), _type(link)
    up = bool(_number(link, "flags") & _IFF_UP)
    mac = link.get("address")
    return Interface(
        name=name,
        type=kind,
        state=LinkState.UP if up else LinkState.DOWN,
        mac=str(mac) if mac else None,
        mtu=_number(link, "mtu") or None,
        carrier=bool(link.get("carrier")) if up else False,
        controller=names.get(_number(link, "master")),
        ipv4=_ip(held, socket.AF_INET),
        ipv6=_ip(held, socket.AF_INET6),
        bridge=_bridge(link, ports.get(name, [])) if kind is LinkType.LINUX_BRIDGE else None,
    )


def _type(link: Message) -> LinkType:
    kind = _nested(link, "linkinfo", "IFLA_INFO_KIND")
    if kind is None:
        plain = {_ARPHRD_ETHER: LinkType.ETHERNET, _ARPHRD_LOOPBACK: LinkType.LOOPBACK}
        return plain.get(_number(link, "ifi_type"), LinkType.OTHER)
    return _TYPES.get(str(kind), LinkType.OTHER)


def _bridge(link: Message, ports: list[str]) -> Bridge:
    delay = _nested(link, "linkinfo", "IFLA_INFO_DATA", "IFLA_BR_FORWARD_DELAY")
    return Bridge(
        ports=tuple(sorted(ports)),
        stp=bool(_nested(link, "linkinfo", "IFLA_INFO_DATA", "IFLA_BR_STP_STATE")),
        forward_delay_s=(delay if isinstance(delay, int) else 0) // _USER_HZ,
    )


def _ip(held: list[Message], family: int) -> IpConfig:
    """Link-local addresses show that the family is on; others are static unless they have a lifetime."""
    here = [address for address in held if _number(address, "family") == family]
    wide = [address for address in here if _number(address, "scope") not in (_SCOPE_LINK, _SCOPE_HOST)]
    static = [address for address in wide if _number(address, "flags") & _IFA_F_PERMANENT]
    lent = len(static) < len(wide)
    return IpConfig(
        enabled=bool(here),
        dhcp=lent and family == socket.AF_INET,
        autoconf=lent and family == socket.AF_INET6,
        addresses=tuple(Address(_text(a, "local") or _text(a, "address"), _number(a, "prefixlen")) for a in wide),
    )


def _route(route: Message, names: dict[int, str]) -> Route | None:
    gateway, interface = route.get("gateway"), names.get(_number(route, "oif"))
    ours = _number(route, "proto") in _STATIC_ROUTES and _number(route, "type") == _RTN_UNICAST
    if not ours or not gateway or interface is None:
        return None
    anywhere = "0.0.0.0" if _number(route, "family") == socket.AF_INET else "::"
    return Route(
        destination=f"{route.get('dst') or anywhere}/{_number(route, 'dst_len')}",
        next_hop=str(gateway),
        interface=interface,
        metric=_number(route, "priority"),
        table=_number(route, "table") or 254,
    )


def _nested(message: Message, *keys: str) -> object:
    value: object = message
    for key in keys:
        value = value.get(key) if hasattr(value, "get") else None
    return value


def _number(message: Message, key: str) -> int:
    value = message.get(key)
    return value if isinstance(value, int) else 0


def _text(message: Message, key: str) -> str:
    value = message.get(key)
    return value if isinstance(value, str) else ""
