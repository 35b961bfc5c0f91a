"""Which entities there are, by their tables; `hosted_engine.engine.entities` makes them all known."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from hosted_engine.engine.entity.field import Reference

if TYPE_CHECKING:
    from hosted_engine.engine.entity.declaration import Entity
    from hosted_engine.engine.entity.record import Record

_entities: "dict[str, Entity[Any]]" = {}
_records: "dict[str, Record[Any]]" = {}


def register(entity: "Entity[Any]") -> None:
    if entity.table in _entities:
        raise TypeError(f"the table {entity.table} is declared twice")
    _entities[entity.table] = entity


def register_record(record: "Record[Any]") -> None:
    _records[record.table] = record


def record_of(table: str) -> "Record[Any]":
    """Of entities and of what the store keeps beside them. Raises TypeError."""
    if table not in _records:
        raise TypeError(f"there is no table {table}")
    return _records[table]


def entity_of(table: str) -> "Entity[Any]":
    return _entities[table]


def entities() -> "Iterable[Entity[Any]]":
    return tuple(_entities.values())


def users_of(table: str) -> "Iterator[tuple[Entity[Any], str, Reference]]":
    """Every reference to `table`: the entity that has it, its field, and what is said of it."""
    for entity in _entities.values():
        for name, reference in entity.references.items():
            if table in reference.tables:
                yield entity, name, reference
