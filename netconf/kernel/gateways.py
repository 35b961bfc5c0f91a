"""The gateways that this host sends everything else to, whoever gave them to it, and whether they are on their link."""

import socket
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from netconf.kernel.link_info import Message

_MAIN = 254
_UNICAST = 1
_ANSWERED = 0x02 | 0x40 | 0x80  # NUD_REACHABLE, NUD_NOARP, NUD_PERMANENT of linux/neighbour.h


@dataclass(frozen=True, slots=True)
class Gateway:
    """`mtu` is that of the link to it, in bytes; `source` is the address of this host that speaks to it, if any."""

    address: str
    interface: str
    mtu: int
    source: str = ""


def gateways(netns: str | None = None) -> tuple[Gateway, ...]:
    """Of all default routes of the main table. Blocks for some milliseconds."""
    with IPRoute(netns=netns) as kernel:
        links = list(kernel.get_links())
        routes = [*kernel.get_default_routes(socket.AF_INET), *kernel.get_default_routes(socket.AF_INET6)]
        found = from_netlink(routes, links)
        indices = {str(link.get("ifname")): int(link.get("index")) for link in links}
        return tuple(replace(one, source=_source(kernel, one.address, indices[one.interface])) for one in found)


def _source(kernel: IPRoute, address: str, index: int) -> str:
    try:
        (route,) = kernel.route("get", dst=address, oif=index)
    except NetlinkError:  # a rule or a route says that nothing goes there
        return ""
    return str(route.get("prefsrc") or "")


def has_answered(gateway: Gateway, netns: str | None = None) -> bool:
    """Whether the kernel has had an answer from it by ARP or neighbour discovery a short time ago."""
    family = socket.AF_INET6 if ":" in gateway.address else socket.AF_INET
    with IPRoute(netns=netns) as kernel:
        found = kernel.get_neighbours(family=family, dst=gateway.address)
        names = {link.get("index"): link.get("ifname") for link in kernel.get_links()}
        return any(
            neighbour.get("state", 0) & _ANSWERED and names.get(neighbour.get("ifindex")) == gateway.interface
            for neighbour in found
        )


def from_netlink(routes: Iterable[Message], links: Iterable[Message]) -> tuple[Gateway, ...]:
    known = {link.get("index"): (str(link.get("ifname")), link.get("mtu")) for link in links}
    found = []
    for hop in (hop for route in routes if _is_main(route) for hop in _hops(route)):
        name, mtu = known.get(hop.get("oif"), ("", 0))
        if (address := hop.get("gateway")) and name and isinstance(mtu, int):
            found.append(Gateway(str(address), name, mtu))
    return tuple(dict.fromkeys(found))


def _hops(route: Message) -> list[Message]:
    several = route.get("multipath")
    return several if isinstance(several, list) else [route]


def _is_main(route: Message) -> bool:
    return route.get("table") == _MAIN and route.get("type") == _UNICAST
