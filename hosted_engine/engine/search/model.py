"""A search as it was meant: which objects, in which order, which page."""

from dataclasses import dataclass
from enum import StrEnum

from node.api.problems import Refused


class Operator(StrEnum):
    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="


@dataclass(frozen=True, slots=True)
class Condition:
    """`field` is in lower case, empty for a bare word, which looks into every text that the object has for it."""

    field: str
    operator: Operator
    value: str


@dataclass(frozen=True, slots=True)
class Query:
    """An object is meant when one of `alternatives` holds, that is when all its conditions hold; none at all means
    every object. `page` counts from 1, 0 means no paging."""

    alternatives: tuple[tuple[Condition, ...], ...] = ()
    sort_by: str = ""
    descending: bool = False
    page: int = 0


class BadSearch(Refused):
    what = "Cannot search for {query}"
    why = "{reason}"
    mend = "Mend the search, for example: name=web* and status=up sortby name asc page 1"
    status = 400
