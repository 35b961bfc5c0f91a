"""Answers as `answers.toml`: `read(format_answers(a)) == a`, and a draft as what it would be so far. Pure."""

from collections.abc import Mapping

import msgspec

from hosted_engine.deploy.format_answers import changed_fields, format_fields
from installer.answers import Answers


def format_answers(answers: Answers) -> str:
    """What stands at its default is left out."""
    tables: dict[str, msgspec.Struct] = {name: getattr(answers, name) for name in answers.__struct_fields__}
    return format_document({name: _required(table) | changed_fields(table) for name, table in tables.items()})


def format_document(document: Mapping[str, Mapping[str, object]]) -> str:
    """`document` as TOML gives it; a table in which nothing stands is left out."""
    return "\n".join(f"[{name}]\n{format_fields(fields)}" for name, fields in document.items() if fields)


def _required(table: msgspec.Struct) -> dict[str, object]:
    return {field.name: getattr(table, field.name) for field in msgspec.structs.fields(table) if field.required}
