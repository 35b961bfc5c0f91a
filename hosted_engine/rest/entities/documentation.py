"""A page about an entity, as a manual would have it: all of it from the declaration, nothing is written by hand."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from dataclasses import Field as ModelField
from enum import StrEnum
from inspect import cleandoc
from sys import modules
from typing import Any, get_args, get_origin

import msgspec

from hosted_engine.engine.entity.declaration import Entity
from hosted_engine.engine.entity.field import Field, OnRemove, Reference, Settable, Several, Shape
from hosted_engine.engine.entity.record import Column
from hosted_engine.engine.entity.registry import entity_of, users_of
from hosted_engine.engine.permissions.operations import Operation, operation_of
from hosted_engine.engine.search.vocabulary import relations_of, vocabulary_of
from hosted_engine.rest.schema import Schema

SET = {Settable.ALWAYS: "add, update", Settable.ON_ADD: "add", Settable.NEVER: "only shown"}
REMOVED = {
    OnRemove.REFUSE: "the removal is refused",
    OnRemove.CASCADE: "it goes, too",
    OnRemove.CLEAR: "it stays, without",
    OnRemove.NO_ACTION: "it stays, and names it still",
}
TYPE_NAMES = {str: "text", int: "whole number", float: "number", bool: "true or false", dict: "values by name"}
SPECIAL = ("defaults", "make", "change", "check", "check_removable", "find", "add", "update", "remove")


def page(entity: Entity[Any], schema: Schema) -> str:
    """In Markdown."""
    parts = [
        f"# {entity.kind}\n\n{_about(entity)}",
        _section("Operations", ("request", "operation", "permit"), operations(entity, schema)),
        _section("Elements", ("element", "is", "set by", "left out", "rule", "search"), _elements(entity)),
        _section("Further elements of a body", ("element", "is", "set by"), _inputs(entity.inputs)),
        _section("Actions", ("action", "element", "is"), _actions(entity)),
        _section("Statuses in which an action is carried out", ("action", "statuses"), _statuses(entity)),
        _section("The same for all", ("element", "value"), sorted((k, _value(v)) for k, v in entity.shown.items())),
        _section("Search", ("word", "compared as", "in"), _searches(entity)),
        _section("Search across objects", ("relation", "of"), _relations(entity)),
        _section("References", ("element", "to", "when that is removed"), _references(entity)),
        _section(f"Referring to a {entity.kind}", ("what", "when it is removed"), sorted(_users(entity))),
        _section("Had by one alone", ("within", "what"), _unique(entity)),
        _section("Events", ("when", "code", "name", "text"), _events(entity)),
        _section("Special", ("where", "what"), _special(entity)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def operations(entity: Entity[Any], schema: Schema) -> list[tuple[str, str, str]]:
    """(request, operation, permit) of all that can be asked of it. Where several places have one service, the first
    whose names are all in the path is meant."""
    found = []
    for path, method, service in schema.routes():
        ids = {part.strip("{}") for part in path.split("/") if part.startswith("{")}
        place = next((p for p in entity.places if service in p.services and set(p.within) <= ids), None)
        if place is None:
            continue
        action = entity.actions.get(method.name)
        acts = action is not None and service == entity.places[action.place].services[1]
        if acts or (method.name in place.methods and not method.is_action):
            found.append(
                (f"{method.http} {path}", f"{service}.{method.name}", _needed(operation_of(service, method.name)))
            )
    return found


def _needed(operation: Operation) -> str:
    """What the operation takes; of one that reads, who is shown it."""
    if operation.shown:
        return f"shown: {operation.shown}"
    return "; ".join(str(check) for check in operation.checks)


def _about(entity: Entity[Any]) -> str:
    """The first sentence of its module, and what is said of its model; dataclasses say their signature by default."""
    summary = (modules[entity.model.__module__].__doc__ or "").strip().split("\n\n")[0]
    of_model = entity.model.__doc__ or ""
    own = "" if of_model.startswith(f"{entity.model.__name__}(") else cleandoc(of_model)
    return "\n\n".join(filter(None, (summary, own)))


def _elements(entity: Entity[Any]) -> Iterator[tuple[str, ...]]:
    defaults = {f.name: f for f in fields(entity.model)}
    for column in entity.columns.values():
        field = column.field
        if field.wire:
            left_out = _left_out(entity, column, defaults[column.name])
            searched_as = ", ".join(field.searched_as)
            yield f"{entity.element}.{field.wire}", _kind(column), _set_by(field), left_out, _rule(field), searched_as


def _left_out(entity: Entity[Any], column: Column, model_field: "ModelField[Any]") -> str:
    """What an addition without the element comes to."""
    if column.field.settable is Settable.NEVER:
        return ""
    if column in entity.required():
        return "refused"
    factory = model_field.default_factory
    return _value(
        factory() if factory is not MISSING else None if model_field.default is MISSING else model_field.default
    )


def _kind(column: Column) -> str:
    if isinstance(column.field, Reference):
        several = "several of " if get_origin(column.type) is tuple else ""
        return several + " or ".join(entity_of(table).kind for table in column.field.tables)
    return "date" if column.field.shape is Shape.DATE else _type(column.type)


def _type(kind: Any) -> str:
    if get_origin(kind) is tuple:
        return f"several of: {_type(get_args(kind)[0])}"
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return f"one of {', '.join(kind)}"
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return f"{{{', '.join(kind.__struct_encode_fields__)}}}"
    return TYPE_NAMES.get(get_origin(kind) or kind, str(kind))


def _set_by(field: Field) -> str:
    return SET[field.settable] + (", also while it runs" if field.live and field.settable is Settable.ALWAYS else "")


def _rule(field: Field) -> str:
    bounds = [
        f"at most {field.length} characters" if field.length is not None else "",
        f"{field.least} or more" if field.least is not None else "",
        f"{field.most} or less" if field.most is not None else "",
        f"one of {', '.join(field.choices)}" if field.choices else "",
        " ".join((field.rule.__doc__ or "").split()) if field.rule else "",
    ]
    return "; ".join(filter(None, bounds))


def _inputs(inputs: Mapping[str, Field]) -> Iterator[tuple[str, str, str]]:
    for field in inputs.values():
        yield field.wire, _input(field), SET[field.settable]


def _input(field: Field) -> str:
    if isinstance(field, Reference):
        return entity_of(field.tables[0]).kind
    return f"several, each a whole {entity_of(field.of).kind}" if isinstance(field, Several) else "value"


def _actions(entity: Entity[Any]) -> Iterator[tuple[str, str, str]]:
    for name, action in sorted(entity.actions.items()):
        yield from ((name, field.wire, _input(field)) for field in action.inputs.values())
        if not action.inputs:
            yield name, "", ""


def _statuses(entity: Entity[Any]) -> Iterator[tuple[str, str]]:
    for name, action in sorted(entity.actions.items()):
        if action.statuses:
            yield name, ", ".join(sorted(action.statuses))


def _searches(entity: Entity[Any]) -> Iterator[tuple[str, str, str]]:
    """Words, what they are compared as and in which units; of an enumeration the values."""
    units = {1 << 20: "MiB", 1 << 30: "GiB"}
    for name, word in vocabulary_of(entity).items():
        yield name, word.kind.value, ", ".join(word.spelled) or units.get(word.unit, "")


def _relations(entity: Entity[Any]) -> Iterator[tuple[str, str]]:
    for name, relation in sorted(relations_of(entity).items()):
        yield f"{name}.", entity_of(relation.table).kind


def _references(entity: Entity[Any]) -> Iterator[tuple[str, str, str]]:
    for name, field in entity.references.items():
        for table in field.tables:
            yield field.wire or name, entity_of(table).kind, REMOVED[field.on_remove]


def _users(entity: Entity[Any]) -> Iterator[tuple[str, str]]:
    for user, name, reference in users_of(entity.table):
        yield f"{user.kind} ({reference.wire or name})", REMOVED[reference.on_remove]


def _unique(entity: Entity[Any]) -> Iterator[tuple[str, str]]:
    for *within, last in entity.unique:
        yield ", ".join(map(_wire_name(entity), within)) or "all", _wire_name(entity)(last)


def _wire_name(entity: Entity[Any]) -> Any:
    return lambda name: entity.columns[name].field.wire or name


def _events(entity: Entity[Any]) -> Iterator[tuple[str, str, str, str]]:
    for events in dict.fromkeys((entity.events, *(place.events for place in entity.places if place.events))):
        for when in ("add", "update", "remove"):
            if kind := getattr(events, when):
                yield when, str(kind.code), kind.name, kind.sentence


def _special(entity: Entity[Any]) -> Iterator[tuple[str, str]]:
    """What its class has of its own, where that says why."""
    for name in SPECIAL:
        method = getattr(type(entity), name)
        if method is not getattr(Entity, name) and method.__doc__:
            yield name, " ".join(method.__doc__.split())


def _value(value: object) -> str:
    if value is None or value in ("", (), {}, []):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(map(_value, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_value(one)}" for name, one in value.items())
    return str(value)


def _section(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; empty where there is nothing to tell."""
    lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join((f"## {title}\n", f"| {' | '.join(head)} |", "|---" * len(head) + "|", *lines)) if lines else ""
