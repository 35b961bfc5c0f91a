"""Objects as they travel: nested dicts by the schema's attribute names, whatever the format around them."""

import re
from datetime import UTC, datetime
from typing import Any

from hosted_engine.rest.problems import BadValue
from hosted_engine.rest.schema import Schema

# name -> str, int, bool, float, datetime (aware), a dict, or a list of these; enums are str; "id" and "href" as names
Wire = dict[str, Any]

SERVICE = "@service"  # an object that carries it gets the links and actions of that service
LINKS = "@links"  # further links: [(rel, href)]
_SHOWN = 80  # characters of a refused text that its fault repeats

_TRUE, _FALSE = ("true", "1"), ("false", "0")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)  # what every database can hold, too


def parse(schema: Schema, text: str, kind: str) -> Any:
    """The value of `kind`, a primitive or an enum, that `text` stands for. Raises BadValue."""
    match kind:
        case "String":
            return text
        case "Integer":
            if not _INTEGER.fullmatch(text):
                raise BadValue(problem=f"The text '{shown(text)}' isn't a valid integer value.")
            return int(text)
        case "Boolean":
            return _boolean(text)
        case "Double":
            return _double(text)
        case "Date":
            return _date(text)
        case _:
            return _enum(schema, text, kind)


def shown(text: str) -> str:
    """`text` as a fault repeats it: its beginning is enough to find it."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def date_text(value: datetime) -> str:
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat(timespec="milliseconds")


def _boolean(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise BadValue(problem=f"The text '{shown(text)}' isn't a valid boolean value.")


def _double(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadValue(problem=f"The text '{shown(text)}' isn't a valid decimal value.") from None


def _date(text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise BadValue(problem=f"The text '{shown(text)}' isn't a valid date value.") from None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _enum(schema: Schema, text: str, kind: str) -> str:
    values = schema.enums[kind]
    if text.lower() not in values:
        problem = f"{shown(text)} is not a member of {kind}. Possible values for {kind} are: {', '.join(values)}"
        raise BadValue(problem=problem)
    return text.lower()
