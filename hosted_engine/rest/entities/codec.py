"""An object of an entity as it travels: its fields at their places on the wire."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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


def to_wire(entity: Entity[Any], item: Any, gathered: Any, href: str = "", key: str = "id") -> Wire:
    """`href` is where it is shown; without one, in its own collection."""
    identity = str(getattr(item, key))
    wire = _whole(entity).fill(item)
    wire["id"], wire["href"] = identity, href or f"{ROOT}/{entity.path}/{identity}"
    for place, value in entity.show(item, gathered).items():
        put(wire, place, value)
    return wire


def fields_to_wire(entity: Entity[Any], item: Any) -> Wire:
    """Without what is computed or asked of others."""
    return _whole(entity).fill(item)


def put(wire: Wire, place: str, value: Any) -> None:
    *holders, last = place.split(".")
    for holder in holders:
        wire = wire.setdefault(holder, {})
    wire[last] = _shown(value)


def ref(table: str, identity: str, path: str = "") -> Wire:
    return {"id": identity, "href": f"{ROOT}/{path or entity_of(table).path}/{identity}"}


def _shown(value: Any) -> Any:
    if isinstance(value, Link):
        return ref(value.table, value.id, value.path)
    return [_shown(one) for one in value] if isinstance(value, list) else value


@dataclass(slots=True)
class _Part:
    """A part of the wire: what is always the same there, what each object says, and the parts within."""

    same: Wire = field(default_factory=dict)
    said: list[tuple[str, Get]] = field(default_factory=list)
    parts: list[tuple[str, "_Part"]] = field(default_factory=list)

    def fill(self, item: Any) -> Wire:
        wire = self.same.copy()
        for name, get in self.said:
            if (value := get(item)) is not None:
                wire[name] = value
        for name, part in self.parts:
            if inner := part.fill(item):
                wire[name] = inner
        return wire

    def at(self, place: str) -> tuple["_Part", str]:
        """The part that holds what stands at `place`, and its name there."""
        holder, dot, rest = place.partition(".")
        if not dot:
            return self, holder
        known = dict(self.parts)
        if holder not in known:
            self.parts.append((holder, _Part()))
        return dict(self.parts)[holder].at(rest)


@cache
def _whole(entity: Entity[Any]) -> _Part:
    whole = _Part()
    for place, value in entity.shown.items():
        part, name = whole.at(place)
        part.same[name] = value
    for column in entity.columns.values():
        for place in (column.field.wire, *column.field.also):
            if place and place != "id":
                part, name = whole.at(place)
                part.said.append((name, _getter(column)))
    return whole


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
