"""The objects of an entity that a request asks for."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from hosted_engine.engine.entity.declaration import Entity, Options
from hosted_engine.engine.entity.field import Reference
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.search.match import Fields, select
from hosted_engine.engine.search.parse import parse


def items(tx: Transaction, entity: Entity[Any], options: Options, within: Mapping[str, str]) -> Sequence[Any]:
    """Those within, that `search`, `max` and `case_sensitive` ask for. Raises BadSearch."""
    maximum = options.integer("max")
    return select(
        parse(options.text("search") or ""),
        tx.of(entity.model).list(**within),
        _fields(tx, entity),
        limit=maximum,
        case_sensitive=options.boolean("case_sensitive") or False,
    )


def _fields(tx: Transaction, entity: Entity[Any]) -> Fields[Any]:
    fields: dict[str, Callable[[Any], Any]] = {"id": lambda item: item.id}
    for column in entity.columns.values():
        word = column.field.search
        if word and isinstance(column.field, Reference):
            names = {other.id: other.name for other in tx.of(entity_of(column.field.tables[0]).model).list()}
            for spelling in (word, f"{word}.name", f"{word}s.name"):
                fields[spelling] = _named(column.name, names)
        elif word:
            for spelling in (word, *column.field.also):
                fields[spelling] = _value(column.name, column.field.unit)
    return {**fields, **entity.searches(tx)}


def _named(field: str, names: Mapping[str, str]) -> Callable[[Any], Any]:
    return lambda item: names.get(getattr(item, field) or "")


def _value(field: str, unit: int) -> Callable[[Any], Any]:
    def value(item: Any) -> Any:
        found = getattr(item, field)
        if isinstance(found, StrEnum):
            return found.value
        return found // unit if unit > 1 and found is not None else found

    return value
