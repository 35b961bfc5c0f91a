"""The sections `routes` and `route-rules`: what is to be there, and with `state: absent` what is not."""

from collections.abc import Mapping

from netconf.document.reader import (
    Reader,
    as_network,
    short_ip,
    why_bad_host,
    why_bad_ip,
    why_bad_name,
    why_bad_network,
)
from netconf.model import MAIN_TABLE, Route, RouteMatch, Rule, RuleAction

_MOST = 2**32 - 1
_ROUTE = {"destination", "next-hop-address", "next-hop-interface", "metric", "table-id", "state"}
_ROUTE_NOT_YET = {
    *("weight", "route-type", "cwnd", "source", "initcwnd", "initrwnd", "mtu", "quickack", "advmss", "lock-mtu"),
    "vrf-name",
}
_RULE = {
    *("family", "state", "ip-from", "ip-to", "priority", "route-table", "fwmark", "fwmask", "action", "iif"),
}
_FAMILIES = {"ipv4": 4, "ipv6": 6}


def read_routes(section: Reader) -> tuple[tuple[Route, ...] | None, tuple[RouteMatch, ...]]:
    section.only({"config", "running"})
    desired: list[Route] = []
    gone: list[RouteMatch] = []
    for item in section.sections("config"):
        item.only(_ROUTE, _ROUTE_NOT_YET)
        match = _match(item)
        state = item.text("state")
        if state is None:
            desired.append(_route(item, match))
        elif state == "absent":
            gone.append(match)
        elif state != "ignore":
            item.wrong("state", f"{state!r} is none of absent, ignore")
    return (tuple(desired) if desired or not gone else None), tuple(gone)


def render_routes(routes: tuple[Route, ...] | None, gone: tuple[RouteMatch, ...]) -> dict[str, object]:
    absent = [_render_match(match) | {"state": "absent"} for match in gone]
    return {"config": [*absent, *(_render_route(route) for route in routes or ())]}


def read_rules(section: Reader) -> tuple[tuple[Rule, ...] | None, tuple[Rule, ...]]:
    section.only({"config", "running"})
    desired: list[Rule] = []
    gone: list[Rule] = []
    for item in section.sections("config"):
        item.only(_RULE)
        state = item.text("state")
        rule = _rule(item, desired=state is None)
        if state not in (None, "absent"):
            item.wrong("state", f"{state!r} can only be absent")
        (desired if state is None else gone).append(rule)
    return (tuple(desired) if desired or not gone else None), tuple(gone)


def render_rules(rules: tuple[Rule, ...] | None, gone: tuple[Rule, ...]) -> dict[str, object]:
    absent = [_render_rule(rule) | {"state": "absent"} for rule in gone]
    return {"config": [*absent, *(_render_rule(rule) for rule in rules or ())]}


def _match(item: Reader) -> RouteMatch:
    destination = item.checked("destination", why_bad_network)
    metric = item.number("metric", -1, _MOST)
    if metric == 0 and destination is not None and ":" in destination:
        metric = -1  # to IPv6 it is another word for the kernel's own
    return RouteMatch(
        destination=as_network(destination) if destination and not item.wrong_at("destination") else None,
        next_hop=short_ip(item.checked("next-hop-address", why_bad_ip)),
        interface=item.checked("next-hop-interface", why_bad_name),
        metric=None if metric == -1 else metric,  # nmstate's way to say that the backend may choose
        table=item.number("table-id", 0, _MOST) or None,
    )


def _route(item: Reader, match: RouteMatch) -> Route:
    for key in ("destination", "next-hop-interface"):
        item.required(key)
    destination, next_hop = match.destination or "", match.next_hop or ""
    if next_hop and not item.wrong_at("next-hop-address"):
        item.checked("next-hop-address", why_bad_host)
    if destination and next_hop and (":" in destination) != (":" in next_hop):
        item.wrong("next-hop-address", f"{next_hop} is not of the family of {destination}")
    return Route(destination, next_hop, match.interface or "", match.metric, match.table or MAIN_TABLE)


def _rule(item: Reader, *, desired: bool) -> Rule:
    ends = {key: _end(item, key) for key in ("ip-from", "ip-to")}
    versions = {6 if ":" in end else 4 for end in ends.values() if end}
    said = item.choice("family", tuple(_FAMILIES)) if item.has("family") else None
    if said is not None:
        versions.add(_FAMILIES[said])
    if len(versions) > 1:
        item.wrong("family", "ip-from, ip-to and family are not of one family")
    elif not versions and desired:
        item.wrong("family", "is missing: say it, ip-from or ip-to")
    if item.has("fwmask") and not item.has("fwmark"):
        item.wrong("fwmask", "means nothing without fwmark")
    action = item.word("action", RuleAction)
    table = item.number("route-table", 0, _MOST) or None
    priority = item.number("priority", -1, _MOST)
    return Rule(
        family=versions.pop() if len(versions) == 1 else None,
        source=ends["ip-from"],
        destination=ends["ip-to"],
        incoming=item.checked("iif", why_bad_name),
        fwmark=item.number("fwmark", 0, _MOST),
        fwmask=item.number("fwmask", 0, _MOST),
        priority=None if priority == -1 else priority,
        table=MAIN_TABLE if desired and action is None and table is None else table,
        action=action,
    )


def _end(item: Reader, key: str) -> str | None:
    text = item.checked(key, why_bad_network)
    return as_network(text) if text and not item.wrong_at(key) else None


def _without_none(shown: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in shown.items() if value is not None}


def _render_route(route: Route) -> dict[str, object]:
    shown: dict[str, object] = {"destination": route.destination, "next-hop-address": route.next_hop or None}
    more = {"next-hop-interface": route.interface, "metric": route.metric, "table-id": route.table}
    return _without_none(shown | more)


def _render_match(match: RouteMatch) -> dict[str, object]:
    shown: dict[str, object] = {"destination": match.destination, "next-hop-address": match.next_hop}
    more = {"next-hop-interface": match.interface, "metric": match.metric, "table-id": match.table}
    return _without_none(shown | more)


def _render_rule(rule: Rule) -> dict[str, object]:
    return _without_none(
        {
            "family": None if rule.family is None else f"ipv{rule.family}",
            "ip-from": rule.source,
            "ip-to": rule.destination,
            "iif": rule.incoming,
            "fwmark": rule.fwmark,
            "fwmask": rule.fwmask,
            "priority": rule.priority,
            "route-table": rule.table,
            "action": rule.action and rule.action.value,
        }
    )
