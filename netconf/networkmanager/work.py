"""From a plan to what NetworkManager is told to do: which profiles, in which order, and what goes before; pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from netconf.model import MAIN_TABLE, Dns, Interface, LinkState, LinkType, NetworkState, Rule
from netconf.networkmanager.bond_recreation import needs_recreate
from netconf.networkmanager.ends import ends
from netconf.networkmanager.profiles import Profile, Wanted, profile
from netconf.planning.completion import CABLES, complete, is_removed, ports
from netconf.planning.matching import is_gone_rule
from netconf.planning.merge import carries_names, default_interfaces, expected_state
from netconf.planning.order import by_dependency
from netconf.planning.plan import Step
from netconf.planning.recreate import recreated, with_those_above


@dataclass(frozen=True, slots=True)
class Work:
    """What a change comes to: profiles in the order to activate them, and interfaces to take away or down before.

    `recreate` are taken away, too, the uppermost first, but have a profile that makes them again. `ends` are those of
    `remove` that are ends of pairs of veth, as they are.
    """

    profiles: tuple[Profile, ...]
    remove: tuple[str, ...] = ()
    down: tuple[str, ...] = ()
    recreate: tuple[str, ...] = ()
    ends: tuple[Interface, ...] = ()

    @property
    def touched(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*(p.interface for p in self.profiles), *self.remove, *self.down)))

    @property
    def late(self) -> tuple[str, ...]:
        """One end of each pair that goes. NetworkManager 1.52 can bring both back at a time, but one that is a port
        then waits for its bridge for good."""
        return tuple(end.name for end in self.ends if end.peer is not None and end.peer < end.name)


def work(
    desired: NetworkState, observed: NetworkState, steps: Iterable[Step], *, change: str, new_uuid: Callable[[], str]
) -> Work:
    """The profiles for what `steps` names, for its ports and for what stands on it; `change` marks them."""
    completed = complete(desired, observed)
    new = expected_state(completed, observed)
    named = dict.fromkeys(step.name for step in steps if step.name)
    absent = {i.name for i in completed.interfaces if is_removed(i)}
    removed = tuple(name for name in named if name in absent)
    if any(not step.name for step in steps):
        named |= dict.fromkeys((*_resolving(completed, observed, new), *_rules_move(completed, observed, new)))
    touched = _closure(named, new)
    up = [i for i in by_dependency(new.interfaces, controllers_first=True) if i.name in touched]
    rules = {interface.name: tuple(r for r in new.rules or () if _home(r, new) == interface.name) for interface in up}
    freed = (port for name in named for port in ports(name, observed) if _is_free(port, completed, new))
    down = (
        i.name
        for i in completed.interfaces
        if i.name in named and i.state is not LinkState.UP and i.name not in removed
    )
    return Work(
        profiles=tuple(
            profile(Wanted(i, new, rules[i.name]), change=change, uuid=new_uuid())
            for i in up
            if i.state is LinkState.UP
        ),
        remove=removed,
        down=tuple(dict.fromkeys((*down, *freed))),
        recreate=tuple(name for name in _recreated(completed, observed, new) if name not in absent),
        ends=ends(removed, observed),
    )


def _recreated(desired: NetworkState, observed: NetworkState, new: NetworkState) -> tuple[str, ...]:
    named = recreated(desired, observed)
    bonds = (
        (i.name, i.bond, observed.interface(i.name)) for i in new.interfaces if desired.interface(i.name) is not None
    )
    stuck = (
        name
        for name, bond, current in bonds
        if bond and current and current.bond and needs_recreate(bond, current.bond)
    )
    return with_those_above((*named, *stuck), observed)


def _closure(named: Iterable[str], new: NetworkState) -> set[str]:
    """With the ports of each, which go down with it, and what stands on a virtual one, which may go with it."""
    found: set[str] = set()
    waiting = list(named)
    while waiting:
        interface = new.interface(waiting.pop())
        if interface is None or interface.name in found:
            continue
        found.add(interface.name)
        waiting += interface.ports or ()
        if interface.type not in CABLES:
            waiting += [i.name for i in new.interfaces if i.base == interface.name]
    return found


def _is_free(port: str, desired: NetworkState, new: NetworkState) -> bool:
    """A port that has lost its controller, and is desired to be nothing else."""
    interface, requested = new.interface(port), desired.interface(port)
    unwished = requested is None or requested.state is LinkState.ABSENT
    return interface is not None and interface.controller is None and unwished


def _resolving(desired: NetworkState, observed: NetworkState, new: NetworkState) -> tuple[str, ...]:
    """The interfaces whose profiles get other name servers: all that can have some and have a default route, or one
    that can, and those that other servers came with."""
    if desired.dns is None or desired.dns == observed.dns:
        return (_default_interface(new),)
    able = carries_names(new, 4) | carries_names(new, 6)
    others = (name for name, server in (observed.dns or Dns()).origins if server not in desired.dns.servers)
    routed = able & default_interfaces(new)
    return (*(sorted(routed) if routed else sorted(able)[:1]), *others)


def _default_interface(new: NetworkState) -> str:
    """The interface whose profile carries the DNS servers: that of the default route, else one with addresses."""
    for route in new.routes or ():
        if route.destination in ("0.0.0.0/0", "::/0"):
            return route.interface
    for interface in new.interfaces:
        if interface.type is not LinkType.LOOPBACK and _has_address(interface):
            return interface.name
    return ""


def _has_address(interface: Interface) -> bool:
    return any(ip is not None and (ip.addresses or ip.dhcp) for ip in (interface.ipv4, interface.ipv6))


def _rules_move(desired: NetworkState, observed: NetworkState, new: NetworkState) -> list[str]:
    """The interfaces whose profiles get or lose rules."""
    gone = [_home(rule, observed) for rule in observed.rules or () if is_gone_rule(rule, desired)]
    return gone + [_home(rule, new) for rule in new.rules or () if rule not in (observed.rules or ())]


def _home(rule: Rule, state: NetworkState) -> str:
    """The interface whose profile carries a rule: one that has routes in its table."""
    if rule.table not in (None, MAIN_TABLE):
        for route in state.routes or ():
            if route.table == rule.table:
                return route.interface
    return _default_interface(state)
