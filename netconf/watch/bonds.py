"""What happened to a bond and to its ports between two views; pure."""

from collections.abc import Iterator

from netconf.watch import lacp
from netconf.watch.events import EventKind, NetworkEvent
from netconf.watch.view import BondPort, BondState, Link, View


def changes(was: Link, now: Link, before: View, after: View) -> Iterator[NetworkEvent]:
    if was.bond is not None and now.bond is not None and was.bond != now.bond:
        yield from _bond(now.name, was.bond, now.bond, after)
    if was.bond_port is not None and now.bond_port is not None and was.controller == now.controller:
        yield from _port(was, now, before, after)


def _bond(name: str, was: BondState, now: BondState, after: View) -> Iterator[NetworkEvent]:
    if was.mode != now.mode:
        yield NetworkEvent(EventKind.BOND, name, f"The mode of {name} is {now.mode} (it was {was.mode})")
    if was.active_port != now.active_port:
        active = after.name(now.active_port)
        says = f"{name} now sends through {active}" if active else f"{name} has no port that works"
        yield NetworkEvent(EventKind.BOND, name, says, active)
    if now.mode == lacp.LACP and was.partner_mac != now.partner_mac:
        says = f"{name} has the LACP partner {now.partner_mac}" if lacp.has_partner(now) else f"{name} has no partner"
        yield NetworkEvent(EventKind.LACP, name, says)


def _port(was: Link, now: Link, before: View, after: View) -> Iterator[NetworkEvent]:
    earlier, port = was.bond_port, now.bond_port
    bond, name = after.name(now.controller), now.name
    if earlier is None or port is None:
        return
    if earlier.mii_up != port.mii_up:
        kind = EventKind.BOND_PORT_UP if port.mii_up else EventKind.BOND_PORT_DOWN
        count = "" if port.mii_up else f" ({port.failures} failures so far)"
        yield NetworkEvent(kind, name, f"{bond} {'can use' if port.mii_up else 'cannot use'} {name}{count}", bond)
    said, says = _format_port(earlier, was, before), _format_port(port, now, after)
    if said != says and says:
        yield NetworkEvent(EventKind.LACP, name, f"LACP on {name} in {bond}: {says}", bond)


def _format_port(port: BondPort, link: Link, view: View) -> str:
    controller = view.kernel.links.get(link.controller or 0)
    return lacp.format_state(port, controller.bond) if controller is not None and controller.bond is not None else ""
