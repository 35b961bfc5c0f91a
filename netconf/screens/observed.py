"""Finds the management network in what is observed, as answers of the form; pure."""

from collections.abc import Iterator

from netconf.document import parse
from netconf.errors import BadDocument
from netconf.model import MAIN_TABLE, Interface, IpConfig, LinkState, LinkType, NetworkState, Route
from netconf.planning.completion import CABLES, ports
from netconf.screens.layout import NO_BOND, Before, Ip, Layout, document, field_of, own_mistakes

_DEFAULTS = ("0.0.0.0/0", "::/0")


def layout_of(state: NetworkState) -> Layout:
    """The answers that leave the host as it is, as far as the form can say them."""
    top = _management(state)
    if top is None:
        return Layout(bond_name=_free_bond(state), before=Before(dns=state.dns is not None))
    parts = tuple(_down(top, state))
    bond = next((part for part in parts if part.bond is not None), None)
    bridge = next((part for part in parts if part.type is LinkType.LINUX_BRIDGE), None)
    vlan = next((part.vlan for part in parts if part.vlan is not None), None)
    routes = [route for family in _DEFAULTS if (route := _default(family, top.name, state)) is not None]
    gateways = {route.destination: route.next_hop for route in routes}
    widths = {part.mtu for part in parts}
    dns = state.dns
    return Layout(
        nics=tuple(part.name for part in parts if part.type in CABLES),
        bond=NO_BOND if bond is None or bond.bond is None or bond.bond.mode is None else bond.bond.mode.value,
        vlan="" if vlan is None else str(vlan.id),
        bridge=bridge is not None,
        mtu=str(top.mtu) if len(widths) == 1 and top.mtu is not None else "",
        ipv4=_ip4(top.ipv4),
        address4=_addresses(top.ipv4),
        gateway4=gateways.get("0.0.0.0/0", ""),
        ipv6=_ip6(top.ipv6),
        address6=_addresses(top.ipv6),
        gateway6=gateways.get("::/0", ""),
        dns=", ".join(dns.servers) if dns is not None else "",
        search=", ".join(dns.search) if dns is not None else "",
        bond_name=bond.name if bond is not None else _free_bond(state),
        bridge_name=bridge.name if bridge is not None else "ovirtmgmt",
        before=Before(parts, tuple(gateways.items()), dns is not None),
    )


def mistakes(layout: Layout) -> dict[str, str]:
    """Field → all that is wrong with its answer; under an empty name what belongs to no field."""
    found: dict[str, list[str]] = {}
    for finding in own_mistakes(layout):
        found.setdefault(finding.path, []).append(finding.message)
    try:
        parse(document(layout))
    except BadDocument as err:
        for finding in err.findings:
            found.setdefault(field_of(layout, finding.path), []).append(finding.message)
    return {name: "; ".join(dict.fromkeys(says)) for name, says in found.items()}


def _management(state: NetworkState) -> Interface | None:
    """The interface with the default route, else one with addresses, else one with a link, else any NIC."""
    able = [i for i in state.interfaces if i.controller is None and i.type not in (LinkType.LOOPBACK, LinkType.TUN)]
    routed = [r for r in state.routes or () if r.destination in _DEFAULTS and r.table == MAIN_TABLE]
    nearest = [r.interface for r in sorted(routed, key=lambda r: (r.destination != _DEFAULTS[0], r.metric or 0))]

    def rank(i: Interface) -> tuple[object, ...]:
        held = [ip for ip in (i.ipv4, i.ipv6) if ip is not None and (ip.dhcp or ip.autoconf or ip.addresses)]
        place = nearest.index(i.name) if i.name in nearest else len(nearest)
        return (i.name != "ovirtmgmt", place, not held, i.state is not LinkState.UP, not i.carrier, i.name)

    likely = [i for i in able if i.type in CABLES or tuple(_down(i, state))]
    return min(likely, key=rank, default=None)


def _down(part: Interface, state: NetworkState) -> Iterator[Interface]:
    """`part` and what it stands on; nothing when the form cannot say such a thing."""
    below = [state.interface(name) for name in ports(part.name, state)] if part.ports is not None else []
    if part.base is not None:
        below = [state.interface(part.base)]
    known = [i for i in below if i is not None]
    if part.type in CABLES:
        yield part
    elif part.type in (LinkType.LINUX_BRIDGE, LinkType.BOND, LinkType.VLAN):
        under = [i for one in known for i in _down(one, state)]
        if under:
            yield part
            yield from under


def _default(destination: str, interface: str, state: NetworkState) -> Route | None:
    place = (destination, interface, MAIN_TABLE)
    found = [r for r in state.routes or () if (r.destination, r.interface, r.table) == place and r.next_hop]
    return min(found, key=lambda r: r.metric or 0, default=None)


def _addresses(ip: IpConfig | None) -> str:
    return ", ".join(str(a) for a in ip.addresses) if ip is not None and ip.static else ""


def _ip4(ip: IpConfig | None) -> Ip:
    if ip is None or not ip.enabled:
        return Ip.OFF
    return Ip.DHCP if ip.dhcp else Ip.STATIC if ip.addresses else Ip.OFF


def _ip6(ip: IpConfig | None) -> Ip:
    if ip is None or not ip.enabled:
        return Ip.OFF
    if ip.dhcp or ip.autoconf:
        return Ip.AUTO if ip.dhcp and ip.autoconf else Ip.DHCP if ip.dhcp else Ip.ADVERTISED
    return Ip.STATIC if ip.addresses else Ip.LINK_LOCAL


def _free_bond(state: NetworkState) -> str:
    taken = {i.name for i in state.interfaces}
    return next(f"bond{number}" for number in range(len(taken) + 1) if f"bond{number}" not in taken)
