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
    lines = [f"| {one.name} | {one.verdict} | {one.reason.replace('|', '¦')} |" for one in outcomes]
    return "\n".join(["| example | | what is missing first |", "|---|---|---|", *lines, "", totals(outcomes)])
