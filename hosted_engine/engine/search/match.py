"""Picks the objects that a search means out of those that are there."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from hosted_engine.engine.search.glob import matcher
from hosted_engine.engine.search.model import BadSearch, Condition, Operator, Query

T = TypeVar("T")
Value = str | int | float | bool | datetime | None
# What of an object stands under a name: one value, or several of which one has to fit.
Fields = Mapping[str, Callable[[T], Value | Sequence[Value]]]

PAGE_SIZE = 100


def select(
    query: Query,
    items: Iterable[T],
    fields: Fields[T],
    *,
    words_in: Sequence[str] = ("name", "description"),
    limit: int | None = None,
    case_sensitive: bool = False,
) -> list[T]:
    """The objects that are meant, at most `limit` of them (a page's size when the query names a page); a bare word is
    looked for in the fields of `words_in`. Raises BadSearch for a field that is not among `fields`."""
    tests = [[_test(c, fields, words_in, case_sensitive) for c in all_of] for all_of in query.alternatives]
    found = [item for item in items if not tests or any(all(test(item) for test in all_of) for all_of in tests)]
    if query.sort_by:
        get = _getter(query.sort_by, fields)
        found.sort(key=lambda item: _order(get(item)), reverse=query.descending)
    size = limit if limit is not None and limit >= 0 else None
    if query.page:
        size = PAGE_SIZE if size is None else size
        return found[(query.page - 1) * size : query.page * size]
    return found if size is None else found[:size]


def _getter(name: str, fields: Fields[T]) -> Callable[[T], Sequence[Value]]:
    get = fields.get(name)
    if get is None:
        raise BadSearch(query=name, reason=f"there is no field {name} here, only {', '.join(sorted(fields))}")

    def values(item: T) -> Sequence[Value]:
        value = get(item)
        return value if isinstance(value, Sequence) and not isinstance(value, str) else [value]

    return values


def _test(
    condition: Condition, fields: Fields[T], words_in: Sequence[str], case_sensitive: bool
) -> Callable[[T], bool]:
    if not condition.field:
        within = [_getter(name, fields) for name in words_in if name in fields]
        fits_word = _fits(f"*{condition.value}*", case_sensitive)
        return lambda item: any(fits_word(value) for get in within for value in get(item))
    get = _getter(condition.field, fields)
    if condition.operator in (Operator.EQUAL, Operator.NOT_EQUAL):
        fits = _fits(condition.value, case_sensitive)
        wanted = condition.operator is Operator.EQUAL
        return lambda item: any(fits(value) for value in get(item)) is wanted
    return lambda item: any(_compares(value, condition) for value in get(item))


def _fits(wanted: str, case_sensitive: bool) -> Callable[[Value], bool]:
    matches = matcher(wanted, case_sensitive=case_sensitive)

    def fits(value: Value) -> bool:
        if value is None:
            return False
        if isinstance(value, str):
            return matches(value)
        return _same_kind(wanted, value) == value or matches(_text(value))

    return fits


def _compares(value: Value, condition: Condition) -> bool:
    other = _same_kind(condition.value, value)
    if value is None or other is None:
        return False
    sign = (value > other) - (value < other)  # type: ignore[operator]
    match condition.operator:
        case Operator.LESS:
            return sign < 0
        case Operator.LESS_OR_EQUAL:
            return sign <= 0
        case Operator.GREATER:
            return sign > 0
        case _:
            return sign >= 0


def _same_kind(text: str, like: Value) -> Value:
    """`text` as a value of the kind of `like`, None when it is none."""
    try:
        match like:
            case str():
                return text
            case bool():
                return {"true": True, "false": False}.get(text.lower())
            case int() | float():
                return float(text)
            case datetime():
                date = datetime.fromisoformat(text)
                return date if date.tzinfo else date.replace(tzinfo=UTC)
    except ValueError:
        return None
    return None


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _order(values: Sequence[Value]) -> tuple[int, float, str]:
    """Values of any kind in one order: nothing first, then numbers and dates, then text."""
    value = values[0] if values else None
    match value:
        case None:
            return 0, 0.0, ""
        case datetime():
            return 1, value.timestamp(), ""
        case int() | float():
            return 1, float(value), ""
        case _:
            return 2, 0.0, value.casefold()
