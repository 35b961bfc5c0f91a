"""What a change of a network would take away without a word of its wish about it; pure."""

from collections.abc import Iterator

from netconf.errors import GoesUnsaid
from netconf.model import Address, Interface, IpConfig, NetworkState, Route
from netconf.planning.leaving import VERSIONS, Turn, turns, version_of
from netconf.planning.losses import held, lost_others, lost_routes, route_in_words, says_ip, silently_taken
from netconf.planning.merge import after


def check_words(wish: NetworkState, observed: NetworkState) -> None:
    """`wish` is complete. What an interface loses that becomes a port has to be moved (an address, a route) or said to
    go; to turn an interface down, to remove it or to give it other addresses is such a word. Raises GoesUnsaid."""
    new = after(wish, observed)
    changing = turns(observed, new.interfaces)
    routes = lost_routes(wish, observed, new)
    for name, turn in changing.items():
        if turn.holder is None or not (turn.is_bare or turn.new_table is not None):
            continue
        lost = [said for version in VERSIONS for said in _unsaid(turn, version, wish, observed, routes)]
        if lost:
            families = sorted({version for version, _ in lost})
            raise GoesUnsaid(
                name=name,
                holder=turn.holder.name,
                lost=", ".join(said for _, said in lost),
                mend=_mend(turn, families, turn.holder),
            )


def _unsaid(
    turn: Turn, version: int, wish: NetworkState, observed: NetworkState, lost: frozenset[Route]
) -> Iterator[tuple[int, str]]:
    said = wish.interface(turn.seen.name)
    if turn.is_bare and said is not None and says_ip(said, version):
        return
    taken = silently_taken(turn, version, wish)
    stays = turn.is_bare and taken is not None and _is_moved(taken, version, wish)
    if taken is not None and not stays:
        left = tuple(address for address in taken.addresses if not _is_given(address, version, wish))
        yield version, held(IpConfig(True, taken.dhcp, taken.autoconf, left))
    for route in sorted(lost, key=lambda route: route.destination):
        here = route.interface == turn.seen.name and version_of(route) == version
        if here and not any((r.destination, r.table) == (route.destination, route.table) for r in wish.routes or ()):
            yield version, route_in_words(route)
    if stays or (turn.is_bare and taken is not None):  # who made the others sees the address move, or that is told
        return
    others = [o.route for o in lost_others(observed, {turn.seen.name: turn}) if not o.comes_with_addresses]
    others = [route for route in others if version_of(route) == version]
    if others:
        more = f" and {len(others) - 1:,} more" if len(others) > 1 else ""
        yield version, f"{route_in_words(others[0])}{more}"


def _is_moved(taken: IpConfig, version: int, wish: NetworkState) -> bool:
    """Whether another interface gets these addresses, or asks where they came from."""
    ips = [ip for i in wish.interfaces if (ip := i.ipv4 if version == 4 else i.ipv6) is not None and ip.enabled]
    asked = any((taken.dhcp and ip.dhcp) or (taken.autoconf and ip.autoconf) for ip in ips)
    return asked or all(_is_given(address, version, wish) for address in taken.addresses)


def _is_given(address: Address, version: int, wish: NetworkState) -> bool:
    ips = ((i.ipv4 if version == 4 else i.ipv6) for i in wish.interfaces)
    return any(address.ip == other.ip for ip in ips if ip is not None for other in ip.addresses)


def _mend(turn: Turn, families: list[int], holder: Interface) -> str:
    """Both ways."""
    name = turn.seen.name
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
