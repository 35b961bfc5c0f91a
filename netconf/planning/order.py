"""What has to be there before what: interfaces in the order in which they can be made, and the room they need."""

from collections.abc import Callable, Iterable

from netconf.model import Interface

_VXLAN_4, _VXLAN_6 = 50, 70  # bytes around each frame


class Circle(Exception):
    """`name` stands on itself, by the `way` that begins and ends with it."""

    def __init__(self, path: tuple[str, ...]) -> None:
        super().__init__(" on ".join(path))
        self.name = path[0]
        self.path = path


def by_dependency(interfaces: Iterable[Interface], *, controllers_first: bool = False) -> tuple[Interface, ...]:
    """Those first that others stand on or are made of; else in the order given. Raises Circle.

    With `controllers_first`, bridges, bonds and VRFs come before their ports, as NetworkManager wants them, and what
    stands on an interface after all that carries it.
    """
    found = {interface.name: interface for interface in interfaces}
    below = {name: {interface.base} - {None} for name, interface in found.items()}
    for name, interface in found.items():
        for port in interface.ports or ():
            if controllers_first:
                below.setdefault(port, set()).add(name)
            else:
                below[name].add(port)
    if controllers_first:
        for name, interface in found.items():
            below[name] |= {*carriers(interface, found.get)} - {name}
    done: dict[str, Interface] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise Circle((*path[path.index(name) :], name))
        if name in done or name not in found:
            return
        for other in sorted(other for other in below[name] if other is not None):
            visit(other, (*path, name))
        done[name] = found[name]

    for name in found:
        visit(name, ())
    return tuple(done.values())


def carriers(interface: Interface, find: Callable[[str], Interface | None]) -> tuple[str, ...]:
    """What it stands on, the ports of that, and the other ends of those that are pairs: without these there is no
    carrier."""
    base = find(interface.base or "")
    if base is None:
        return ()
    names = (base.name, *(base.ports or ()))
    ends = (found.peer for name in names if (found := find(name)) is not None and found.is_pair)
    return (*names, *(peer for peer in ends if peer is not None))


def headroom(interface: Interface) -> int:
    """How much smaller than its base's its MTU has to be, in bytes."""
    vxlan = interface.vxlan
    if vxlan is None:
        return 0
    return _VXLAN_6 if ":" in (vxlan.remote or vxlan.local or "") else _VXLAN_4
