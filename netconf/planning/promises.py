"""What of a desired state could not come true on this host, though each part of it may be right: it is said before
anything is changed, not found out by trying; pure."""

from collections import defaultdict
from collections.abc import Iterator

from netconf.errors import (
    AddressTwice,
    BadGateway,
    BadPort,
    BaseDown,
    NamesComeAlong,
    NoSuchInterface,
    NothingAsks,
    PortDown,
    RouteNowhere,
    RoutesAlike,
    TooNarrow,
    VlanTwice,
    WaitsForEver,
)
from netconf.model import Address, Dns, Interface, IpConfig, LinkState, LinkType, NetworkState, Route
from netconf.planning.completion import controller
from netconf.planning.leaving import VERSIONS, ip_of, version_of
from netconf.planning.losses import format_route
from netconf.planning.matching import missing
from netconf.planning.merge import carries_names, expected_state
from netconf.planning.nearness import names_none

_LEAST_6 = 1280  # RFC 8200: without it the kernel takes IPv6 away
_NO_PORTS = {
    LinkType.LINUX_BRIDGE: (LinkType.LINUX_BRIDGE, LinkType.LOOPBACK, LinkType.VRF),
    LinkType.BOND: (LinkType.LOOPBACK, LinkType.VRF),
    LinkType.VRF: (LinkType.LOOPBACK, LinkType.VRF),
}


def check_promises(desired: NetworkState, observed: NetworkState) -> None:
    """`desired` is complete, and nothing else speaks against it. Raises Refused."""
    new = expected_state(desired, observed)
    for interface in desired.interfaces:
        _check_interface(interface, desired, observed, new)
    for route in missing(desired, observed):
        _check_route(route, new)
    _check_alike(missing(desired, observed), new)
    _check_addresses(desired, observed, new)
    _check_vlans(desired, observed, new)
    _check_names(desired, observed, new)


def _check_interface(requested: Interface, desired: NetworkState, observed: NetworkState, new: NetworkState) -> None:
    then = new.interface(requested.name)
    holder = controller(requested.name, desired, observed)
    if requested.state is LinkState.DOWN and holder is not None:
        raise PortDown(name=requested.name, holder=holder.name)
    if requested.state is not LinkState.UP or then is None:
        return
    base = new.interface(requested.base or "")
    if base is not None and base.state is not LinkState.UP and desired.interface(base.name) is not None:
        raise BaseDown(name=requested.name, base=base.name)
    if requested.copy_mac_from is not None and new.interface(requested.copy_mac_from) is None:
        there = ", ".join(i.name for i in observed.interfaces if i.type is not LinkType.LOOPBACK)
        raise NoSuchInterface(name=requested.copy_mac_from, type="unknown", there=there)
    for port in (new.interface(name) for name in requested.ports or ()):
        if port is not None and port.type in _NO_PORTS.get(requested.type, ()):
            raise BadPort(port=port.name, kind=port.type, name=requested.name, holder=requested.type)
    if (
        requested.mtu is not None
        and requested.mtu < _LEAST_6
        and then.ipv6 is not None
        and then.ipv6.enabled
        and holder is None
    ):
        raise TooNarrow(name=requested.name, mtu=requested.mtu, least=_LEAST_6)
    for version in VERSIONS:
        if requested.wait_ip is not None and requested.wait_ip.waits_for(version) and not ip_of(then, version).enabled:
            raise WaitsForEver(name=requested.name, version=version)


def _check_route(route: Route, new: NetworkState) -> None:
    then, version = new.interface(route.interface), version_of(route)
    what = format_route(route)
    if then is None or then.state is not LinkState.UP:
        raise RouteNowhere(
            route=what, name=route.interface, why="it is not up then", mend=f"Bring {route.interface} up"
        )
    holder = new.interface(then.controller or "")
    if holder is not None and holder.type is not LinkType.VRF:
        raise RouteNowhere(
            route=what,
            name=route.interface,
            why=f"it is a port of {holder.name}, over which routes go",
            mend=f"Give the route to {holder.name}",
        )
    ip = ip_of(then, version)
    if not ip.enabled or (version == 4 and ip.static and not ip.addresses):
        raise RouteNowhere(
            route=what,
            name=route.interface,
            why=f"it has no IPv{version} then",
            mend=f"Give it an address (interfaces, ipv{version}), or choose an interface that has one",
        )
    if route.next_hop and (why := _why_bad_gateway(route, then, new)):
        raise BadGateway(route=what, gateway=route.next_hop, why=why)


def _why_bad_gateway(route: Route, over: Interface, new: NetworkState) -> str:
    version = version_of(route)
    if why := names_none(route.next_hop, ip_of(over, version)):
        return why
    for other in _with_addresses(new):
        if _domain(other, new) == _domain(over, new) and any(
            a.ip == route.next_hop for a in ip_of(other, version).addresses
        ):
            return f"it is an address of this machine itself, of {other.name}"
    return ""


def _check_alike(coming: tuple[Route, ...], new: NetworkState) -> None:
    """The kernel tells routes to one place apart by their metrics alone."""
    places: dict[tuple[str, int, int | None], list[Route]] = defaultdict(list)
    for route in dict.fromkeys(new.routes or ()):
        places[route.destination, route.table, route.metric].append(route)
    for route in coming:
        alike = [other for other in places[route.destination, route.table, route.metric] if other != route]
        if route.metric is None:  # each interface gives its own then
            alike = [other for other in alike if other.interface == route.interface]
        if alike:
            metric = "no metric" if route.metric is None else f"the metric {route.metric}"
            raise RoutesAlike(route=format_route(route), other=format_route(alike[0]), metric=metric)


def _with_addresses(new: NetworkState) -> Iterator[Interface]:
    """Those that have some then: not ports of bridges and bonds, nor what is down."""
    for interface in new.interfaces:
        holder = new.interface(interface.controller or "")
        plain = holder is not None and holder.type is not LinkType.VRF
        if interface.state is LinkState.UP and not plain:
            yield interface


def _domain(interface: Interface, new: NetworkState) -> str:
    """The VRF in which its addresses count."""
    holder = new.interface(interface.controller or "")
    return holder.name if holder is not None and holder.type is LinkType.VRF else ""


def _check_addresses(desired: NetworkState, observed: NetworkState, new: NetworkState) -> None:
    """An address that is new somewhere is nowhere else."""
    owners: dict[tuple[str, str], list[str]] = defaultdict(list)
    for interface in _with_addresses(new):
        for address in _static(interface):
            owners[_domain(interface, new), address.ip].append(interface.name)
    for requested in desired.interfaces:
        then, current = new.interface(requested.name), observed.interface(requested.name)
        if then is None:
            continue
        known = () if current is None or current.controller != then.controller else _static(current)
        for address in (address for address in _static(then) if address not in known):
            names = owners[_domain(then, new), address.ip]
            if requested.name in names and len(names) > 1:
                other = next(name for name in names if name != requested.name)
                raise AddressTwice(name=requested.name, address=address, other=other)


def _static(interface: Interface) -> tuple[Address, ...]:
    ips = (ip for ip in (interface.ipv4, interface.ipv6) if ip is not None and ip.static)
    return tuple(address for ip in ips for address in ip.addresses)


def _check_vlans(desired: NetworkState, observed: NetworkState, new: NetworkState) -> None:
    for requested in desired.interfaces:
        current = observed.interface(requested.name)
        if (
            requested.vlan is None
            or requested.state is not LinkState.UP
            or (current is not None and current.vlan == requested.vlan)
        ):
            continue
        for other in new.interfaces:
            if other.name != requested.name and other.vlan == requested.vlan:
                raise VlanTwice(name=requested.name, tag=requested.vlan.id, base=requested.vlan.base, other=other.name)


def _check_names(desired: NetworkState, observed: NetworkState, new: NetworkState) -> None:
    if desired.dns is None or desired.dns == observed.dns:
        return
    for name, _ in () if desired.dns.servers or desired.dns.search else (observed.dns or Dns()).origins:
        then = new.interface(name)
        if then is not None and any(_brings_names(ip_of(then, version)) for version in VERSIONS):
            raise NamesComeAlong(name=name)
    able = {version for version in VERSIONS if carries_names(new, version)}
    for server in desired.dns.servers:
        if (version := 6 if ":" in server else 4) not in able:
            raise NothingAsks(what=server, family=f"IPv{version}")
    if desired.dns.search and not able:
        raise NothingAsks(what=", ".join(desired.dns.search), family="IPv4 or IPv6")


def _brings_names(ip: IpConfig) -> bool:
    return ip.enabled and (ip.dhcp or ip.autoconf) and dict(ip.options).get("auto-dns") is not False
