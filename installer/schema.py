"""The JSON Schema of `answers.toml`, for editors: made from `Answers`, whose fields have the descriptions. Pure."""

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from typing import Any, get_args, get_origin

import msgspec

from installer.answers import Answers

Schema = dict[str, Any]

_TYPES: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    IPv4Address: {"type": "string", "format": "ipv4"},
    IPv6Address: {"type": "string", "format": "ipv6"},
    IPv4Address | IPv6Address: {"anyOf": [{"type": "string", "format": f"ipv{version}"} for version in (4, 6)]},
    IPv4Interface: {"type": "string", "pattern": r"^[0-9.]+/[0-9]{1,2}$"},
    IPv6Interface: {"type": "string", "pattern": r"^[0-9A-Fa-f:.]+/[0-9]{1,3}$"},
}
_KEYWORDS = {"ge": "minimum", "le": "maximum", "description": "description", "examples": "examples"}


def answers_schema() -> Schema:
    """Of a whole file (JSON Schema 2020-12). A key that is not known is refused, as reading does."""
    title = "Answers of an installation of Trivet"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **_struct(Answers)}


def _struct(kind: type[msgspec.Struct]) -> Schema:
    fields = msgspec.structs.fields(kind)
    return {
        "type": "object",
        "properties": {field.name: _field(field) for field in fields},
        "required": [field.name for field in fields if field.required],
        "additionalProperties": False,
    }


def _field(field: msgspec.structs.FieldInfo) -> Schema:
    """TOML has no null: a field without a value is left out, and says no default."""
    default = {"default": field.default} if isinstance(field.default, str | int) else {}
    return _schema(field.type) | default


def _schema(kind: Any) -> Schema:
    if type(None) in get_args(kind):
        (kind,) = (one for one in get_args(kind) if one is not type(None))
    noted = [one for one in getattr(kind, "__metadata__", ()) if isinstance(one, msgspec.Meta)]
    base = get_args(kind)[0] if hasattr(kind, "__metadata__") else kind
    schema = _base(base)
    for meta in noted:
        schema |= {word: value for name, word in _KEYWORDS.items() if (value := getattr(meta, name)) is not None}
        schema |= _lengths(meta, "Items" if get_origin(base) is tuple else "Length") | (meta.extra_json_schema or {})
    return schema


def _base(base: Any) -> Schema:
    if get_origin(base) is tuple:
        return {"type": "array", "items": _schema(get_args(base)[0])}
    if isinstance(base, type) and issubclass(base, StrEnum):
        return {"enum": list(base)}
    if isinstance(base, type) and issubclass(base, msgspec.Struct):
        return _struct(base)
    return dict(_TYPES[base])


def _lengths(meta: msgspec.Meta, of_what: str) -> Schema:
    lengths = {f"min{of_what}": meta.min_length, f"max{of_what}": meta.max_length}
    return {word: length for word, length in lengths.items() if length is not None}
