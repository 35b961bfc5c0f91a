"""What is wrong with an interface as it is now, in words; pure."""

from collections.abc import Iterator, Sequence

from netconf.watch import lacp
from netconf.watch.origin import is_duplicate
from netconf.watch.view import Link, ObservedAddress, View

NO_CARRIER = "no carrier"


def troubles(view: View, link: Link, addresses: Sequence[ObservedAddress]) -> tuple[str, ...]:
    """`addresses` are its addresses."""
    return (*_cable(view, link), *_bond(view, link), *_addresses(view, link, addresses))


def _cable(view: View, link: Link) -> Iterator[str]:
    speed = view.speeds.get(link.index)
    if link.up and not link.carrier and link.kind not in ("bridge", "tun"):  # those have one only with something in it
        yield NO_CARRIER
    if speed is not None and speed.duplex == "half":
        yield "half duplex: the other end does not negotiate"
    counters = view.counters.get(link.name)
    if counters is not None and (counters.rx_errors or counters.tx_errors):
        yield f"{counters.rx_errors} frames received and {counters.tx_errors} sent with errors so far"


def _bond(view: View, link: Link) -> Iterator[str]:
    if link.bond is not None and link.bond.mode == lacp.LACP and link.up and not lacp.has_partner(link.bond):
        yield "no LACP partner"
    controller = view.kernel.links.get(link.controller or 0)
    if link.bond_port is None or controller is None or controller.bond is None:
        return
    if not link.bond_port.mii_up:
        yield f"{controller.name} cannot use it ({link.bond_port.failures} failures so far)"
    said = lacp.format_state(link.bond_port, controller.bond)
    if said not in ("", "collecting-distributing", "no carrier"):
        yield f"LACP: {said}"


def _addresses(view: View, link: Link, addresses: Sequence[ObservedAddress]) -> Iterator[str]:
    yield from (f"another machine has {one.address.ip}" for one in addresses if is_duplicate(one))
    yield from (
        f"the gateway {ip} does not answer" for index, ip in sorted(view.unreachable_gateways) if index == link.index
    )
