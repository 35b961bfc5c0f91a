"""Which routes and rules a wish speaks of; pure."""

from dataclasses import replace

from netconf.model import NetworkState, Route, Rule


def fulfils(route: Route, wish: Route) -> bool:
    """A wish without metric is fulfilled by any."""
    return route == wish or (wish.metric is None and replace(route, metric=None) == wish)


def missing(desired: NetworkState, observed: NetworkState) -> tuple[Route, ...]:
    """Of the routes that are wished for."""
    there = observed.routes or ()
    return tuple(wish for wish in desired.routes or () if not any(fulfils(route, wish) for route in there))


def is_gone(route: Route, desired: NetworkState) -> bool:
    """Whether the wish says that it goes, and not also that it stays."""
    kept = any(fulfils(route, wish) for wish in desired.routes or ())
    return not kept and any(match.matches(route) for match in desired.gone)


def is_gone_rule(rule: Rule, desired: NetworkState) -> bool:
    kept = any(wish.matches(rule) for wish in desired.rules or ())
    return not kept and any(match.matches(rule) for match in desired.gone_rules)


def gives_way(route: Route, wish: NetworkState) -> bool:
    """A wished-for route replaces those to the same place, unless both have metrics that tell them apart."""
    return is_gone(route, wish) or any(r.metric in (None, route.metric) for r in rivals(route, wish))


def rivals(route: Route, wish: NetworkState) -> tuple[Route, ...]:
    place = (route.destination, route.table, route.interface)
    return tuple(r for r in wish.routes or () if (r.destination, r.table, r.interface) == place)
