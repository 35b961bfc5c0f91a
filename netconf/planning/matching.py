"""Which routes and rules a desired state speaks of; pure."""

from dataclasses import replace

from netconf.model import NetworkState, Route, Rule


def fulfils(route: Route, desired: Route) -> bool:
    """A desired state without metric is fulfilled by any."""
    return route == desired or (desired.metric is None and replace(route, metric=None) == desired)


def missing(desired: NetworkState, observed: NetworkState) -> tuple[Route, ...]:
    """Of the routes that are desired."""
    there = observed.routes or ()
    return tuple(wanted for wanted in desired.routes or () if not any(fulfils(route, wanted) for route in there))


def is_gone(route: Route, desired: NetworkState) -> bool:
    """Whether the desired state says that it goes, and not also that it stays."""
    kept = any(fulfils(route, wanted) for wanted in desired.routes or ())
    return not kept and any(match.matches(route) for match in desired.gone)


def is_gone_rule(rule: Rule, desired: NetworkState) -> bool:
    kept = any(wanted.matches(rule) for wanted in desired.rules or ())
    return not kept and any(match.matches(rule) for match in desired.gone_rules)


def is_replaced(route: Route, desired: NetworkState) -> bool:
    """A desired route replaces those to the same place, unless both have metrics that tell them apart."""
    return is_gone(route, desired) or any(r.metric in (None, route.metric) for r in rivals(route, desired))


def rivals(route: Route, desired: NetworkState) -> tuple[Route, ...]:
    place = (route.destination, route.table, route.interface)
    return tuple(r for r in desired.routes or () if (r.destination, r.table, r.interface) == place)
