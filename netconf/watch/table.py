"""A view as a table of 80 columns; pure."""

from collections.abc import Iterator

from netconf.watch.changes import system
from netconf.watch.origin import origin
from netconf.watch.troubles import NO_CARRIER, troubles
from netconf.watch.view import ANYWHERE, Link, NmLinkInfo, ObservedAddress, Origin, Speed, View

_HEADING = "INTERFACE       STATE   SPEED ADDRESS AND ORIGIN"
_SHORT = {Origin.ROUTER: "ra"}


def table(view: View) -> str:
    """Link-local addresses are left out; what is wrong stands below its interface."""
    held = view.addresses()
    lines = [_HEADING]
    for link in view.links:
        lines += _rows(view, link, held.get(link.index, ()))
    return "\n".join((*lines, *_below(view)))


def _rows(view: View, link: Link, addresses: tuple[ObservedAddress, ...]) -> Iterator[str]:
    told = view.nm_links.get(link.name, NmLinkInfo())
    origins = [(one, origin(one, told)) for one in addresses]
    wide = [f"{one.address} {_SHORT.get(of, of.value)}" for one, of in origins if of is not Origin.LINK_LOCAL]
    state = "up" if link.carrier else "no link" if link.up else "down"
    first = f"{link.name:<15} {state:<7} {_speed(view.speeds.get(link.index, Speed())):>5} "
    for number, address in enumerate(wide or [_part_of(view, link)]):
        yield ((first if number == 0 else " " * len(first)) + address).rstrip()
    yield from (f"  ! {says}" for says in troubles(view, link, addresses) if says != NO_CARRIER)


def _part_of(view: View, link: Link) -> str:
    return f"port of {view.name(link.controller)}" if link.controller else ""


def _speed(speed: Speed) -> str:
    match speed.mbps:
        case None:
            return ""
        case mbps if mbps >= 1000:
            return f"{mbps / 1000:g}G"
        case mbps:
            return f"{mbps}M"


def _below(view: View) -> Iterator[str]:
    for route in sorted(view.kernel.routes):
        if route.destination in ANYWHERE and route.proto != "kernel":
            over = f" over {route.gateway}" if route.gateway else ""
            yield f"Default route{over} on {view.name(route.index) or 'several'} ({route.proto})"
    for name, told in sorted(view.nm_links.items()):
        yield from (f"{name} is plugged into port {there.port} of {system(there)}" for there in told.lldp or ())
    for says in view.drift or ():
        yield f"Not as it was confirmed; to do: {says}"
