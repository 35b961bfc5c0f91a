"""What goes because of a change, named in the plan though the desired state need not say it item by item; pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from netconf.model import MAIN_TABLE, Interface, IpConfig, NetworkState, Route, RouteOfOthers
from netconf.planning.leaving import VERSIONS, Turn, ip_of, turns, version_of
from netconf.planning.matching import is_gone, missing, rivals
from netconf.planning.merge import carries_names, expected_state

_FEW = 3  # routes of others: a router may have a million of them


def format_addresses(ip: IpConfig | None) -> str:
    """The addresses in words, and how they came."""
    if ip is None or not ip.addresses:
        return ""
    text = ", ".join(map(str, ip.addresses))
    return f"{text} by DHCP" if ip.dhcp and not ip.autoconf else text


def format_has(*ips: IpConfig | None) -> str:
    """As it stands behind a sentence; empty where there are no addresses."""
    text = ", ".join(words for ip in ips if (words := format_addresses(ip)))
    return f" (it has {text})" if text else ""


def format_route(route: Route) -> str:
    over = f" over {route.next_hop}" if route.next_hop else ""
    table = f" in table {route.table}" if route.table != MAIN_TABLE else ""
    return f"Route {route.destination}{over} on {route.interface}{table}"


def losses(desired: NetworkState, observed: NetworkState) -> Iterator[tuple[str, str]]:
    """Interface and sentence of each; `desired` is complete. Nothing when the desired state is reached."""
    new = expected_state(desired, observed)
    changing = turns(observed, new.interfaces)
    for name, turn in changing.items():
        for version in VERSIONS:
            if taken := silently_taken(turn, version, desired):
                yield name, f"Take {format_addresses(taken)} away from {name}"
    gone = lost_routes(desired, observed, new)
    yield from (
        (r.interface, f"No longer: {format_route(r)}")
        for r in observed.routes or ()
        if r in gone or is_gone(r, desired)
    )
    wanted = [replace(route, metric=None) for route in desired.routes or ()]
    lost = lost_others(observed, changing)
    yield from _others(other for other in lost if replace(other.route, metric=None) not in wanted)
    yield from _names(desired, observed, new)


def silently_taken(turn: Turn, version: int, desired: NetworkState) -> IpConfig | None:
    """What a port loses of whose addresses the desired state says nothing."""
    requested, ip = desired.interface(turn.current.name), ip_of(turn.current, version)
    if not turn.is_bare or not ip.addresses or (requested is not None and configures_ip(requested, version)):
        return None
    return ip


def configures_ip(requested: Interface, version: int) -> bool:
    return (requested.ipv4 if version == 4 else requested.ipv6) is not None


def lost_routes(desired: NetworkState, observed: NetworkState, new: NetworkState) -> frozenset[Route]:
    """Those that go with what they lead over, or that a new one takes the place of."""
    changing, coming = turns(observed, new.interfaces), missing(desired, observed)
    return frozenset(
        route
        for route in observed.routes or ()
        if not is_gone(route, desired) and route not in (new.routes or ()) and _goes(route, changing, desired, coming)
    )


def _goes(route: Route, changing: dict[str, Turn], desired: NetworkState, coming: tuple[Route, ...]) -> bool:
    turn = changing.get(route.interface)
    replaced = any(rival in coming for rival in rivals(route, desired))
    return replaced or (turn is not None and turn.loses_route(version_of(route), route.table))


def lost_others(observed: NetworkState, changing: dict[str, Turn]) -> tuple[RouteOfOthers, ...]:
    found = ((other, changing.get(other.route.interface)) for other in observed.others)
    return tuple(other for other, turn in found if turn is not None and _is_lost(other, turn))


def _is_lost(other: RouteOfOthers, turn: Turn) -> bool:
    version = version_of(other.route)
    lent = other.comes_with_addresses and turn.stops_asking(version)
    return lent or turn.loses_route(version, other.route.table)


def _others(lost: Iterable[RouteOfOthers]) -> Iterator[tuple[str, str]]:
    by: dict[tuple[str, str], list[Route]] = {}
    for other in lost:
        by.setdefault((other.route.interface, other.by), []).append(other.route)
    for (name, who), routes in by.items():
        if len(routes) > _FEW:
            yield name, f"No longer: {len(routes):,} routes on {name} (by {who})"
        else:
            yield from ((name, f"No longer: {format_route(route)} (by {who})") for route in routes)


def _names(desired: NetworkState, observed: NetworkState, new: NetworkState) -> Iterator[tuple[str, str]]:
    """Name servers that came with interfaces which lose all addresses, unless one that changes, too, takes them."""
    if desired.dns is not None or observed.dns is None:
        return
    changed = {*(i.name for i in desired.interfaces), *(route.interface for route in desired.routes or ())}
    if any(carries_names(new, version) & changed for version in VERSIONS):
        return
    changing = turns(observed, new.interfaces)
    gone = {
        name
        for name, turn in changing.items()
        if all(turn.loses(v) for v in VERSIONS if ip_of(turn.current, v).enabled)
    }
    for server in observed.dns.servers:
        sources = [name for name, other in observed.dns.origins if other == server]
        if sources and gone.issuperset(sources):
            yield sources[0], f"Names are no longer resolved by {server}, which came with {sources[0]}"
