"""Answers as the TOML file that they were read from, comments apart: `parse(format_answers(a)) == a`. Pure."""

import json
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface

import msgspec

from hosted_engine.deploy.answers import Answers


def format_answers(answers: Answers) -> str:
    """What stands at its default is left out."""
    engine = {"name": answers.engine.name, "address": answers.engine.address} | changed_fields(answers.engine)
    parts = [format_fields({"site": answers.site} | changed_fields(answers)), "\n[engine]\n" + format_fields(engine)]
    for node in answers.nodes:
        fields = {field: getattr(node, field) for field in node.__struct_fields__}
        parts.append("\n[[nodes]]\n" + format_fields(fields))
    return "".join(parts)


def changed_fields(struct: msgspec.Struct) -> dict[str, object]:
    """The optional fields that are not as they are by default."""
    return {
        field.name: value
        for field in msgspec.structs.fields(struct)
        if not field.required and (value := getattr(struct, field.name)) != field.default
    }


def format_fields(fields: Mapping[str, object]) -> str:
    """A line of TOML each."""
    return "".join(f"{name} = {_value(value)}\n" for name, value in fields.items())


def _value(value: object) -> str:
    match value:
        case str() | IPv4Address() | IPv4Interface() | IPv6Address() | IPv6Interface():
            return _text(str(value))
        case tuple() | list():
            return f"[{', '.join(map(_value, value))}]"
        case msgspec.Struct():
            inner = ", ".join(f"{name} = {_value(getattr(value, name))}" for name in value.__struct_fields__)
            return f"{{ {inner} }}"
    return str(value)


def _text(text: str) -> str:
    """TOML's basic strings are JSON's, but for one character that JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
