"""Explains the network in sentences: an interface, the way that packets take, how the last change ended."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from netconf.change_store import Ended, Pending
from netconf.errors import Refused
from netconf.kernel.lookup import RouteLookup, lookup_route
from netconf.model import MAIN_TABLE, Interface, IpConfig, LinkState, LinkType, NetworkState, Route, Rule
from netconf.planning.completion import VIRTUAL
from netconf.planning.plan import Step
from netconf.planning.sriov import format_count


class NoSuchPlace(Refused):
    what = "Cannot explain {what}"
    why = "it is no interface of this host, no IP address and no name that can be resolved"
    mend = "Interfaces are {there}"


def why_change(pending: Pending | None, last: Ended | None, drift: Sequence[Step] | None) -> list[str]:
    """`drift` None: nothing was ever confirmed."""
    lines = []
    if pending is not None:
        lines.append(f"A change waits to be confirmed, {pending.left_s:.0f} s more; then it goes back by itself:")
        lines += [f"  {says}" for says in pending.descriptions]
    if last is not None:
        when = datetime.fromtimestamp(last.at).astimezone().isoformat(" ", "seconds")
        lines.append(f"The last change was {'kept' if last.confirmed else 'not kept'} ({when}): {last.why}")
        lines += [f"  {says}" for says in last.descriptions]
    if pending is None and last is None:
        lines.append("No change of the network is known of")
    if drift:
        lines.append("The network differs from what was confirmed last. To be so again:")
        lines += [f"  {step.description}" for step in drift]
    elif drift is not None:
        lines.append("The network does not differ from what was confirmed last")
    return lines


def why_interface(interface: Interface, state: NetworkState, drift: Sequence[Step]) -> list[str]:
    lines = [
        f"{interface.name} is {_a(interface)}",
        *_stands(interface, state),
        _carrier(interface),
        *_ip("IPv4", interface.ipv4),
        *_ip("IPv6", interface.ipv6),
        *(f"Route {_route(route)}" for route in state.routes or () if route.interface == interface.name),
    ]
    if (mtu := _narrowest(interface, state)) is not None:
        lines.append(mtu)
    lines += [f"Differs from what was confirmed: {step.description}" for step in drift if step.name == interface.name]
    return lines


async def why_destination(
    what: str, state: NetworkState, *, route_lookup: Callable[[str], RouteLookup | str] = lookup_route
) -> list[str]:
    """`what` is an address or a name. Raises NoSuchPlace."""
    lines, address = [], what
    try:
        ipaddress.ip_address(what)
    except ValueError as err:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(what, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            there = ", ".join(i.name for i in state.interfaces)
            raise NoSuchPlace(what=what, there=there) from err
        address = str(found[0][4][0])
        lines.append(f"{what} is {address}")
    return lines + _explain_route(address, await asyncio.to_thread(route_lookup, address), state)


def _explain_route(address: str, found: RouteLookup | str, state: NetworkState) -> list[str]:
    if isinstance(found, str):
        return [f"There is no way to {address}: {found}", *_tables(state)]
    if found.kind == "here":
        return [f"{address} is this host itself"]
    if found.kind:
        return [f"Packets to {address} are dropped by a route or rule ({found.kind})", *_tables(state)]
    table = f", by table {found.table}" if found.table not in (0, MAIN_TABLE) else ""
    source = f", from {found.source}" if found.source else ""
    over = f" over the gateway {found.next_hop}" if found.next_hop else " directly"
    lines = [f"Packets to {address} leave by {found.interface}{over}{source}{table}"]
    near = found.next_hop or address
    lines.append(f"{near} on the link: {found.neighbour or 'not asked for yet'}")
    interface = state.interface(found.interface)
    return lines if interface is None else [*lines, _carrier(interface)]


def _tables(state: NetworkState) -> list[str]:
    defaults = [r for r in state.routes or () if r.destination in ("0.0.0.0/0", "::/0")]
    known = [f"Default route {_route(route)}" for route in defaults] or ["There is no static default route"]
    return [*known, *(f"Rule {_rule(rule)}" for rule in state.rules or ())]


def _a(interface: Interface) -> str:
    made = interface.type in VIRTUAL or interface.is_pair
    kind = {LinkType.ETHERNET: "an ethernet NIC", LinkType.TUN: "a tap of a VM"}.get(
        interface.type, f"a {interface.type}"
    )
    return f"{kind}, made on this host" if made else kind


def _stands(interface: Interface, state: NetworkState) -> Iterator[str]:
    if interface.controller is not None:
        holder = state.interface(interface.controller)
        kind = f", a {holder.type}" if holder is not None else ""
        yield f"It is a port of {interface.controller}{kind}" + (
            "" if holder is not None and holder.vrf is not None else ": addresses belong there, not here"
        )
    if interface.base is not None:
        yield f"It stands on {interface.base}"
    if interface.is_pair:
        yield f"Its other end is {interface.peer}"
    if interface.vf_of is not None:
        yield f"It is a virtual function of {interface.vf_of}"
    if interface.sriov is not None:
        yield f"It has {format_count(interface.total_vfs)} of {interface.sriov.most} that its hardware can have"
    if interface.ports:
        yield f"Its ports are {', '.join(interface.ports)}"
    above = [i.name for i in state.interfaces if i.base == interface.name]
    if above:
        yield f"On it stand {', '.join(above)}"


def _carrier(interface: Interface) -> str:
    if interface.state is not LinkState.UP:
        return f"{interface.name} is down: nobody has turned it on, or it was turned off"
    if interface.carrier:
        return f"{interface.name} is up and has a link"
    if interface.ports is not None:
        return f"{interface.name} is up but has no link: none of its ports has one"
    if interface.base is not None:
        return f"{interface.name} is up but has no link: look at {interface.base}"
    return f"{interface.name} is up but has no link: the cable, the other end, or both are down"


def _ip(word: str, ip: IpConfig | None) -> Iterator[str]:
    if ip is None or not ip.enabled:
        yield f"{word} is off"
        return
    ways = [way for on, way in ((ip.dhcp, "by DHCP"), (ip.autoconf, "by router advertisements")) if on]
    asks = " and ".join(ways) or "static"
    found = ", ".join(str(address) for address in ip.addresses)
    if found:
        yield f"{word} {found}, {asks}"
    elif ways:
        yield f"{word} is asked for {asks}, and nobody has answered yet"
    else:
        yield f"{word} is on, with link-local addresses only"


def _narrowest(interface: Interface, state: NetworkState) -> str | None:
    below = [
        state.interface(name) for name in (*(interface.ports or ()), *((interface.base,) if interface.base else ()))
    ]
    narrow = [i for i in below if i is not None and i.mtu is not None and i.mtu < (interface.mtu or 0)]
    if narrow:
        return f"Its MTU of {interface.mtu} is more than {narrow[0].name} carries ({narrow[0].mtu})"
    return None if interface.mtu is None else f"Its MTU is {interface.mtu}"


def _route(route: Route) -> str:
    over = f" over {route.next_hop}" if route.next_hop else ""
    metric = f", metric {route.metric}" if route.metric is not None else ""
    table = f", table {route.table}" if route.table != MAIN_TABLE else ""
    return f"{route.destination}{over} on {route.interface}{metric}{table}"


def _rule(rule: Rule) -> str:
    source, target = rule.source or "anywhere", rule.destination or "anywhere"
    return f"{rule.priority}: from {source} to {target}: {rule.action or f'table {rule.table}'}"
