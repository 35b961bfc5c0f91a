"""What of a desired state can still come true on this host, when a NIC that it speaks of is gone; pure."""

from dataclasses import replace

from netconf.errors import Refused
from netconf.model import Interface, NetworkState
from netconf.planning.completion import VIRTUAL
from netconf.planning.plan import plan
from netconf.planning.sriov import check_functions


def prune_unavailable(desired: NetworkState, observed: NetworkState) -> NetworkState:
    """`desired` without the interfaces that cannot be as desired, without what stands on them, and without the ports
    that are not there: a bond with one NIC of two is better than none, and a NIC without virtual functions likewise."""
    desired = replace(
        desired, interfaces=tuple(_with_functions_it_can_have(i, desired, observed) for i in desired.interfaces)
    )
    gone = {name for i in desired.interfaces for name in (i.name, *_below(i))} - _there(desired, observed)
    while True:
        left = tuple(_without(i, gone) for i in desired.interfaces if i.name not in gone and i.base not in gone)
        more = {i.name for i in desired.interfaces} - {i.name for i in left} - gone
        more = more or {i.name for i in left if not _can_be_made(i, left, observed)}
        if not more:
            break
        gone |= more
    routes = tuple(route for route in desired.routes or () if route.interface not in gone)
    return replace(desired, interfaces=left, routes=routes)


def _with_functions_it_can_have(interface: Interface, desired: NetworkState, observed: NetworkState) -> Interface:
    try:
        check_functions(interface, desired, observed)
    except Refused:
        return replace(interface, sriov=None)
    return interface


def _there(desired: NetworkState, observed: NetworkState) -> set[str]:
    made = {name for i in desired.interfaces if i.type in VIRTUAL or i.is_pair for name in (i.name, i.peer or i.name)}
    return made | {i.name for i in observed.interfaces}


def _below(interface: Interface) -> tuple[str, ...]:
    return (*(interface.ports or ()), *((interface.base,) if interface.base else ()))


def _without(interface: Interface, gone: set[str]) -> Interface:
    kept = tuple(port for port in interface.ports or () if port not in gone)
    if interface.bridge is not None:
        details = tuple(port for port in interface.bridge.details if port.name not in gone)
        return replace(interface, bridge=replace(interface.bridge, ports=kept, details=details))
    if interface.bond is not None:
        ports = tuple(port for port in interface.bond.details if port.name not in gone)
        options = tuple(pair for pair in interface.bond.options if pair[0] != "primary" or pair[1] not in gone)
        return replace(interface, bond=replace(interface.bond, ports=kept, options=options, details=ports))
    return replace(interface, vrf=replace(interface.vrf, ports=kept)) if interface.vrf is not None else interface


def _can_be_made(interface: Interface, others: tuple[Interface, ...], observed: NetworkState) -> bool:
    """Whether nothing speaks against it but what the others of the desired state mend."""
    names, waiting = set[str](), [interface]
    while waiting:
        below = [i for i in others if {i.name, i.peer} & {*_below(waiting[0])} and i.name not in names]
        names |= {i.name for i in below}
        waiting = [*waiting[1:], *below]
    try:
        plan(NetworkState((interface, *(i for i in others if i.name in names))), observed)
    except Refused:
        return False
    return True
