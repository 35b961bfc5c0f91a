"""What a list asks of the database, with every word understood: no text, no SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hosted_engine.engine.search.terms import Leaf, Step


@dataclass(frozen=True, slots=True)
class Like:
    """`*` in `pattern` stands for any text."""

    pattern: str
    case_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """Between `least` and `most`; None is no bound. `least_in` and `most_in` say whether the bounds belong to it."""

    least: float | None = None
    most: float | None = None
    least_in: bool = True
    most_in: bool = False


@dataclass(frozen=True, slots=True)
class Present:
    """There is a value, and it is no empty text."""


Comparison = Like | OneOf | Range | Present


@dataclass(frozen=True, slots=True)
class Test:
    """Holds of an object when `steps` lead from it to one (of no steps: itself) whose `value` compares so. With `below`
    it counts for all that stand below that one by this field."""

    value: Leaf
    comparison: Comparison
    steps: tuple[Step, ...] = ()
    below: str = ""


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds when one of `tests` does; `negated`: when none does."""

    tests: tuple[Test, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """By the value that `steps` lead to, the least of several; nothing comes first, or last when descending. `ranks`
    are values with their places among each other, for those that have an order of their own. `turned`: the greater the
    value, the less is meant, as with the time since then."""

    value: Leaf
    steps: tuple[Step, ...] = ()
    descending: bool = False
    text: bool = False
    ranks: tuple[tuple[Any, int], ...] = ()
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """Objects for which one of `alternatives` holds, all of it; no alternatives: all objects. `within` are fields that
    equal these values; `after` leaves out all ids up to it. `limit` None is no limit."""

    alternatives: tuple[tuple[AnyOf, ...], ...] = ()
    order: tuple[Order, ...] = ()
    within: Mapping[str, Any] = field(default_factory=dict)
    after: int | None = None
    limit: int | None = None
    offset: int = 0
