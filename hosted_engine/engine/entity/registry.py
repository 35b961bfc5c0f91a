"""Which entities there are, by their tables; `hosted_engine.engine.entities` makes them all known."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from hosted_engine.engine.entity.field import Reference

if TYPE_CHECKING:
    from hosted_engine.engine.entity.declaration import Entity

_entities: "dict[str, Entity[Any]]" = {}


def register(entity: "Entity[Any]") -> None:
    if entity.table in _entities:
        raise TypeError(f"the table {entity.table} is declared twice")
    _entities[entity.table] = entity


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
