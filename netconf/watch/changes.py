"""What happened between two views, a sentence each; pure."""

from collections.abc import Iterator, Mapping

from netconf.kinds import LldpNeighbour
from netconf.watch import bonds
from netconf.watch.events import EventKind, NetworkEvent
from netconf.watch.origin import is_duplicate, origin
from netconf.watch.view import (
    Answering,
    Counters,
    Link,
    ObservedAddress,
    ObservedRoute,
    Origin,
    Speed,
    View,
)

_OWN = (Origin.KERNEL, Origin.LINK_LOCAL)  # they come and go with their link
_NEVER = Speed()


def changes(before: View, after: View) -> tuple[NetworkEvent, ...]:
    """Links first. What a link takes with it, or is born with, is not told of separately."""
    return (
        *_links(before, after),
        *_addresses(before, after),
        *_routes(before, after),
        *_gateways(before, after),
        *_lldp(before, after),
        *_errors(before, after),
        *_drift(before.drift, after.drift),
    )


def _links(before: View, after: View) -> Iterator[NetworkEvent]:
    was, now = before.kernel.links, after.kernel.links
    for index in sorted(was.keys() - now.keys()):
        yield NetworkEvent(EventKind.REMOVED, was[index].name, f"{was[index].name} is gone")
    for index in sorted(now.keys() - was.keys()):
        link = now[index]
        yield NetworkEvent(EventKind.ADDED, link.name, f"{link.name} is there ({link.kind}{_state(link)})")
    for index, link in now.items():
        if index in was and (was[index] != link or before.speeds.get(index) != after.speeds.get(index)):
            yield from _link(was[index], link, before, after)


def _state(link: Link) -> str:
    return "" if link.carrier else ", no carrier" if link.up else ", down"


def _link(was: Link, now: Link, before: View, after: View) -> Iterator[NetworkEvent]:
    name = now.name
    if was.name != name:
        yield NetworkEvent(EventKind.RENAMED, name, f"{was.name} is now called {name}")
    yield from _carrier(was, now, before.speeds.get(was.index, _NEVER), after.speeds.get(now.index, _NEVER))
    if was.mtu != now.mtu:
        yield NetworkEvent(EventKind.CHANGED, name, f"The MTU of {name} is {now.mtu} (it was {was.mtu})")
    if was.mac != now.mac:
        yield NetworkEvent(EventKind.CHANGED, name, f"The MAC address of {name} is {now.mac} (it was {was.mac})")
    if was.controller != now.controller:
        yield from _controller(was, now, before, after)
    yield from bonds.changes(was, now, before, after)


def _carrier(was: Link, now: Link, slow: Speed, fast: Speed) -> Iterator[NetworkEvent]:
    name, flips = now.name, now.carrier_changes - was.carrier_changes
    if was.carrier and not now.carrier:
        says = f"{name} lost its carrier" if now.up else f"{name} was taken down"
        yield NetworkEvent(EventKind.DOWN, name, says)
    elif now.carrier and not was.carrier:
        yield NetworkEvent(EventKind.UP, name, f"{name} has a carrier{_speed(fast)}")
    elif was.up != now.up:
        says = f"{name} was brought up and has no carrier" if now.up else f"{name} was taken down"
        yield NetworkEvent(EventKind.CHANGED, name, says)
    elif now.carrier and flips > 1:
        yield NetworkEvent(EventKind.UP, name, f"{name} lost its carrier and has it again ({flips} changes)")
    elif now.carrier and slow != fast:
        yield NetworkEvent(EventKind.SPEED, name, f"The speed of {name} changed{_speed(fast) or ': not known'}")


def _speed(speed: Speed) -> str:
    duplex = f", {speed.duplex} duplex" if speed.duplex else ""
    return f": {speed.mbps} Mbit/s{duplex}" if speed.mbps else ""


def _controller(was: Link, now: Link, before: View, after: View) -> Iterator[NetworkEvent]:
    left, joined = before.name(was.controller), after.name(now.controller)
    if left:
        says = f"{now.name} is no longer a port of {left}"
        yield NetworkEvent(EventKind.CONTROLLER, now.name, says, left)
    if joined:
        yield NetworkEvent(EventKind.CONTROLLER, now.name, f"{now.name} is a port of {joined}", joined)


def _addresses(before: View, after: View) -> Iterator[NetworkEvent]:
    was, now = before.kernel.addresses, after.kernel.addresses
    if was is now or was == now:
        return
    for key in (key for key in was if key not in now):
        held, name = was[key], after.name(was[key].index)
        if name and origin(held) not in _OWN:
            yield NetworkEvent(EventKind.ADDRESS_REMOVED, name, f"{name} no longer has {held.address}")
    for key, held in now.items():
        if was.get(key) != held:
            yield from _address(was.get(key), held, after)


def _address(was: ObservedAddress | None, address: ObservedAddress, after: View) -> Iterator[NetworkEvent]:
    name = after.name(address.index)
    comes_from = origin(address, after.nm_links.get(name))
    if was is None and comes_from not in _OWN:
        yield NetworkEvent(EventKind.ADDRESS_ADDED, name, f"{name} has {address.address} ({comes_from})")
    if is_duplicate(address) and not (was is not None and is_duplicate(was)):
        says = f"{address.address.ip} on {name} is not used: another machine has it"
        yield NetworkEvent(EventKind.ADDRESS_DUPLICATE, name, says)


def _routes(before: View, after: View) -> Iterator[NetworkEvent]:
    """The kernel's own go with addresses. Routes of a link that is gone went with it."""
    was, now = before.kernel.routes, after.kernel.routes
    for route in sorted(was - now):
        if route.proto != "kernel" and (not route.index or route.index in after.kernel.links):
            name = after.name(route.index)
            yield NetworkEvent(EventKind.ROUTE_REMOVED, name, f"No longer: {_route(route, name)}")
    for route in sorted(now - was):
        if route.proto != "kernel":
            name = after.name(route.index)
            yield NetworkEvent(EventKind.ROUTE_ADDED, name, _route(route, name))


def _route(route: ObservedRoute, name: str) -> str:
    to = {"0.0.0.0/0": "Default route", "::/0": "Default route of IPv6"}.get(
        route.destination, f"Route to {route.destination}"
    )
    over = f" over {route.gateway}" if route.gateway else ""
    table = f" in table {route.table}" if route.table != 254 else ""
    return f"{to}{over}{f' on {name}' if name else ''}{table} ({route.proto})"


def unreachable_gateways(before: frozenset[tuple[int, str]], view: View) -> frozenset[tuple[int, str]]:
    """Silent until it answers: one that is being asked again is still silent."""
    found = set()
    for key in view.gateways():
        there = view.kernel.neighbours.get(key)
        asked = there is None or there.state in (Answering.ASKED, Answering.STALE)
        if (there is not None and there.state is Answering.FAILED) or (key in before and asked):
            found.add(key)
    return frozenset(found)


def _gateways(before: View, after: View) -> Iterator[NetworkEvent]:
    for index, ip in sorted(after.unreachable_gateways - before.unreachable_gateways):
        says = f"The gateway {ip} on {after.name(index)} does not answer"
        yield NetworkEvent(EventKind.GATEWAY_UNREACHABLE, after.name(index), says)
    for index, ip in sorted(before.unreachable_gateways - after.unreachable_gateways):
        if (index, ip) in after.gateways():
            says = f"The gateway {ip} on {after.name(index)} answers again"
            yield NetworkEvent(EventKind.GATEWAY_ANSWERS, after.name(index), says)


def _lldp(before: View, after: View) -> Iterator[NetworkEvent]:
    for name in sorted(after.nm_links):
        was, now = _neighbours(before, name), _neighbours(after, name)
        for there in sorted(now - was):
            yield NetworkEvent(EventKind.LLDP, name, f"{name} is plugged into port {there.port} of {system(there)}")
        for gone in sorted(was - now):
            yield NetworkEvent(EventKind.LLDP, name, f"{name} no longer hears port {gone.port} of {system(gone)}")


def _neighbours(view: View, name: str) -> frozenset[LldpNeighbour]:
    told = view.nm_links.get(name)
    return frozenset((told.lldp if told else None) or ())


def system(there: LldpNeighbour) -> str:
    return there.system or there.chassis or "a machine without a name"


def _errors(before: View, after: View) -> Iterator[NetworkEvent]:
    was, now = before.counters, after.counters
    if was is now:
        return
    for name, counters in now.items():
        yield from _error(name, was, counters)


def _error(name: str, was: Mapping[str, Counters], now: Counters) -> Iterator[NetworkEvent]:
    earlier = was.get(name)
    if earlier is None:
        return
    received, sent = now.rx_errors - earlier.rx_errors, now.tx_errors - earlier.tx_errors
    told = [f"{n} {word}" for n, word in ((received, "received"), (sent, "sent")) if n > 0]
    if told:
        yield NetworkEvent(EventKind.ERRORS, name, f"{name} counts more frames with errors: {', '.join(told)}")


def _drift(was: tuple[str, ...] | None, now: tuple[str, ...] | None) -> Iterator[NetworkEvent]:
    for says in now or ():
        if says not in (was or ()):
            yield NetworkEvent(EventKind.DRIFT, "", f"Not as it was confirmed; to do: {says}")
    if was and now == ():
        yield NetworkEvent(EventKind.DRIFT_OVER, "", "The network is again as it was confirmed")
