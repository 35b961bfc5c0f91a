"""An object of an entity as it travels: its fields at their places on the wire."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from hosted_engine.engine.entity.declaration import Entity, Link
from hosted_engine.engine.entity.field import Reference, Shape, Structure
from hosted_engine.engine.entity.record import Column
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.entity.reported import AsItWas, Shown
from hosted_engine.engine.secrets import Secret
from hosted_engine.rest.media.objects import Form, Row
from hosted_engine.rest.media.wire import Wire

ROOT = "/ovirt-engine/api"

Get = Callable[[Any], Any]


def row(
    entity: Entity[Any],
    item: Any,
    gathered: Any,
    href: str = "",
    key: str = "id",
    more: Mapping[str, Any] = MappingProxyType({}),
) -> Row:
    """`href` is where it is shown; without one, in its own collection. `more` is shown beside what the entity says."""
    identity = str(getattr(item, key))
    shown = {**entity.show(item, gathered), **more}
    values = [identity, *(get(item) for get in _getters(entity)), *map(linked, shown.values())]
    return Row(_form(entity, tuple(shown)), href or f"{ROOT}/{entity.path}/{identity}", tuple(values))


def fields_to_wire(entity: Entity[Any], item: Any) -> Wire:
    """Without what is computed or asked of others."""
    return _form(entity, ()).wire((str(item.id), *(get(item) for get in _getters(entity))))


def to_wire(entity: Entity[Any], item: Any, gathered: Any, href: str = "", key: str = "id") -> Wire:
    return row(entity, item, gathered, href, key).wire()


def reported_row(identity: str, href: str, shown: Shown) -> Row:
    """Of what no table holds: all that is shown of it, by places."""
    if isinstance(shown, AsItWas):
        entity = entity_of(shown.table)
        return row(entity, shown.item, shown.gathered, href, entity.places[0].key, shown.more)
    return Row(_reported_form(tuple(shown)), href, (identity, *map(linked, shown.values())))


def ref(table: str, identity: str, path: str = "") -> Wire:
    return {"id": identity, "href": f"{ROOT}/{path or entity_of(table).path}/{identity}"}


def linked(value: Any) -> Any:
    if isinstance(value, Link):
        shown = ref(value.table, value.id, value.path)
        return {**shown, "name": value.name} if value.name else shown
    return [linked(one) for one in value] if isinstance(value, list) else value


@cache
def _form(entity: Entity[Any], shown: tuple[str, ...]) -> Form:
    """Of an object for which `show` answers these places."""
    return Form(entity.shown, ("id", *(place for place, _ in _places(entity)), *shown))


@cache
def _reported_form(shown: tuple[str, ...]) -> Form:
    return Form({}, ("id", *shown))


@cache
def _getters(entity: Entity[Any]) -> tuple[Get, ...]:
    return tuple(_getter(column) for _, column in _places(entity))


@cache
def _places(entity: Entity[Any]) -> tuple[tuple[str, Column], ...]:
    columns = entity.columns.values()
    every = ((place, column) for column in columns for place in (column.field.wire, *column.field.also))
    return tuple((place, column) for place, column in every if place and place != "id" and _is_shown(column))


def _is_shown(column: Column) -> bool:
    """What may hold secrets is shown by its entity alone."""
    return not isinstance(column.field, Structure) and column.type is not Secret


def _getter(column: Column) -> Get:
    get, said = attrgetter(column.name), column.field
    if isinstance(said, Reference) and said.listed:
        return lambda item: [ref(said.tables[0], get(item))] if get(item) is not None else None
    if isinstance(said, Reference) and getattr(column.type, "__origin__", None) is tuple:
        return lambda item: [ref(said.tables[0], one) for one in get(item)] or None
    if isinstance(said, Reference):
        return _named(get, said.tables[0])
    if said.shape is Shape.DATE:
        return lambda item: datetime.fromtimestamp(get(item), tz=UTC) if get(item) else None
    if said.shape is Shape.TEXT:
        return lambda item: get(item) or None
    if isinstance(column.type, type) and issubclass(column.type, StrEnum):
        return lambda item: value.value if (value := get(item)) is not None else None
    if getattr(column.type, "__origin__", None) is tuple:
        return lambda item: [_plain(one) for one in get(item)]
    return get


def _named(get: Get, table: str) -> Get:
    path = f"{ROOT}/{entity_of(table).path}/"
    return lambda item: {"id": named, "href": path + named} if (named := get(item)) is not None else None


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    return dict(_parts(value)) if hasattr(value, "__struct_fields__") else value


def _parts(value: Any) -> Mapping[str, Any]:
    """A part of an object that is no entity of its own (the range of a MAC pool): its fields by their names."""
    names = zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
    return {wire: _plain(part) for wire, name in names if (part := getattr(value, name)) is not None}
