"""Objects as they travel: nested dicts by the schema's attribute names, whatever the format around them."""

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from hosted_engine.rest.schema import Schema

# name -> str, int, bool, float, datetime (aware), a dict, or a list of these; enums are str; "id" and "href" as names
Wire = dict[str, Any]

SERVICE = "@service"  # an object that carries it gets the links and actions of that service
LINKS = "@links"  # further links: [(rel, href)]
_SHOWN = 80  # characters of a refused text that its fault repeats
_LISTED = 20  # names that a fault lists at most

_TRUE, _FALSE = ("true", "1"), ("false", "0")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)  # what every database can hold, too
_DECIMAL = re.compile(r"[+-]?([0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?", re.ASCII)


class Unfit(ValueError):
    """A text is no value of its kind; the sentence says what it is not and what is allowed, not where it stands."""


def parse(schema: Schema, text: str, kind: str) -> Any:
    """The value of `kind`, a primitive or an enum, that `text` stands for. Raises Unfit."""
    match kind:
        case "String":
            return text
        case "Integer":
            if not _INTEGER.fullmatch(text):
                raise Unfit(f"{quoted(text)} is no integer (a sign if need be, and 1 to 18 digits)")
            return int(text)
        case "Boolean":
            return _boolean(text)
        case "Double":
            return _double(text)
        case "Date":
            return _date(text)
        case _:
            return _enum(schema, text, kind)


def describe(kind: str) -> str:
    """What a single value of `kind` is called in a fault."""
    words = {"String": "a text", "Integer": "an integer", "Boolean": "true or false", "Double": "a decimal number"}
    return words.get(kind, "a date" if kind == "Date" else f"a {kind}")


def shown(text: str) -> str:
    """`text` as a fault repeats it: its beginning is enough to find it."""
    beginning = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return beginning.encode(errors="replace").decode()  # half a surrogate pair can be read and not written


def quoted(text: str) -> str:
    return f'"{shown(text)}"'


def listed(names: Iterable[str]) -> str:
    several = list(names)
    return ", ".join(several if len(several) <= _LISTED else [*several[:_LISTED], "…"])


def date_text(value: datetime) -> str:
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat(timespec="milliseconds")


def _boolean(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise Unfit(f"{quoted(text)} is neither true nor false")


def _double(text: str) -> float:
    value = float(text) if _DECIMAL.fullmatch(text) else math.nan
    if not math.isfinite(value):
        raise Unfit(f"{quoted(text)} is no decimal number, like 1.5")
    return value


def _date(text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise Unfit(f"{quoted(text)} is no date, like 2026-11-20T08:30:00.000+01:00") from None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _enum(schema: Schema, text: str, kind: str) -> str:
    values = schema.enums[kind]
    if text.lower() not in values:
        raise Unfit(f"{quoted(text)} is no {kind}; allowed are {', '.join(values)}")
    return text.lower()
