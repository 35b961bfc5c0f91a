"""Answers as the TOML file that they were read from, comments apart: `parse(format_answers(a)) == a`. Pure."""

import json
from ipaddress import IPv4Address, IPv4Interface

import msgspec

from hosted_engine.deploy.answers import Answers


def format_answers(answers: Answers) -> str:
    """What stands at its default is left out."""
    engine = {"name": answers.engine.name, "address": answers.engine.address} | _changed(answers.engine)
    parts = [_lines({"site": answers.site} | _changed(answers)), "\n[engine]\n" + _lines(engine)]
    for node in answers.nodes:
        fields = {field: getattr(node, field) for field in node.__struct_fields__}
        parts.append("\n[[nodes]]\n" + _lines(fields))
    return "".join(parts)


def _changed(struct: msgspec.Struct) -> dict[str, object]:
    """The optional fields that are not as they are by default."""
    return {
        field.name: value
        for field in msgspec.structs.fields(struct)
        if not field.required and (value := getattr(struct, field.name)) != field.default
    }


def _lines(fields: dict[str, object]) -> str:
    return "".join(f"{name} = {_value(value)}\n" for name, value in fields.items())


def _value(value: object) -> str:
    match value:
        case str() | IPv4Address() | IPv4Interface():
            return _text(str(value))
        case tuple():
            return f"[{', '.join(map(_value, value))}]"
        case msgspec.Struct():
            inner = ", ".join(f"{name} = {_value(getattr(value, name))}" for name in value.__struct_fields__)
            return f"{{ {inner} }}"
    return str(value)


def _text(text: str) -> str:
    """TOML's basic strings are JSON's, but for one character that JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
