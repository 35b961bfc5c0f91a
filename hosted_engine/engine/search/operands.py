"""What stands behind an operator, as a comparison with the value of a word; in bounds of what the word can be."""

import re
import unicodedata
from dataclasses import replace

from hosted_engine.engine.search import dates
from hosted_engine.engine.search.model import Operator
from hosted_engine.engine.search.question import Comparison, Like, OneOf, Present, Range
from hosted_engine.engine.search.terms import Kind
from hosted_engine.engine.search.vocabulary import Word, plain

_EQUALITY = frozenset({Operator.EQUAL, Operator.NOT_EQUAL})
_NUMBER = re.compile(r"[+-]?[0-9]{1,300}(\.[0-9]{1,300})?", re.ASCII)
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")
_NOTHING = ("empty", "null")
_LARGEST = 1 << 62  # what every database can hold


def operators(word: Word) -> frozenset[Operator]:
    """Words of an enumeration have an order where oVirt compares them: the one in which they are declared."""
    if word.kind in (Kind.TEXT, Kind.BOOLEAN, Kind.ID):
        return _EQUALITY
    return frozenset(Operator)


def comparison(
    word: Word, operator: Operator, text: str, *, quoted: bool, now: float, case_sensitive: bool
) -> tuple[Comparison, bool]:
    """And whether it is to be negated. Raises ValueError with the reason, in words."""
    negated = operator is Operator.NOT_EQUAL
    text = unicodedata.normalize("NFC", text)
    if not quoted and text.lower() in _NOTHING and operator in _EQUALITY:
        return Present(), not negated
    return _comparison(word, operator, text, now, case_sensitive), negated


def _comparison(word: Word, operator: Operator, text: str, now: float, case_sensitive: bool) -> Comparison:
    match word.kind:
        case Kind.TEXT:
            return Like(word.rewrite(text) if word.rewrite else text, case_sensitive)
        case Kind.BOOLEAN:
            return OneOf((_boolean(text),))
        case Kind.ID:
            return OneOf((_identity(text),))
        case Kind.WORD:
            return OneOf(_members(word, operator, text))
        case Kind.NUMBER:
            return _numbers(operator, text, word.unit)
        case Kind.DATE:
            return _dates(operator, text, now)
        case Kind.SPAN:
            return _since(operator, text, now)


def _boolean(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError(f"{text!r} is neither true nor false")


def _identity(text: str) -> str:
    if not _ID.fullmatch(text.lower()):
        raise ValueError(f"{text!r} is no id, as 123e4567-e89b-12d3-a456-426614174000 is one")
    return text.lower()


def _members(word: Word, operator: Operator, text: str) -> tuple[str, ...]:
    if plain(text) not in word.values:
        raise ValueError(f"{text!r} is not among the values: {', '.join(word.spelled)}")
    value = word.values[plain(text)]
    if operator in _EQUALITY:
        return (value,) if value is not None else ()
    if value is None:
        raise ValueError(f"nothing is {text} here, nor more or less than that")
    place = word.spelled.index(value)
    before, after = word.spelled[:place], word.spelled[place + 1 :]
    same = (value,) if operator in (Operator.LESS_OR_EQUAL, Operator.GREATER_OR_EQUAL) else ()
    return same + (before if operator in (Operator.LESS, Operator.LESS_OR_EQUAL) else after)


def _numbers(operator: Operator, text: str, unit: int) -> Range:
    """What lies between two whole units counts as the lower one, when whole units are asked for."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is no number")
    if "." in text:
        number = _in_bounds(float(text) * unit)
        return _range(operator, number, number)
    number = int(text) * unit
    return _range(operator, _in_bounds(number), _in_bounds(number + unit - 1))


def _range(operator: Operator, first: float, last: float) -> Range:
    """Of the values that equal what was said, the `first` and the `last`."""
    match operator:
        case Operator.LESS:
            return Range(most=first, most_in=False)
        case Operator.LESS_OR_EQUAL:
            return Range(most=last, most_in=True)
        case Operator.GREATER:
            return Range(least=last, least_in=False)
        case Operator.GREATER_OR_EQUAL:
            return Range(least=first)
        case _:
            return Range(first, last, most_in=True)


def _in_bounds(number: float) -> float:
    return max(-_LARGEST, min(_LARGEST, number))


def _dates(operator: Operator, text: str, now: float) -> Range:
    """oVirt compares with the begin of a day, but for `=`: that is all of it."""
    try:
        start, end = dates.moment(text, now)
    except (ValueError, OverflowError):
        raise ValueError(
            f'{text!r} is no date, as 2026-11-30, "2026-11-30T12:00:00", 11/30/2026, Today or Monday are'
        ) from None
    if operator in _EQUALITY:
        return Range(start, end)
    return _range(operator, start, start)


def _since(operator: Operator, text: str, now: float) -> Range:
    """The longer ago, the earlier it was."""
    try:
        seconds = dates.span(text)
    except ValueError:
        raise ValueError(f"{text!r} is no span of time, as 1.12:30:00 (days.hours:minutes:seconds) is one") from None
    found = _range(operator, seconds, seconds)
    least = now - found.most if found.most is not None else None
    most = now - found.least if found.least is not None else None
    return replace(found, least=least, most=most, least_in=found.most_in, most_in=found.least_in)
