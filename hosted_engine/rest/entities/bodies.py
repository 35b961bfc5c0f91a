"""What a body says of an entity: every element of it is carried out, or says what is so anyway, or is refused by name.

Clients send back whole objects, with all that they were shown, so what says nothing new is taken without a word.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any

import msgspec

from hosted_engine.engine.entity.declaration import Entity
from hosted_engine.engine.entity.field import Field, Part, Reference, Settable, Several, Shape, Structure
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.entity.structure import members
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NoSuchName, NotThere
from hosted_engine.rest.entities.compare import BESIDE, at, format_value, innermost, is_empty, matches
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.problems import CannotBeSet, ElementNotSupported, Incomplete, UnknownElement


@dataclass(frozen=True, slots=True)
class Taken:
    """`values` by field or input; `left` what was not taken, by its place in the body, and why it could not be."""

    values: dict[str, Any] = field(default_factory=dict)
    left: dict[str, tuple[Any, Settable | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where a value of a body goes: the name of the field or input, what is said of it, and its Python type."""

    name: str
    field: Field
    type: Any
    taken: bool


@dataclass(frozen=True, slots=True)
class _Reading:
    """One body on its way: `root` is the place that its elements' faults begin with, `before` what an update is of,
    `entity` None for an action's."""

    tx: Transaction
    entity: Entity[Any] | None
    root: str
    method: str
    before: Any = None
    known: Mapping[str, Any] = field(default_factory=dict)
    taken: Taken = field(default_factory=Taken)

    def meant(self, name: str, named: Sequence[Any]) -> Sequence[Any]:
        """Those of what has the name that the reference `name` gives, which can be meant."""
        if self.entity is None:
            return named
        return self.entity.meant(self.tx, name, named, {**self.known, **self.taken.values})


def take(
    tx: Transaction,
    entity: Entity[Any],
    body: Wire,
    method: str,
    *,
    before: Any = None,
    known: Mapping[str, Any] = MappingProxyType({}),
    root: str = "",
) -> Taken:
    """Raises BadValue, NotThere, NoSuchName, Incomplete. `method` is "add" or "update", `before` what is updated,
    `known` are the fields of what is added that are settled already, `root` is the body's own place where it lies
    within another. The body is read in the order of the declaration: what a name means may depend on what is declared
    before."""
    known = known if before is None else {name: getattr(before, name) for name in entity.columns}
    reading = _Reading(tx, entity, root or entity.element, method, before, known)
    slots = _slots(entity, method)
    order = {name: place for place, name in enumerate(slots)}
    _walk(reading, dict(sorted(body.items(), key=lambda one: order.get(one[0], len(order)))), slots, "")
    return Taken(entity.normal(reading.taken.values, root), reading.taken.left)


def take_inputs(tx: Transaction, inputs: Mapping[str, Field], body: Wire, root: str = "action") -> Taken:
    """What the body of an action says beside `async`, which is for the API itself; or that of what is no entity."""
    reading = _Reading(tx, None, root, "add")
    tree: dict[str, Any] = {}
    for name, declared in inputs.items():
        for place in (declared.wire, *declared.also):
            _put(tree, place, _Slot(name, declared, None, taken=True))
    _walk(reading, {k: v for k, v in body.items() if k != "async"}, tree, "")
    return reading.taken


def require(entity: Entity[Any], values: Mapping[str, Any], completed: Collection[str] = ()) -> None:
    """Raises Incomplete, in oVirt's words, when something that has no default and is not `completed` is not there."""
    wanted = {c.name: c.field for c in entity.required()}
    wanted |= {
        name: declared for name, declared in entity.inputs.items() if isinstance(declared, Part) and declared.required
    }
    missing = [
        _named(declared)
        for name, declared in wanted.items()
        if values.get(name) in (None, "") and name not in completed
    ]
    if missing:
        raise Incomplete(type=entity.type, missing=", ".join(missing), method="add")


def refuse(root: str, taken: Taken, shown: Wire) -> None:
    """Raises CannotBeSet or ElementNotSupported for the first element that says something else than `shown`."""
    for place, (value, settable) in taken.left.items():
        if is_empty(value) or matches(value, at(shown, place)):
            continue
        place, value = innermost(place, value, at(shown, place))
        element = f"{root}.{place}"
        if settable is not None:
            raise CannotBeSet(element=element, value=format_value(value, place), when=settable.value)
        raise ElementNotSupported(element=element, value=format_value(value, place))


def refuse_changes(root: str, body: Wire, shown: Wire) -> None:
    """For a body that only says which object is meant: it cannot change it. Raises CannotBeSet."""
    refuse(
        root, Taken(left={name: (value, Settable.NEVER) for name, value in body.items() if name not in BESIDE}), shown
    )


def refuse_other(entity: Entity[Any], taken: Taken, within: Mapping[str, str]) -> None:
    """Raises BadValue where a body names another object above than the path does."""
    for name, identity in within.items():
        if (given := taken.values.get(name)) not in (None, identity):
            raise BadValue(value=given, field=entity.place(name), reason=f"the path says {identity}")


def refuse_unknown(elements: Collection[str]) -> None:
    """Raises UnknownElement for elements that the API does not have."""
    if elements:
        raise UnknownElement(elements=", ".join(sorted(elements)))


def _walk(reading: _Reading, body: Wire, slots: Mapping[str, Any], above: str) -> None:
    for name, value in body.items():
        if name in BESIDE:
            continue
        slot, place = slots.get(name), f"{above}.{name}" if above else name
        if isinstance(slot, _Slot) and slot.taken:
            _take(reading, slot, value, place)
        elif isinstance(slot, _Slot):
            reading.taken.left[place] = (_identified(reading, slot, value, place), slot.field.settable)
        elif isinstance(slot, dict) and value == {}:
            _clear(reading, slot)
        elif isinstance(slot, dict) and isinstance(value, dict):
            _walk(reading, value, slot, place)
        elif isinstance(slot, dict) and isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
            _walk(reading, value[0], slot, place)
        else:
            reading.taken.left[place] = (value, None)


def _take(reading: _Reading, slot: _Slot, value: Any, place: str) -> None:
    declared = slot.field
    if isinstance(declared, Part):
        _take_part(reading, slot.name, declared, value, place)
    elif isinstance(declared, Structure):
        _take_structure(reading, slot.name, declared, value, place)
    elif isinstance(declared, Reference):
        _take_reference(reading, slot, declared, value, place)
    elif value is not None:
        try:
            _note(reading, slot, _convert(slot, value), place)
        except msgspec.ValidationError:  # the API has the value, and the model does not
            reading.taken.left[place] = (value, None)


def _clear(reading: _Reading, slots: Mapping[str, Any]) -> None:
    """An empty element takes away what may be missing (`<vlan/>`)."""
    for slot in slots.values():
        if isinstance(slot, _Slot) and slot.taken and _may_be_none(slot):
            reading.taken.values[slot.name] = None


def _note(reading: _Reading, slot: _Slot, value: Any, place: str) -> None:
    """A value that stands at two places: the one that is not as it was is meant. Raises BadValue where both are not."""
    values, other = reading.taken.values, reading.taken.values.get(slot.name)
    if slot.name in values and other != value:
        was = getattr(reading.before, slot.name, None)
        if value == was:
            return
        if other != was:
            places = " and ".join(f"{reading.root}.{one}" for one in (slot.field.wire, *slot.field.also))
            raise BadValue(
                value=f"{format_value(other)} and {format_value(value)}", field=places, reason="they are the same"
            )
    values[slot.name] = value


def _take_part(reading: _Reading, name: str, declared: Part, value: Any, place: str) -> None:
    if is_empty(value):
        return
    if not isinstance(declared, Several):
        before = reading.entity.part(reading.tx, reading.before, name) if reading.entity and reading.before else None
        reading.taken.values[name] = _part(reading, declared, value, place, before)
        return
    item = f"{place}.{entity_of(declared.of).element}"
    parts = [_part(reading, declared, one, f"{item}[{number}]") for number, one in enumerate(value, 1)]
    reading.taken.values[name] = tuple(parts)


def _take_structure(reading: _Reading, name: str, declared: Structure, value: Any, place: str) -> None:
    """The members that the body says; an empty element says that there is none."""
    if value == {}:
        reading.taken.values[name] = None
        return
    given: dict[str, Any] = {}
    for member, inner in value.items():
        if member in BESIDE or inner is None:
            continue
        try:
            given[member] = msgspec.convert(inner, members(declared.of)[member])
        except (KeyError, msgspec.ValidationError):  # the API has it, and the model does not
            reading.taken.left[f"{place}.{member}"] = (inner, None)
    reading.taken.values[name] = given


def _part(reading: _Reading, declared: Part, body: Wire, place: str, before: Any = None) -> dict[str, Any]:
    """One object within a body. What it says that cannot be taken is left with the body's other elements."""
    entity = entity_of(declared.of)
    inner = take(reading.tx, entity, body, reading.method, before=before, root=f"{reading.root}.{place}")
    if reading.method == "add" and not (declared.existing and body.get("id")):
        require(entity, inner.values, declared.completed)
    reading.taken.left.update((f"{place}.{below}", why) for below, why in inner.left.items())
    return {**inner.values, "id": str(body["id"])} if declared.existing and body.get("id") else inner.values


def _take_reference(reading: _Reading, slot: _Slot, declared: Reference, value: Any, place: str) -> None:
    values = reading.taken.values
    if declared.listed and isinstance(value, list):
        if len(value) > 1:
            element = f"{reading.root}.{place}"
            raise BadValue(value=f"{len(value)} of them", field=element, reason="one is possible")
        value = value[0] if value else None
    if isinstance(value, list):
        values[slot.name] = tuple(_resolved(reading, slot, one, place) for one in value)
    elif value and not is_empty(value):
        values[slot.name] = _resolved(reading, slot, value, place)
    elif value == {} and _may_be_none(slot):
        values[slot.name] = None


def _identified(reading: _Reading, slot: _Slot, value: Any, place: str) -> Any:
    """A reference that cannot be set may be said by its name all the same, as long as it is what is shown."""
    if isinstance(value, list):
        return [_identified(reading, slot, one, place) for one in value]
    if not isinstance(slot.field, Reference) or not isinstance(value, dict) or value.get("id"):
        return value
    return {"id": _resolved(reading, slot, value, place)} if value.get("name") else value


def _resolved(reading: _Reading, slot: _Slot, value: Wire, place: str) -> str:
    assert isinstance(slot.field, Reference)
    return resolve(reading.tx, slot.field, value, place, lambda named: reading.meant(slot.name, named))


def resolve(
    tx: Transaction,
    declared: Reference,
    value: Wire,
    place: str,
    meant: Callable[[Sequence[Any]], Sequence[Any]] = lambda named: named,
) -> str:
    """The id of what a reference means, by its id or else by its name. Raises NotThere, NoSuchName, Incomplete."""
    target = entity_of(declared.tables[0])
    repository = tx.of(target.model)
    if identity := value.get("id"):
        if repository.get(identity) is None:
            raise NotThere(kind=target.kind, id=identity)
        return str(identity)
    if name := value.get("name"):
        named = meant(repository.list(name=name))
        if not named:
            raise NoSuchName(kind=target.kind, name=name)
        return str(named[0].id)
    raise Incomplete(type=target.type, missing="id|name", method=f"reference ({place})")


def _may_be_none(slot: _Slot) -> bool:
    return type(None) in getattr(slot.type, "__args__", ())


def _convert(slot: _Slot, value: Any) -> Any:
    """The reader has held it to the API's type already; here it becomes the model's."""
    if isinstance(value, datetime):
        return value.timestamp()
    if slot.type is None or slot.field.shape is Shape.DATE:
        return value
    return msgspec.convert(value, slot.type)


@cache
def _slots(entity: Entity[Any], method: str) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for column in entity.columns.values():
        kind = column.type | None if column.optional else column.type
        for place in filter(None, (column.field.wire, *column.field.also)):
            _put(tree, place, _Slot(column.name, column.field, kind, taken=entity.settable(column, method)))
    for name, declared in entity.inputs.items():
        _put(tree, declared.wire, _Slot(name, declared, None, taken=_is_read(declared, method)))
    return tree


def _is_read(declared: Field, method: str) -> bool:
    return declared.settable is Settable.ALWAYS or method == "add" or isinstance(declared, Part)


def _put(tree: dict[str, Any], wire: str, slot: _Slot) -> None:
    *holders, last = wire.split(".")
    for holder in holders:
        tree = tree.setdefault(holder, {})
    tree[last] = slot


def _named(declared: Field) -> str:
    return f"{declared.wire}.id|name" if isinstance(declared, Reference) else "|".join((declared.wire, *declared.also))
