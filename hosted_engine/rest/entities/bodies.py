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
from hosted_engine.engine.entity.field import Field, Reference, Settable, Several, Shape
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NoSuchName, NotThere
from hosted_engine.rest.media.wire import LINKS, SERVICE, Wire
from hosted_engine.rest.problems import CannotBeSet, Incomplete, NotCarriedOut, UnknownElement

_BESIDE = frozenset({"href", SERVICE, LINKS, "actions"})  # of the representation, not of the object


Meant = Callable[[str, Sequence[Any]], Sequence[Any]]  # by a reference and what has the name given for it


@dataclass(frozen=True, slots=True)
class Taken:
    """`values` by field or input; `left` what was not taken, by its place in the body, and why it could not be. `meant`
    chooses among what has the name that a reference gives."""

    values: dict[str, Any] = field(default_factory=dict)
    left: dict[str, tuple[Any, Settable | None]] = field(default_factory=dict)
    meant: Meant = lambda name, named: named


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where a value of a body goes: the name of the field or input, what is said of it, and its Python type."""

    name: str
    field: Field
    type: Any
    taken: bool


def take(
    tx: Transaction, entity: Entity[Any], body: Wire, method: str, known: Mapping[str, Any] = MappingProxyType({})
) -> Taken:
    """Raises BadValue, NotThere, NoSuchName. `method` is "add" or "update"; `known` are the fields of the object that
    are settled already. The body is read in the order of the declaration: what a name means may depend on what is
    declared before."""
    values: dict[str, Any] = {}
    taken = Taken(values, meant=lambda name, named: entity.meant(tx, name, named, {**known, **values}))
    slots = _slots(entity, method)
    order = {name: place for place, name in enumerate(slots)}
    _walk(tx, dict(sorted(body.items(), key=lambda one: order.get(one[0], len(order)))), slots, "", taken)
    return Taken(entity.normal(taken.values), taken.left)


def take_inputs(tx: Transaction, inputs: Mapping[str, Field], body: Wire) -> Taken:
    """What the body of an action says beside `async`, which is for the API itself."""
    taken = Taken()
    tree: dict[str, Any] = {}
    for name, said in inputs.items():
        _put(tree, said.wire, _Slot(name, said, None, taken=True))
    _walk(tx, {k: v for k, v in body.items() if k != "async"}, tree, "", taken)
    return taken


def require(entity: Entity[Any], values: Mapping[str, Any]) -> None:
    """Raises Incomplete, in oVirt's words, when something that has no default is not there."""
    missing = [_named(c.field) for c in entity.required() if values.get(c.name) in (None, "")]
    if missing:
        raise Incomplete(type=entity.type, missing=", ".join(missing), method="add")


def refuse(root: str, taken: Taken, shown: Wire) -> None:
    """Raises CannotBeSet or NotCarriedOut for the first element that says something else than `shown`."""
    for place, (value, settable) in taken.left.items():
        if is_empty(value) or says_the_same(value, _at(shown, place)):
            continue
        place, value = _innermost(place, value, _at(shown, place))
        element = f"{root}.{place}"
        if settable is not None:
            raise CannotBeSet(element=element, value=words(value), when=settable.value)
        raise NotCarriedOut(element=element, value=words(value))


def _innermost(place: str, value: Any, shown: Any) -> tuple[str, Any]:
    """The first element within that is said to be otherwise than it is shown."""
    if isinstance(value, dict) and isinstance(shown, dict):
        for name, inner in value.items():
            if name not in _BESIDE and not is_empty(inner) and not says_the_same(inner, shown.get(name)):
                return _innermost(f"{place}.{name}", inner, shown.get(name))
    return place, value


def refuse_changes(root: str, body: Wire, shown: Wire) -> None:
    """For a body that only says which object is meant: it cannot change it. Raises CannotBeSet."""
    refuse(
        root, Taken(left={name: (value, Settable.NEVER) for name, value in body.items() if name not in _BESIDE}), shown
    )


def refuse_other(entity: Entity[Any], taken: Taken, within: Mapping[str, str]) -> None:
    """Raises BadValue where a body names another object above than the path does."""
    for name, identity in within.items():
        if (said := taken.values.get(name)) not in (None, identity):
            raise BadValue(value=said, field=entity.place(name), reason=f"the path says {identity}")


def refuse_unknown(elements: Collection[str]) -> None:
    """Raises UnknownElement for elements that the API does not have."""
    if elements:
        raise UnknownElement(elements=", ".join(sorted(elements)))


def is_empty(value: Any) -> bool:
    if isinstance(value, dict):
        return all(is_empty(inner) for name, inner in value.items() if name not in _BESIDE)
    if isinstance(value, list):
        return all(is_empty(inner) for inner in value)
    return value is None or value == ""


def says_the_same(value: Any, shown: Any) -> bool:
    """Whether all that `value` says is shown. An object that has an id is known by it."""
    if isinstance(value, dict) and isinstance(shown, dict):
        if value.get("id") and shown.get("id"):
            return bool(value["id"] == shown["id"])
        return all(is_empty(v) or says_the_same(v, shown.get(k)) for k, v in value.items() if k not in _BESIDE)
    if isinstance(value, list) and isinstance(shown, list):
        return len(value) == len(shown) and all(map(says_the_same, value, shown))
    if isinstance(value, datetime) and isinstance(shown, datetime):
        return abs((value - shown).total_seconds()) < 1
    return bool(value == shown)


def words(value: Any) -> str:
    """`value` as a refusal repeats it."""
    if isinstance(value, dict):
        parts = ", ".join(f"{k}: {words(v)}" for k, v in value.items() if k not in _BESIDE and not is_empty(v))
        return f"{{{parts}}}"
    if isinstance(value, list):
        return f"[{', '.join(words(inner) for inner in value[:5])}]"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


def _walk(tx: Transaction, body: Wire, slots: Mapping[str, Any], above: str, taken: Taken) -> None:
    for name, value in body.items():
        if name in _BESIDE:
            continue
        slot, place = slots.get(name), f"{above}.{name}" if above else name
        if isinstance(slot, _Slot) and slot.taken:
            _take(tx, slot, value, place, taken)
        elif isinstance(slot, _Slot):
            taken.left[place] = (_identified(tx, slot, value, place, taken), slot.field.settable)
        elif isinstance(slot, dict) and value == {}:
            _clear(slot, taken)
        elif isinstance(slot, dict) and isinstance(value, dict):
            _walk(tx, value, slot, place, taken)
        elif isinstance(slot, dict) and isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
            _walk(tx, value[0], slot, place, taken)
        else:
            taken.left[place] = (value, None)


def _clear(slots: Mapping[str, Any], taken: Taken) -> None:
    """An empty element takes away what may be missing (`<vlan/>`)."""
    for slot in slots.values():
        if isinstance(slot, _Slot) and slot.taken and _may_be_none(slot):
            taken.values[slot.name] = None


def _identified(tx: Transaction, slot: _Slot, value: Any, place: str, taken: Taken) -> Any:
    """A reference that cannot be set may be said by its name all the same, as long as it is what is shown."""
    if isinstance(slot.field, Reference) and isinstance(value, dict) and value.get("name"):
        return {"id": _resolved(tx, slot, value, place, taken)}
    return value


def _take(tx: Transaction, slot: _Slot, value: Any, place: str, taken: Taken) -> None:
    said = slot.field
    if isinstance(said, Several):
        item = entity_of(said.of).element
        taken.values[slot.name] = [
            _one_of_several(tx, said, one, f"{place}.{item}[{number}]", taken) for number, one in enumerate(value, 1)
        ]
    elif isinstance(said, Reference):
        if isinstance(value, list):
            taken.values[slot.name] = tuple(_resolved(tx, slot, one, place, taken) for one in value)
        elif value:
            taken.values[slot.name] = _resolved(tx, slot, value, place, taken)
        elif value == {} and _may_be_none(slot):
            taken.values[slot.name] = None
    elif value is not None:
        try:
            taken.values[slot.name] = _convert(slot, value)
        except msgspec.ValidationError:  # the API has the value, and the model does not
            taken.left[place] = (value, None)


def _one_of_several(tx: Transaction, said: Several, body: Wire, place: str, taken: Taken) -> dict[str, Any]:
    """One object within a body. What it says that cannot be taken is left with the body's other elements."""
    inner = take(tx, entity_of(said.of), body, "add")
    taken.left.update((f"{place}.{below}", why) for below, why in inner.left.items())
    return inner.values


def _resolved(tx: Transaction, slot: _Slot, value: Wire, place: str, taken: Taken) -> str:
    assert isinstance(slot.field, Reference)
    return resolve(tx, slot.field, value, place, lambda named: taken.meant(slot.name, named))


def resolve(
    tx: Transaction,
    said: Reference,
    value: Wire,
    place: str,
    meant: Callable[[Sequence[Any]], Sequence[Any]] = lambda named: named,
) -> str:
    """The id of what a reference means, by its id or else by its name. Raises NotThere, NoSuchName, Incomplete."""
    target = entity_of(said.tables[0])
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
        if column.field.wire:
            slot = _Slot(column.name, column.field, kind, taken=entity.settable(column, method))
            _put(tree, column.field.wire, slot)
    for name, said in entity.inputs.items():
        _put(tree, said.wire, _Slot(name, said, None, taken=said.settable is Settable.ALWAYS or method == "add"))
    return tree


def _put(tree: dict[str, Any], wire: str, slot: _Slot) -> None:
    *holders, last = wire.split(".")
    for holder in holders:
        tree = tree.setdefault(holder, {})
    tree[last] = slot


def _at(shown: Any, place: str) -> Any:
    for name in place.split("."):
        shown = shown.get(name) if isinstance(shown, dict) else None
    return shown


def _named(said: Field) -> str:
    return f"{said.wire}.id|name" if isinstance(said, Reference) else said.wire
