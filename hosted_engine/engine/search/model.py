"""A search as it was meant: which objects, in which order, which page."""

from dataclasses import dataclass, field
from enum import StrEnum

from node.api.problems import Refused

SHOWN = 200  # characters of a search that its refusal repeats


class Operator(StrEnum):
    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="


def _place() -> int:
    """Where something stands in the text, counted from 1; two searches that mean the same are the same."""
    return field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Condition:
    """`field` is in lower case, empty for a bare word, which looks into every text that the object has for it. `quoted`
    says that the value stood in quotes: then it is no word of the language."""

    field: str
    operator: Operator
    value: str
    quoted: bool = False
    field_at: int = _place()
    operator_at: int = _place()
    value_at: int = _place()


@dataclass(frozen=True, slots=True)
class Query:
    """An object is meant when one of `alternatives` holds, that is when all its conditions hold; none at all means
    every object. `kind` is the word before the colon ("vms"). `page` counts from 1, 0 means no paging."""

    alternatives: tuple[tuple[Condition, ...], ...] = ()
    sort_by: str = ""
    descending: bool = False
    page: int = 0
    kind: str = ""
    kind_at: int = _place()
    sort_at: int = _place()


class BadSearch(Refused):
    """`at` is the character, counted from 1, at which it cannot be understood."""

    what = "Cannot search for {query}"
    why = "at character {at}, {reason}"
    mend = (
        'Mend the search, for example: name=web* and status=up sortby name asc page 1, texts with spaces in quotes (")'
    )
    status = 400


class SearchNotThereYet(BadSearch):
    """oVirt knows it, and this engine has nothing to compare with."""

    status = 501


def bad_search(text: str, at: int, reason: str, *, as_: type[BadSearch] = BadSearch) -> BadSearch:
    """The refusal of `text`, which is repeated as far as it is not too long."""
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return as_(query=shown or "nothing", at=at, reason=reason)
