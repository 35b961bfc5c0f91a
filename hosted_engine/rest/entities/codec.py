"""An object of an entity as it travels: its fields at their places on the wire."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import Any

from hosted_engine.engine.entity.declaration import Entity, Link
from hosted_engine.engine.entity.field import Reference, Shape
from hosted_engine.engine.entity.record import Column
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.rest.media.wire import Wire

ROOT = "/ovirt-engine/api"

Get = Callable[[Any], Any]
Tree = dict[str, Any]  # name -> Tree, or what answers the value there


def to_wire(entity: Entity[Any], item: Any, gathered: Any, href: str = "", key: str = "id") -> Wire:
    """`href` is where it is shown; without one, in its own collection."""
    identity = getattr(item, key)
    wire: Wire = {"id": identity, "href": href or f"{ROOT}/{entity.path}/{identity}"}
    _fill(wire, _tree(entity), item)
    for place, value in entity.show(item, gathered).items():
        put(wire, place, value)
    return wire


def fields_to_wire(entity: Entity[Any], item: Any) -> Wire:
    """Without what is computed or asked of others."""
    wire: Wire = {}
    _fill(wire, _tree(entity), item)
    return wire


def put(wire: Wire, place: str, value: Any) -> None:
    *holders, last = place.split(".")
    for holder in holders:
        wire = wire.setdefault(holder, {})
    wire[last] = _shown(value)


def ref(table: str, identity: str) -> Wire:
    return {"id": identity, "href": f"{ROOT}/{entity_of(table).path}/{identity}"}


def _shown(value: Any) -> Any:
    if isinstance(value, Link):
        return ref(value.table, value.id)
    return [_shown(one) for one in value] if isinstance(value, list) else value


def _fill(wire: Wire, tree: Tree, item: Any) -> None:
    for name, node in tree.items():
        if isinstance(node, dict):
            inner: Wire = {}
            _fill(inner, node, item)
            if inner:
                wire[name] = inner
        elif (value := node(item)) is not None:
            wire[name] = value


@cache
def _tree(entity: Entity[Any]) -> Tree:
    tree: Tree = {}
    for place, value in entity.shown.items():
        put(tree, place, _always(value))
    for column in entity.columns.values():
        if column.field.wire and column.field.wire != "id":
            put(tree, column.field.wire, _getter(column))
    return tree


def _always(value: Any) -> Get:
    return lambda _: value


def _getter(column: Column) -> Get:
    get, said = attrgetter(column.name), column.field
    if isinstance(said, Reference) and getattr(column.type, "__origin__", None) is tuple:
        return lambda item: [ref(said.tables[0], one) for one in get(item)] or None
    if isinstance(said, Reference):
        return lambda item: ref(said.tables[0], get(item)) if get(item) is not None else None
    if said.shape is Shape.DATE:
        return lambda item: datetime.fromtimestamp(get(item), tz=UTC) if get(item) else None
    if said.shape is Shape.TEXT:
        return lambda item: get(item) or None
    if isinstance(column.type, type) and issubclass(column.type, StrEnum):
        return lambda item: value.value if (value := get(item)) is not None else None
    if getattr(column.type, "__origin__", None) is tuple:
        return lambda item: [_plain(one) for one in get(item)]
    return get


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    return dict(_parts(value)) if hasattr(value, "__struct_fields__") else value


def _parts(value: Any) -> Mapping[str, Any]:
    """A part of an object that is no entity of its own (the range of a MAC pool): its fields by their names."""
    parts = {name: getattr(value, name) for name in value.__struct_fields__}
    return {name: _plain(part) for name, part in parts.items() if part is not None}
