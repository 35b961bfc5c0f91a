"""From the desired and the observed state to ordered changes, each of which says what it does; empty when already
so."""

from collections.abc import Iterator
from dataclasses import dataclass

from netconf.model import Interface, LinkState, NetworkState, Rule
from netconf.planning.checks import check
from netconf.planning.completion import CABLES, VIRTUAL, complete, is_made
from netconf.planning.differences import differences
from netconf.planning.losses import format_route, losses
from netconf.planning.matching import is_gone_rule, missing
from netconf.planning.order import by_dependency


@dataclass(frozen=True, slots=True)
class Step:
    """One change: to interface `name` (empty for DNS and rules), explained by `description`."""

    name: str
    description: str


def plan(desired: NetworkState, observed: NetworkState) -> tuple[Step, ...]:
    """What has to change so that `observed` fulfils `desired`; pure. Empty when it does already.

    What is made comes first, each after what it stands on (bond, VLAN, bridge), then what is changed, then removals in
    reverse, then what goes with all that. Taps that libvirt plugged into a bridge are no difference. Raises Refused
    when it cannot be done.
    """
    desired = complete(desired, observed)
    check(desired, observed)
    return (
        *(Step(i.name, says) for i in _ordered(desired, observed) for says in differences(i, observed)),
        *(Step(name, says) for name, says in losses(desired, observed)),
        *(Step(route.interface, format_route(route)) for route in missing(desired, observed)),
        *(Step("", f"No longer: {_rule(rule)}") for rule in observed.rules or () if is_gone_rule(rule, desired)),
        *(Step("", _rule(rule)) for rule in _missing_rules(desired, observed)),
        *_dns(desired, observed),
    )


def _ordered(desired: NetworkState, observed: NetworkState) -> tuple[Interface, ...]:
    wanted = sorted(desired.interfaces, key=lambda i: i.type in CABLES)
    made = [i for i in wanted if i.state is not LinkState.ABSENT and (i.type in VIRTUAL or is_made(i, observed))]
    changed = [i for i in wanted if i.state is not LinkState.ABSENT and i not in made]
    removed = {i.name for i in wanted if i.state is LinkState.ABSENT}
    standing = [i for i in reversed(by_dependency(observed.interfaces)) if i.name in removed]
    return (*by_dependency(made), *changed, *(w for i in standing for w in wanted if w.name == i.name))


def _missing_rules(desired: NetworkState, observed: NetworkState) -> Iterator[Rule]:
    for wanted in desired.rules or ():
        if not any(wanted.matches(rule) for rule in observed.rules or ()):
            yield wanted


def _rule(rule: Rule) -> str:
    words = (
        ("from", rule.source),
        ("to", rule.destination),
        ("coming in by", rule.incoming),
        ("marked", rule.fwmark),
        ("with priority", rule.priority),
    )
    text = " ".join(f"{word} {value}" for word, value in words if value is not None)
    ends = f"look up in table {rule.table}" if rule.action is None else str(rule.action)
    return f"Rule for IPv{rule.family} {text}: {ends}"


def _dns(desired: NetworkState, observed: NetworkState) -> Iterator[Step]:
    if desired.dns is None or desired.dns == observed.dns:
        return
    servers = ", ".join(desired.dns.servers) or "no server"
    search = f", searching {', '.join(desired.dns.search)}" if desired.dns.search else ""
    yield Step("", f"Resolve names by {servers}{search}")
