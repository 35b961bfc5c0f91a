"""Asks the kernel which route a packet would take, and whether the next hop on it answers."""

import socket
from dataclasses import dataclass
from ipaddress import ip_address

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

_NEIGHBOUR = {0x01: "asked", 0x02: "there", 0x04: "there a while ago", 0x08: "asked again", 0x10: "asked again"}
_NEIGHBOUR |= {0x20: "silent", 0x40: "there", 0x80: "there"}  # NUD_* of linux/neighbour.h
_KINDS = {2: "here", 6: "blackhole", 7: "unreachable", 8: "prohibit"}  # RTN_* of linux/rtnetlink.h


@dataclass(frozen=True, slots=True)
class RouteLookup:
    """`kind` is empty for a way out; `neighbour` says whether `next_hop`, or the destination itself, is there."""

    destination: str
    kind: str = ""
    interface: str = ""
    next_hop: str = ""
    source: str = ""
    table: int = 0
    neighbour: str = ""


def lookup_route(destination: str, netns: str | None = None) -> RouteLookup | str:
    """The route to an IP address, or in words why there is none. Blocks for some milliseconds."""
    family = socket.AF_INET6 if ip_address(destination).version == 6 else socket.AF_INET
    with IPRoute(netns=netns) as kernel:
        try:
            found = next(iter(kernel.route("get", dst=destination, family=family)))
        except NetlinkError as err:
            return str(err.args[-1])
        names = {link.get("index"): str(link.get("ifname")) for link in kernel.get_links()}
        next_hop = str(found.get("gateway") or "")
        near = list(kernel.get_neighbours(family=family, dst=next_hop or destination))
        return RouteLookup(
            destination=destination,
            kind=_KINDS.get(found.get("type"), ""),
            interface=names.get(found.get("oif"), ""),
            next_hop=next_hop,
            source=str(found.get("prefsrc") or ""),
            table=int(found.get("table") or 0),
            neighbour=_NEIGHBOUR.get(near[0].get("state"), "") if near else "",
        )
