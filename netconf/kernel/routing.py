"""Which routes and rules the kernel is to have when the desired state is reached; pure."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_address, ip_network

from netconf.kernel.state import KernelRoute, KernelState, Raw, RoutingRule
from netconf.model import MAIN_TABLE, NetworkState, Route, Rule
from netconf.planning.matching import fulfils, is_gone_rule

# From linux/rtnetlink.h and linux/fib_rules.h.
_STATIC, _UNICAST, _SCOPE_GLOBAL, _SCOPE_LINK = 4, 1, 0, 253
_ACTIONS = {None: 1, "blackhole": 6, "unreachable": 7, "prohibit": 8}
_LENT = (9, 16)  # RTPROT_RA, RTPROT_DHCP
_METRIC_6 = 1024  # the kernel's own
_FIRST_PRIORITY = 30000  # before the main table, after what is usually given


def routes(
    desired: NetworkState, now: KernelState, reachable: KernelState, stays: Callable[[KernelRoute], bool]
) -> tuple[KernelRoute, ...]:
    """`reachable` are the links and addresses that the host will have, `stays` tells which routes are still desired
    or nobody's configuration."""
    remaining = tuple(
        _with_onlink(path, reachable) for path in now.routes if stays(path) and _can_stay(path, reachable)
    )
    return (*remaining, *_new_routes(desired, remaining, reachable))


def rules(desired: NetworkState, observed: NetworkState, now: KernelState) -> tuple[RoutingRule, ...]:
    return (*_remaining_rules(desired, now), *_new_rules(desired, observed))


def _can_stay(path: KernelRoute, reachable: KernelState) -> bool:
    if path.in_the_kernels_name and not any(address.explains(path) for address in reachable.addresses):
        return False
    if path.protocol in _LENT and not _is_reached(path, reachable):
        return False
    return all(_carries(name, path, reachable) for name in path.links)


def _with_onlink(path: KernelRoute, reachable: KernelState) -> KernelRoute:
    """One of ours whose gateway is in no network of its interface any more is made as a new one would be."""
    return path if path.shown is None or _is_reached(path, reachable) else replace(path, onlink=True)


def _carries(name: str, path: KernelRoute, reachable: KernelState) -> bool:
    """Without any address of its family the kernel takes an interface out of the routes."""
    link = reachable.link(name)
    version_6_on = path.version == 6 and link is not None and link.sysctls.get("disable_ipv6") != "1"
    held = any(a.link == name and a.version == path.version for a in reachable.addresses)
    return link is not None and link.up and (held or version_6_on or path.onlink)


def _is_reached(path: KernelRoute, reachable: KernelState) -> bool:
    return not path.gateway or path.onlink or _is_near(path.gateway, path.link, reachable)


def _is_near(gateway: str, name: str, reachable: KernelState) -> bool:
    """Whether an address of the interface leads to the gateway."""
    ip = ip_address(gateway)
    near = (
        ip_network(f"{a.peer or a.ip}/{a.prefix_length}", strict=False) for a in reachable.addresses if a.link == name
    )
    return ip.is_link_local or any(ip in network for network in near if network.version == ip.version)


def _new_routes(
    desired: NetworkState, remaining: tuple[KernelRoute, ...], reachable: KernelState
) -> Iterator[KernelRoute]:
    taken = {(p.to, p.to_length, p.table, p.metric, p.version) for p in remaining}
    for route in desired.routes or ():
        if any(path.shown is not None and fulfils(path.shown, route) for path in remaining):
            continue
        path = _path(route, reachable)
        while route.metric is None and (path.to, path.to_length, path.table, path.metric, path.version) in taken:
            path = replace(path, metric=path.metric + 1)
        taken.add((path.to, path.to_length, path.table, path.metric, path.version))
        yield path


def _path(route: Route, reachable: KernelState) -> KernelRoute:
    network = ip_network(route.destination)
    everywhere = network.prefixlen == 0
    default = _METRIC_6 if network.version == 6 else 0
    direct = not route.next_hop and network.version == 4
    return KernelRoute(
        version=network.version,
        to="" if everywhere else str(network.network_address),
        to_length=network.prefixlen,
        table=route.table or MAIN_TABLE,
        metric=(route.metric or default) if network.version == 6 else (route.metric or 0),
        protocol=_STATIC,
        scope=_SCOPE_LINK if direct else _SCOPE_GLOBAL,
        type=_UNICAST,
        gateway=route.next_hop,
        link=route.interface,
        onlink=bool(route.next_hop) and not _is_near(route.next_hop, route.interface, reachable),
    )


def _remaining_rules(desired: NetworkState, now: KernelState) -> Iterator[RoutingRule]:
    yield from (c for c in now.rules if c.shown is None or not is_gone_rule(c.shown, desired))


def _new_rules(desired: NetworkState, observed: NetworkState) -> Iterator[RoutingRule]:
    for number, rule in enumerate(desired.rules or ()):
        if not any(rule.matches(other) for other in observed.rules or ()):
            yield RoutingRule(rule.family or 4, _fields(rule, _FIRST_PRIORITY + number))


def _fields(rule: Rule, priority: int) -> dict[str, Raw]:
    """As the kernel shows it afterwards, so that the next look finds nothing to do."""
    found: dict[str, Raw] = {"src_len": 0, "dst_len": 0, "tos": 0, "action": _ACTIONS[rule.action]}
    for key, end in (("src", rule.source), ("dst", rule.destination)):
        if end is not None:
            network = ip_network(end)
            found |= {f"FRA_{key.upper()}": str(network.network_address), f"{key}_len": network.prefixlen}
    more = (
        ("FRA_IIFNAME", rule.incoming),
        ("FRA_FWMARK", rule.fwmark),
        ("FRA_FWMASK", rule.fwmask if rule.fwmask is not None else rule.fwmark and 2**32 - 1),
        ("FRA_PRIORITY", priority if rule.priority is None else rule.priority),
        ("FRA_TABLE", rule.table or 0),
    )
    found |= {key: value for key, value in more if value is not None}
    return found | {"FRA_PROTOCOL": _STATIC, "FRA_SUPPRESS_PREFIXLEN": 2**32 - 1}
