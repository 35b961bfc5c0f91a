"""The routes of others (a routing daemon's, by hand), which NetworkManager takes away when it starts an interface anew,
if only for its MTU: which of them are to be given back; pure."""

from collections.abc import Callable, Iterable

from netconf.kernel.operations import Operation, SetRoute
from netconf.kernel.state import KernelRoute, KernelState
from netconf.model import NetworkState
from netconf.planning.leaving import turns
from netconf.planning.merge import expected_state

# From linux/rtnetlink.h: routers' advertisements and DHCP bring theirs again. NetworkManager's own are static, and it
# may give those another metric.
_BY_THEMSELVES, _STATIC = (9, 16), 4


def of_others(state: KernelState) -> tuple[KernelRoute, ...]:
    """Those that lead over interfaces, NetworkManager's own among them."""
    return tuple(p for p in state.routes if p.links and not p.in_the_kernels_name and p.protocol not in _BY_THEMSELVES)


def staying(desired: NetworkState, observed: NetworkState) -> Callable[[KernelRoute], bool]:
    """Whether a route is to be there, too, when the desired state, which is complete, is reached."""
    new = expected_state(desired, observed)
    changing = turns(observed, new.interfaces)

    def stays(path: KernelRoute) -> bool:
        if path.shown is not None and path.shown not in (new.routes or ()):
            return False
        found = [changing[name] for name in path.links if name in changing]
        lent = path.protocol in _BY_THEMSELVES
        return not any(turn.loses_route(path.version, path.table) for turn in found) and not (
            lent and any(turn.stops_asking(path.version) for turn in found)
        )

    return stays


def to_restore(wanted: Iterable[KernelRoute], now: KernelState) -> tuple[Operation, ...]:
    """What brings them back over links that are up, the nearest first. One that has come back without what was said of
    it (its source, its MTU) is replaced."""
    up = {link.name for link in now.links if link.up}
    there = {(*_place(path), path.metric): path for path in now.routes}
    static = {_place(path): path for path in now.routes if path.protocol == _STATIC}
    found: list[Operation] = []
    for path in sorted(wanted, key=lambda path: bool(path.gateway or path.hops)):
        present = there.get((*_place(path), path.metric))
        if not path.links <= up or (present is None and path.protocol == _STATIC and _place(path) in static):
            continue
        if present is None or not _is_same(present, path):
            found += [*([SetRoute(present, False)] if present is not None else []), SetRoute(path, True)]
    return tuple(found)


def _place(path: KernelRoute) -> tuple[object, ...]:
    return path.version, path.to, path.to_length, path.table, path.gateway, path.link, path.hops


def _is_same(one: KernelRoute, other: KernelRoute) -> bool:
    return (one.source, dict(one.options)) == (other.source, dict(other.options))
