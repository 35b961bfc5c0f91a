"""What the table of interfaces says, in words; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from netconf.model import Interface, IpConfig, LinkState, LinkType, NetworkState


@dataclass(frozen=True, slots=True)
class Observed:
    """The network, and how fast links are in Mbit/s as far as that is known."""

    state: NetworkState
    speeds: Mapping[str, int] = field(default_factory=dict)


COLUMNS = (("Name", 15), ("State", 7), ("What it is, MAC, speed, addresses", 0))

_KINDS = {LinkType.ETHERNET: "NIC", LinkType.VETH: "NIC", LinkType.LINUX_BRIDGE: "bridge", LinkType.TUN: "tap"}


def rows(observed: Observed) -> Iterator[tuple[str, ...]]:
    """A row an interface, bridges first, then down to the NICs; a line more for each address."""
    shown = [i for i in observed.state.interfaces if i.type is not LinkType.LOOPBACK]
    order = (LinkType.LINUX_BRIDGE, LinkType.VLAN, LinkType.BOND)
    ranks = {kind: rank for rank, kind in enumerate(order)}
    for i in sorted(shown, key=lambda i: (i.type is LinkType.TUN, ranks.get(i.type, len(order)), i.name)):
        yield (i.name, link(i), "\n".join((_what(i, observed.speeds.get(i.name)), *_addresses(i))))


def link(interface: Interface) -> str:
    if interface.state is not LinkState.UP:
        return "down"
    return "up" if interface.carrier else "no link"


def _what(interface: Interface, mbps: int | None) -> str:
    said = _KINDS.get(interface.type, interface.type.value)
    if interface.bond is not None:
        said += f" {interface.bond.mode}"
    if interface.vlan is not None:
        said += f" {interface.vlan.id} on {interface.vlan.base}"
    if interface.ports:
        said += f" of {', '.join(interface.ports)}"
    holder = f"port of {interface.controller}" if interface.controller is not None else ""
    return ", ".join(part for part in (f"{said} {interface.mac or ''}".rstrip(), speed(mbps), holder) if part)


def _addresses(interface: Interface) -> Iterator[str]:
    for family, ip in (("IPv4", interface.ipv4), ("IPv6", interface.ipv6)):
        if ip is None or not ip.enabled:
            continue
        origin = _origin(ip)
        yield from (f"{address} {origin}" for address in ip.addresses)
        if not ip.static and not ip.addresses:
            yield f"{family} {origin}: no answer yet"


def _origin(ip: IpConfig) -> str:
    if ip.static:
        return "static"
    return " and ".join(word for on, word in ((ip.dhcp, "DHCP"), (ip.autoconf, "advertised")) if on)


def speed(mbps: int | None) -> str:
    """Empty where it is unknown."""
    if mbps is None:
        return ""
    return f"{mbps // 1000} G" if mbps >= 1000 and mbps % 1000 == 0 else f"{mbps} M"
