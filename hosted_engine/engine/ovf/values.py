"""Values of fields as text in an OVF, and back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hosted_engine.engine.ovf.names import DATE, Name


def to_text(value: Any, name: Name) -> str:
    if name.values:
        return name.values[value]
    if name.is_date:
        return datetime.fromtimestamp(value, tz=UTC).strftime(DATE)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value // name.unit) if name.unit != 1 else str(value)


def from_text(text: str, name: Name) -> Any:
    """As JSON has it; what is no text is converted by whoever knows the field's type. Raises ValueError."""
    if name.values:
        for value, word in name.values.items():
            if word == text:
                return value.value
        raise ValueError(f"{text!r} is no {name.text}")
    if name.is_date:
        return datetime.strptime(text, DATE).replace(tzinfo=UTC).timestamp()
    return int(text) * name.unit if name.unit != 1 else text


def texts(item: Any, names: Mapping[str, Name]) -> dict[str, str]:
    """Of the fields that `item` has and that are not None, by their names in the OVF."""
    values = ((name, getattr(item, field, None)) for field, name in names.items())
    return {name.text: to_text(value, name) for name, value in values if value is not None}


def fields(found: Mapping[str, str], names: Mapping[str, Name]) -> dict[str, Any]:
    """The reverse of `texts`. Raises ValueError."""
    return {field: from_text(found[name.text], name) for field, name in names.items() if name.text in found}
