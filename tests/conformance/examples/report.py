"""Turns outcomes into a table and totals. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

from tests.conformance.examples.case import Outcome, Verdict


def totals(outcomes: Iterable[Outcome]) -> str:
    counted = Counter(outcome.verdict for outcome in outcomes)
    return ", ".join(f"{counted[verdict]} {verdict}" for verdict in Verdict)


def table(outcomes: Sequence[Outcome]) -> str:
    width = max((len(outcome.name) for outcome in outcomes), default=0)
    lines = [f"{one.name:{width}}  {one.verdict:7}  {one.seconds:5.1f} s  {one.reason}".rstrip() for one in outcomes]
    return "\n".join([*lines, f"{len(outcomes)}: {totals(outcomes)}"])


def markdown(outcomes: Sequence[Outcome]) -> str:
    """The totals, and the names of those that are true; tasks of a module (`ovirt_tag/0`) on one line."""
    numbers: dict[str, list[str]] = {}
    for one in outcomes:
        if one.verdict is Verdict.TRUE:
            module, _, number = one.name.partition("/")
            numbers.setdefault(module, []).extend([number] if number else [])
    names = (f"`{name}`" + (f" {' '.join(of)}" if of else "") for name, of in numbers.items())
    return f"| {len(outcomes)} | {totals(outcomes)} | {', '.join(names)} |"
