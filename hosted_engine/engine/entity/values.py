"""Holds a value to what its field's declaration says of it."""

from typing import Any

from hosted_engine.engine.entity.field import Field
from hosted_engine.engine.problems import BadValue


def normal(place: str, value: Any, field: Field, *, filled: bool = False) -> Any:
    """`value` in normal form; with `filled` a text may not be empty. Raises BadValue, which names `place`."""
    if value is None:
        return None
    if filled and value == "":
        raise BadValue(value="nothing", field=place, reason="it may not be empty")
    if field.rule is not None:
        value = field.rule(value, place)
    if reason := _why_not(value, field):
        shown = repr(value[:80]) if isinstance(value, str) else value
        raise BadValue(value=shown, field=place, reason=reason)
    return value


def _why_not(value: Any, field: Field) -> str | None:
    if field.length is not None and len(value) > field.length:
        return f"it has {len(value)} characters and may have {field.length}"
    if field.least is not None and value < field.least:
        return f"it has to be at least {field.least}"
    if field.most is not None and value > field.most:
        return f"it may be at most {field.most}"
    if field.choices and value not in field.choices:
        return f"it has to be one of {', '.join(field.choices)}"
    return None
