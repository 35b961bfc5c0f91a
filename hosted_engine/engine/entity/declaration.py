"""An entity of the API, declared once: table, both directions of the wire, handlers and searches follow from it.

An `Entity` needs no class of its own. What is special of one overrides a method here: `defaults`, `change`, `check`,
`check_removable`, `meant`, `gather` and `show`, or the command that `add`, `update` or `remove` answers.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from hosted_engine.engine.command import Command, Lock
from hosted_engine.engine.entity.commands import AddEntity, RemoveEntity, UpdateEntity
from hosted_engine.engine.entity.events import NO_EVENTS, Events
from hosted_engine.engine.entity.field import Field, Settable, Structure
from hosted_engine.engine.entity.record import Column, Model, Record
from hosted_engine.engine.entity.registry import entity_of, register
from hosted_engine.engine.entity.structure import merged
from hosted_engine.engine.entity.values import normal
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NameTaken, found
from hosted_engine.engine.search.terms import Declared, Path
from hosted_engine.engine.users.model import Caller

if TYPE_CHECKING:
    from hosted_engine.engine.entity.reported import Reported

T = TypeVar("T", bound=Model)
Values = Mapping[str, Any]  # by field, as the model's types have them

READ = frozenset({"list", "get"})
ALL = frozenset({"list", "get", "add", "update", "remove"})


class Options(Protocol):
    """What a request says beside its body, by oVirt's names (`clone`, `detach_only`)."""

    def text(self, name: str) -> str | None: ...
    def boolean(self, name: str) -> bool | None: ...
    def integer(self, name: str) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Link:
    """Shown as the object `id` of `table`, where `show` answers it; `path` is the collection of one that is within
    others, `name` what it is called where that is shown too."""

    table: str
    id: str
    path: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """What an object is shown from, beside itself."""

    tx: Transaction
    readings: Readings
    options: Options
    place: "Place"


@dataclass(frozen=True, slots=True)
class Within:
    """The object in the path above: its table, and the field that names it."""

    table: str
    field: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the API an entity is: the services of the collection and of one of it. `within` says by the name of an
    id in the path (`vm`) what has to stand above; a place is meant when all of its names are in the path. `shows` names
    the reference whose object is shown instead of the entity's own: what is assigned. `key` is the field that the id in
    the path is. With `nested` one is shown as being here, else in its entity's own collection. `methods` are those that
    are there; where it `joins`, an addition names an object that is there and comes to be in this place (`join`);
    where it `waits`, an addition is answered when it has ended, as in oVirt. `events` stand for the entity's own.
    `having` are values that those of the collection have, and get.
    A request with an option that `instead` names (`unregistered`) is answered by what that is."""

    services: tuple[str, str]
    within: Mapping[str, Within] = field(default_factory=dict)
    having: Mapping[str, Any] = field(default_factory=dict)
    shows: str = ""
    key: str = "id"
    nested: bool = False
    methods: frozenset[str] = ALL
    events: Events | None = None
    joins: bool = False
    waits: bool = False
    instead: Mapping[str, "Reported"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Action(Generic[T]):
    """`inputs` are what its body may say; `command` makes the command of the object and what was said; `shown` are
    elements that are so anyway, and may be said too. What begins with the command and takes longer than it is over when
    `is_done` says so, which raises Refused when it never will be: who waits, waits for that. `statuses` are those of
    the object in which it is carried out, where that is a rule; it is an action of what is in the `place`. With
    `of_caller` the command is told who asks, as `caller_id`; `answers` says what else its answer shows."""

    command: Callable[[Transaction, T, Values], Command]
    inputs: Mapping[str, Field] = field(default_factory=dict)
    shown: Mapping[str, Any] = field(default_factory=dict)
    is_done: Callable[[T], bool] | None = None
    place: int = 0
    statuses: Collection[StrEnum] = ()
    of_caller: bool = False
    answers: "Callable[[Any], Mapping[str, Link]] | None" = None


class Entity(Record[T]):
    """`kind` is the word for one in sentences ("VM"), `type` the API's type, `path` its collection below the API's
    root, empty where it has none of its own. `shown` are places on the wire that are the same for all. `inputs` are
    what a body may say that is no field of the model, by the names in which commands take them; `actions` what can be
    done to one, by the API's names. A search finds the fields that say so, what `searches` adds to them, and over the
    paths of `related` the words of other entities (`hosted_engine.engine.search.terms`). A list has `default_limit`
    objects where nothing says how many, and `most` in any case."""

    def __init__(
        self,
        model: type[T],
        table: str,
        *,
        kind: str,
        type: str,
        places: tuple[Place, ...],
        path: str = "",
        order: str | tuple[str, ...] = "name",
        unique: tuple[tuple[str, ...], ...] = (),
        indexes: tuple[tuple[str, ...], ...] = (),
        events: Events = NO_EVENTS,
        shown: Mapping[str, Any] = MappingProxyType({}),
        inputs: Mapping[str, Field] = MappingProxyType({}),
        actions: Mapping[str, "Action[T]"] = MappingProxyType({}),
        searches: Mapping[str, Declared] = MappingProxyType({}),
        related: Mapping[str, Path] = MappingProxyType({}),
        default_limit: int | None = None,
        most: int | None = None,
    ) -> None:
        super().__init__(model, table, order=order, unique=unique, indexes=indexes)
        self.kind = kind
        self.type = type
        self.places = places
        self.path = path
        self.events = events
        self.shown = shown
        self.inputs = inputs
        self.actions = actions
        self.searches = searches
        self.related = related
        self.default_limit = default_limit
        self.most = most
        self._check_declaration()
        register(self)

    def events_at(self, place: int) -> Events:
        return self.places[place].events or self.events

    def find(self, tx: Transaction, identity: str, caller: Caller) -> T | None:
        """What a path calls `identity`."""
        return tx.of(self.model).get(identity)

    def required(self) -> tuple[Column, ...]:
        """What has to be given when one is added: what has no default and is on the wire."""
        return tuple(c for c in self.columns.values() if c.field.wire and self.settable(c, "add") and not c.has_default)

    def completed(self, given: Values) -> Collection[str]:
        """What of that need not be given, because of what is."""
        return ()

    def settable(self, column: Column, method: str) -> bool:
        match column.field.settable:
            case Settable.NEVER:
                return False
            case Settable.ON_ADD:
                return method == "add"
            case Settable.ALWAYS:
                return True

    def normal(self, given: Values, root: str = "") -> dict[str, Any]:
        """`given` in normal form. Raises BadValue, naming the place on the wire, for what is out of its bounds."""
        return {
            name: normal(self.place(name, root), value, self._field(name), filled=self._is_required(name))
            for name, value in given.items()
        }

    def place(self, name: str, root: str = "") -> str:
        """The field's place in a body, in words: `tag.parent`. `root` is the body's own place within another."""
        return f"{root or self.element}.{self._field(name).wire or name}"

    @property
    def element(self) -> str:
        return "".join(f"_{c.lower()}" if c.isupper() else c for c in self.type).lstrip("_")

    def make(self, tx: Transaction, given: Values) -> T:
        """A new one of what is given. What is left out comes from `defaults`, then from the model."""
        defaults = self.defaults(tx, given)
        merged = self._merged(tx, defaults.get, given)
        return self.model(**{"id": new_id(), **defaults, **self._fields(given), **merged})

    def defaults(self, tx: Transaction, given: Values) -> Values:
        return {}

    def change(self, tx: Transaction, before: T, given: Values) -> T:
        merged = self._merged(tx, partial(getattr, before), given)
        return replace(before, **{**self._fields(given), **merged})

    def check(self, tx: Transaction, item: T, before: T | None) -> None:
        """Raises Refused when `item` cannot be so; `before` is None for a new one."""

    def check_alone(self, tx: Transaction, item: T, before: T | None, *, stays: bool = True) -> None:
        """Raises Refused where the plain command, which asks no node, is not enough any more: what it is about has
        changed since the command was made. `stays` is False for one that is removed."""

    def check_removable(self, tx: Transaction, item: T) -> None:
        """Raises Refused when it has to stay; what others need of it is asked already."""

    def meant(self, tx: Transaction, name: str, named: Sequence[Any], known: Values) -> Sequence[Any]:
        """Those of `named`, which all have the name that a body gives for the reference `name`, that can be meant;
        `known` is what is known of the object so far."""
        return named

    def added(self, tx: Transaction, item: T) -> None:
        """Makes what comes into being with it, in the same transaction."""

    def changed(self, tx: Transaction, item: T, before: T) -> None:
        """Changes what follows from it, in the same transaction."""

    def removed(self, tx: Transaction, item: T) -> None:
        """Takes away what goes with it, in the same transaction."""

    def add(self, tx: Transaction, given: Values, options: Options, *, place: int = 0) -> tuple[Command, T]:
        """The command that adds it, and the object as it will be."""
        item = self.make(tx, given)
        return AddEntity.of(self, item, place=place), item

    def update(self, tx: Transaction, before: T, given: Values, options: Options) -> tuple[Command, T]:
        """The command that changes it, and the object as it will be."""
        item = self.change(tx, before, given)
        return UpdateEntity.of(self, before, item), item

    def join(self, tx: Transaction, item: T, within: Values, options: Options) -> Command:
        """The command that brings an object to a place that `joins`; `within` are the fields that it gets by it."""
        raise NotImplementedError

    def remove(self, tx: Transaction, item: T, options: Options, *, place: int = 0) -> Command:
        return RemoveEntity.of(self, item, place=place)

    def find_added(self, tx: Transaction, item: T) -> T | None:
        """The object that the addition of `item` has made."""
        return tx.of(self.model).get(item.id)

    def part(self, tx: Transaction, item: T, name: str) -> Any:
        """What is there of the part `name` of its inputs; None where nothing is."""
        return None

    def parts(self, tx: Transaction, item: T, command: Command, given: Values) -> Mapping[str, Any]:
        """What the parts that were given will be shown as, outer ones first: by places
        ("disk_attachments.disk_attachment[1].disk") a pair of an entity and one of its objects each."""
        return {}

    def gather(self, view: View, items: Sequence[T]) -> Any:
        """What `show` needs of all `items` together, so that a list asks once."""
        return None

    def show(self, item: T, gathered: Any) -> Mapping[str, Any]:
        """What is shown beside the fields, by places on the wire ("actual_size"); None hides."""
        return {}

    def locks(self, item: T) -> tuple[Lock, ...]:
        """What nobody else may touch while it is added, changed or removed."""
        return (Lock(self.kind, item.id),)

    def event_values(self, tx: Transaction, item: T) -> Mapping[str, str]:
        """What else its events' sentences say, and what they are about (`vm_id`)."""
        return {}

    def describe(self, tx: Transaction, item: T, doing: str) -> str:
        """A job's description; `doing` is "Adding", "Editing" or "Removing"."""
        return f"{doing} {self.kind} {self.name_of(item)}"

    def name_of(self, item: T) -> str:
        return str(getattr(item, "name", None) or item.id)

    def check_unique(self, tx: Transaction, item: T) -> None:
        for names in self.unique:
            same = tx.of(self.model).list(**{name: getattr(item, name) for name in names})
            if any(other.id != item.id for other in same):
                raise NameTaken(name=self.name_of(item), kind=self.kind)

    def check_same(self, tx: Transaction, item: T, given: Values, root: str) -> None:
        """Raises BadValue where something else is given at the place `root` of a body than is so."""
        other = self.change(tx, item, given)
        for name, column in self.columns.items():
            value, now = getattr(other, name), getattr(item, name)
            if value != now:
                reason = f"the {self.kind} is there, and its {column.field.wire} is {now}"
                raise BadValue(value=value, field=self.place(name, root), reason=reason)

    def check_references(self, tx: Transaction, item: T) -> None:
        for name, reference in self.references.items():
            value = getattr(item, name)
            for one in value if isinstance(value, tuple) else (value,) if value is not None else ():
                if reference.strict or isinstance(value, tuple):
                    target = entity_of(reference.tables[0])
                    found(tx.of(target.model).get(one), target.kind, one)

    def _fields(self, given: Values) -> dict[str, Any]:
        return {name: value for name, value in given.items() if name in self.columns}

    def _merged(self, tx: Transaction, before: Callable[[str], Any], given: Values) -> dict[str, Any]:
        """The structures of which something is given."""
        said = {name: self.columns[name].field for name in given if name in self.columns}
        structures = {name: field for name, field in said.items() if isinstance(field, Structure)}
        return {name: merged(tx.secrets, field.of, before(name), given[name]) for name, field in structures.items()}

    def _field(self, name: str) -> Field:
        return self.columns[name].field if name in self.columns else self.inputs[name]

    def _is_required(self, name: str) -> bool:
        return name in self.columns and not self.columns[name].has_default

    def _check_declaration(self) -> None:
        """Raises TypeError: a wrong declaration ends at import."""
        said = (*(c.field for c in self.columns.values()), *self.inputs.values())
        wires = [wire for f in said for wire in (f.wire, *f.also) if wire]
        twice = sorted({wire for wire in wires if wires.count(wire) > 1})
        if twice:
            raise TypeError(f"{self.kind}: {', '.join(twice)} stands twice on the wire")
        if clash := set(self.inputs) & set(self.columns):
            raise TypeError(f"{self.kind}: {', '.join(sorted(clash))} is a field and an input")
        for place in self.places:
            for name in (place.key, place.shows or "id", *(within.field for within in place.within.values())):
                if name not in self.columns:
                    raise TypeError(f"{self.kind} has no field {name}, which its place {place.services[0]} names")
        for column in self.columns.values():
            if column.field.length is not None and column.type is not str:
                raise TypeError(f"{self.kind}.{column.name} has a length and is no text")
            if (column.field.least is not None or column.field.most is not None) and column.type not in (int, float):
                raise TypeError(f"{self.kind}.{column.name} has bounds and is no number")
