"""Computes the operations from one KernelState to another, in their order; used for a change and its rollback; pure.

What an operation does beside what it is for (a link that goes down loses routes, say) is not foretold: whoever
carries them out looks again and asks again until there is nothing more to do.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from netconf.kernel.operations import (
    CreateLink,
    Operation,
    RemoveLink,
    SetAddress,
    SetBridgeVlans,
    SetLinkAttributes,
    SetLinkOptions,
    SetLinkUp,
    SetMaster,
    SetNumVfs,
    SetRoute,
    SetRule,
    SetSysctl,
    WriteResolvConf,
)
from netconf.kernel.state import MADE, KernelState, Link

_FIXED = frozenset({"vlan", "vxlan", "vrf"})  # their options cannot change while they are there
_ENDS = ("IFLA_VXLAN_GROUP", "IFLA_VXLAN_GROUP6", "IFLA_VXLAN_LOCAL", "IFLA_VXLAN_LOCAL6")
_MODE = "IFLA_BOND_MODE"
_DELAYS = ("IFLA_BOND_UPDELAY", "IFLA_BOND_DOWNDELAY")  # the kernel takes them only with a miimon


def diff(now: KernelState, desired: KernelState) -> tuple[Operation, ...]:
    """Empty when `now` is as `desired`. Links of kinds that we do not make are neither made nor removed."""
    change = _change(now, desired)
    return (
        *(SetRule(rule, False) for rule in now.rules if rule not in desired.rules),
        *(SetRoute(p, False) for p in now.routes if p not in desired.routes and not p.links & change.stale),
        *(SetAddress(a, False) for a in now.addresses if a not in desired.addresses and a.link not in change.stale),
        *_unplug(change),
        *(
            RemoveLink(link.name)
            for link in _once(link for link in reversed(in_order(now.links)) if link.name in change.stale)
        ),
        *_functions(change),
        *(CreateLink(link, change.masters.get(link.peer)) for link in _once(in_order(change.made))),
        *_link_options(change),
        *_sysctls(change),
        *_plug(change),
        *_ports(change),
        *_plain(change),
        *_turn(change),
        *_addresses(now, desired, change),
        *_routes(now, desired, change),
        *(SetRule(rule, True) for rule in desired.rules if rule not in now.rules),
        *([WriteResolvConf(desired.resolver)] if now.resolver != desired.resolver else []),
    )


@dataclass(frozen=True, slots=True)
class _Change:
    """`pairs` are links that stay, as they are and as they shall be; `stale` ones go, `made` ones come."""

    pairs: tuple[tuple[Link, Link], ...]
    stale: frozenset[str]
    made: tuple[Link, ...]
    masters: Mapping[str, Link]  # of the goal, by name

    @property
    def other_mode(self) -> set[str]:
        """Bonds that get another mode: their ports have to be out meanwhile."""
        return {new.name for old, new in self.pairs if new.data.get(_MODE, old.data.get(_MODE)) != old.data.get(_MODE)}

    @property
    def there(self) -> set[str]:
        """Links that will be there."""
        return {new.name for _, new in self.pairs} | {link.name for link in self.made}


def _change(now: KernelState, desired: KernelState) -> _Change:
    wanted = {link.name: link for link in desired.links}
    stale: set[str] = set()
    for link in in_order(now.links):
        if link.is_made and (_goes(link, wanted) or link.base in stale):
            stale |= {link.name, link.peer} - {""}
    alive = {link.name: link for link in now.links if link.name not in stale}
    return _Change(
        pairs=tuple(
            (alive[name], new) for name, new in wanted.items() if name in alive and alive[name].kind == new.kind
        ),
        stale=frozenset(stale),
        made=tuple(link for name, link in wanted.items() if link.is_made and not {name, link.peer} & alive.keys()),
        masters=wanted,
    )


def _goes(link: Link, wanted: Mapping[str, Link]) -> bool:
    """An end that the goal does not know stays with the other one: it may have come back from a container."""
    new = wanted.get(link.name)
    return link.peer not in wanted if new is None else new.kind != link.kind or _is_other(link, new)


def _is_other(old: Link, new: Link) -> bool:
    """Whether it has to be made anew to become so."""
    if old.kind == "veth":
        return new.is_made and old.peer != new.peer
    if old.kind not in _FIXED:
        return False
    ends = any(old.data.get(key) != new.data.get(key) for key in _ENDS)  # what is not said any more
    return old.base != new.base or ends or bool(_differing(old.data, new.data))


def _once(links: Iterable[Link]) -> Iterator[Link]:
    """Of pairs the end that comes first."""
    others: set[str] = set()
    for link in links:
        if link.name not in others:
            others.add(link.peer)
            yield link


def _differing(old: Mapping[str, object], new: Mapping[str, object]) -> set[str]:
    return {key for key, value in new.items() if old.get(key) != value}


def in_order(links: Iterable[Link]) -> tuple[Link, ...]:
    """Those first that others stand on, ports before what they are plugged into."""
    found = {link.name: link for link in links}
    below: dict[str, list[str]] = {name: [link.base] for name, link in found.items()}
    for name, link in found.items():
        below.setdefault(link.master, []).append(name)
    done: dict[str, Link] = {}

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in found and name not in done and name not in above:
            for other in below.get(name, ()):
                visit(other, (*above, name))
            done[name] = found[name]

    for name in found:
        visit(name, ())
    return tuple(done.values())


def _moves(old: Link, new: Link, change: _Change) -> bool:
    return old.master != new.master or old.master in change.other_mode


def _unplug(change: _Change) -> Iterator[Operation]:
    for old, new in change.pairs:
        if old.master and old.master not in change.stale and _moves(old, new, change):
            yield SetMaster(new.name, "")


def _functions(change: _Change) -> Iterator[Operation]:
    """Early: the NIC begins anew, and links vanish and come, of which the next look tells. It is up before: the
    driver of a function that finds its NIC down (igbvf) gets no VLANs set later, and so no port of a bridge."""
    for old, new in change.pairs:
        if new.vfs is not None and old.vfs not in (None, new.vfs):
            if new.vfs and new.up and not old.up:
                yield SetLinkUp(new.name, True)
            yield SetNumVfs(new.name, new.vfs)


def _link_options(change: _Change) -> Iterator[Operation]:
    for old, new in change.pairs:
        data = {key: new.data[key] for key in new.data if key in _differing(old.data, new.data)}
        if not data or new.kind not in MADE:
            continue
        if _MODE in data:
            yield SetLinkUp(new.name, False)
        off = {key: data.pop(key) for key in _DELAYS if data.get(key) == 0}
        for part in (off, data):
            if part:
                yield SetLinkOptions(new.name, new.kind, part)


def _sysctls(change: _Change) -> Iterator[Operation]:
    for old, new in (*change.pairs, *((Link(link.name), link) for link in change.made)):
        yield from (SetSysctl(new.name, key, new.sysctls[key]) for key in sorted(_differing(old.sysctls, new.sysctls)))


def _plug(change: _Change) -> Iterator[Operation]:
    for old, new in (*change.pairs, *((Link(link.name), link) for link in change.made)):
        master = change.masters.get(new.master)
        if master is not None and (_moves(old, new, change) or old.master in change.stale):
            if master.kind == "bond" and old.up:
                yield SetLinkUp(new.name, False)
            yield SetMaster(new.name, new.master)


def _ports(change: _Change) -> Iterator[Operation]:
    """A port that was just plugged in begins with what the kernel gives it, which the next look tells."""
    for old, new in (*change.pairs, *((link, link) for link in change.made)):
        fresh = old is new or _moves(old, new, change) or old.master in change.stale
        master = change.masters.get(new.master)
        in_bridge = master is not None and master.kind == "bridge"
        port = {key: new.port[key] for key in new.port if fresh or key in _differing(old.port, new.port)}
        if port and master is not None:
            yield SetLinkOptions(new.name, f"{master.kind}_slave", port)
        if new.vlans is not None and (in_bridge or new.kind == "bridge"):
            before = {} if fresh else old.vlans or {}
            let = {tag: flags for tag, flags in new.vlans.items() if before.get(tag) != flags}
            without = tuple(tag for tag in before if tag not in new.vlans)
            if let or without:
                yield SetBridgeVlans(new.name, let, without, itself=new.kind == "bridge")


def _plain(change: _Change) -> Iterator[Operation]:
    order = {link.name: number for number, link in enumerate(in_order(change.masters.values()))}
    both = (*change.pairs, *((Link(link.name, mac=link.mac), link) for link in change.made))
    for old, new in sorted(both, key=lambda pair: order[pair[1].name]):
        master = change.masters.get(new.master)
        in_bond = master is not None and master.kind == "bond"  # which gives it its MAC and MTU
        wanted = SetLinkAttributes(
            new.name,
            mac=None if in_bond or new.mac == old.mac else new.mac,
            mtu=None if in_bond or new.mtu == old.mtu else new.mtu,
            alias=None if new.alias == old.alias or (old.alias is None and not new.alias) else new.alias,
        )
        if wanted != SetLinkAttributes(new.name):
            yield wanted


def _turn(change: _Change) -> Iterator[Operation]:
    """Up from below; what was taken down on the way comes up again."""
    was_up = {old.name for old, new in change.pairs if old.up and not _taken_down(old, new, change)}
    ordered = [link for link in in_order(change.masters.values()) if link.name in change.there]
    yield from (SetLinkUp(link.name, True) for link in ordered if link.up and link.name not in was_up)
    yield from (SetLinkUp(link.name, False) for link in reversed(ordered) if not link.up and link.name in was_up)


def _taken_down(old: Link, new: Link, change: _Change) -> bool:
    """Whether plugging it in or changing its mode took it down; a bond brings its ports up itself."""
    return new.name in change.other_mode


def _addresses(now: KernelState, desired: KernelState, change: _Change) -> Iterator[Operation]:
    left = [a for a in now.addresses if a.link not in change.stale]
    for address in desired.addresses:
        if address not in left and address.link in change.there:
            yield SetAddress(address, True)


def _routes(now: KernelState, desired: KernelState, change: _Change) -> Iterator[Operation]:
    """Those on the link first: the others' gateways are found by them."""
    left = [path for path in now.routes if not path.links & change.stale]
    missing = [path for path in desired.routes if path not in left and path.links <= change.there]
    yield from (SetRoute(path, True) for path in sorted(missing, key=lambda path: bool(path.gateway or path.hops)))
