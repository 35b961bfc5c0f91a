"""Puts what the nodes say in the place of values that no database has: the ids of the objects of which it holds."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hosted_engine.engine.entity.registry import record_of
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.search.question import AnyOf, Comparison, Like, OneOf, Order, Present, Question, Range, Test
from hosted_engine.engine.search.terms import Observed, Own, Step

if TYPE_CHECKING:
    from hosted_engine.engine.entity.declaration import Entity


def ground(question: Question, entity: "Entity[Any]", tx: Transaction, readings: Readings) -> Question:
    """`question`, without a value that is only observed."""

    def values(leaf: Observed, steps: tuple[Step, ...]) -> Sequence[tuple[Any, str]]:
        model = record_of(steps[-1].table if steps else entity.table).model
        gathered = (leaf.gather(tx),) if leaf.gather is not None else ()
        objects = tx.of(model)
        asked = objects.list() if leaf.known is None else objects.find(leaf.known(readings)).values()
        return [(leaf.of(item, readings, *gathered), item.id) for item in asked]

    def test(one: Test) -> Test:
        if not isinstance(one.value, Observed):
            return one
        ids = tuple(id_ for value, id_ in values(one.value, one.steps) if matches(one.comparison, value))
        return replace(one, value=Own("id"), comparison=OneOf(ids))

    def order(one: Order) -> Order:
        if not isinstance(one.value, Observed):
            return one
        known = [(value, id_) for value, id_ in values(one.value, one.steps) if value is not None]
        places = dict(one.ranks) or {value: place for place, value in enumerate(sorted({value for value, _ in known}))}
        return replace(one, value=Own("id"), ranks=tuple((id_, places[value]) for value, id_ in known))

    def any_of(one: AnyOf) -> AnyOf:
        return replace(one, tests=tuple(map(test, one.tests)))

    alternatives = tuple(tuple(map(any_of, all_of)) for all_of in question.alternatives)
    return replace(question, alternatives=alternatives, order=tuple(map(order, question.order)))


def matches(comparison: Comparison, value: Any) -> bool:
    """Nothing is known of None: it compares with nothing."""
    if value is None:
        return False
    several = value if isinstance(value, tuple) else (value,)
    match comparison:
        case Like(pattern, case_sensitive):
            return any(_is_like(one, pattern, case_sensitive=case_sensitive) for one in several)
        case OneOf(values):
            return value in values
        case Present():
            return True
        case Range(least, most, least_in, most_in):
            above = least is None or value > least or (least_in and value == least)
            return above and (most is None or value < most or (most_in and value == most))


def _is_like(text: str, pattern: str, *, case_sensitive: bool) -> bool:
    parts = map(re.escape, (pattern if case_sensitive else pattern.lower()).split("*"))
    return re.fullmatch(".*".join(parts), text if case_sensitive else text.lower(), re.DOTALL) is not None
