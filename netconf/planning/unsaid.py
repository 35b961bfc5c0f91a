"""What a change of a network would take away without a word of its desired state about it; pure."""

from collections.abc import Iterator

from netconf.errors import GoesUnsaid
from netconf.model import Address, Interface, IpConfig, NetworkState, Route
from netconf.planning.leaving import VERSIONS, Turn, turns, version_of
from netconf.planning.losses import (
    configures_ip,
    format_addresses,
    format_route,
    lost_others,
    lost_routes,
    silently_taken,
)
from netconf.planning.merge import expected_state


def check_unsaid(desired: NetworkState, observed: NetworkState) -> None:
    """`desired` is complete. What an interface loses that becomes a port has to be moved (an address, a route) or said
    to go; to turn an interface down, to remove it or to give it other addresses is such a word. Raises GoesUnsaid."""
    new = expected_state(desired, observed)
    changing = turns(observed, new.interfaces)
    routes = lost_routes(desired, observed, new)
    for name, turn in changing.items():
        if turn.holder is None or not (turn.is_bare or turn.new_table is not None):
            continue
        lost = [sentence for version in VERSIONS for sentence in _unsaid(turn, version, desired, observed, routes)]
        if lost:
            families = sorted({version for version, _ in lost})
            raise GoesUnsaid(
                name=name,
                holder=turn.holder.name,
                lost=", ".join(sentence for _, sentence in lost),
                mend=_mend(turn, families, turn.holder),
            )


def _unsaid(
    turn: Turn, version: int, desired: NetworkState, observed: NetworkState, lost: frozenset[Route]
) -> Iterator[tuple[int, str]]:
    requested = desired.interface(turn.current.name)
    if turn.is_bare and requested is not None and configures_ip(requested, version):
        return
    taken = silently_taken(turn, version, desired)
    stays = turn.is_bare and taken is not None and _is_moved(taken, version, desired)
    if taken is not None and not stays:
        left = tuple(address for address in taken.addresses if not _is_given(address, version, desired))
        yield version, format_addresses(IpConfig(True, taken.dhcp, taken.autoconf, left))
    for route in sorted(lost, key=lambda route: route.destination):
        here = route.interface == turn.current.name and version_of(route) == version
        if here and not any((r.destination, r.table) == (route.destination, route.table) for r in desired.routes or ()):
            yield version, format_route(route)
    if stays or (turn.is_bare and taken is not None):  # who made the others sees the address move, or that is told
        return
    others = [o.route for o in lost_others(observed, {turn.current.name: turn}) if not o.comes_with_addresses]
    others = [route for route in others if version_of(route) == version]
    if others:
        more = f" and {len(others) - 1:,} more" if len(others) > 1 else ""
        yield version, f"{format_route(others[0])}{more}"


def _is_moved(taken: IpConfig, version: int, desired: NetworkState) -> bool:
    """Whether another interface gets these addresses, or asks where they came from."""
    ips = [ip for i in desired.interfaces if (ip := i.ipv4 if version == 4 else i.ipv6) is not None and ip.enabled]
    asked = any((taken.dhcp and ip.dhcp) or (taken.autoconf and ip.autoconf) for ip in ips)
    return asked or all(_is_given(address, version, desired) for address in taken.addresses)


def _is_given(address: Address, version: int, desired: NetworkState) -> bool:
    ips = ((i.ipv4 if version == 4 else i.ipv6) for i in desired.interfaces)
    return any(address.ip == other.ip for ip in ips if ip is not None for other in ip.addresses)


def _mend(turn: Turn, families: list[int], holder: Interface) -> str:
    """Both ways."""
    name = turn.current.name
    if turn.new_table is not None:
        return (
            f"Say in routes.config what becomes of it: the same route with table-id {turn.new_table}, which is that of"
            f" {holder.name}, or that it goes (state: absent)"
        )
    off = ", ".join(f"ipv{version}: {{enabled: false}}" for version in families)
    return (
        f"Give it to {holder.name}, or to what stands on that, in the same document, or say that it goes:"
        f" {{name: {name}, {off}}}"
    )
