"""What a search finds of an object beside its own fields: declared with the entity, checked when the engine starts.

A path leads from one object to others, step by step:
    "cluster_id"             the one that this reference names
    "nics.owner_id"          those of the table `nics` whose `owner_id` names it
    "owner_id->vms"          the VM that `owner_id` names, where it names objects of several tables
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

_STEP = re.compile(r"(?:(?P<table>\w+)\.)?(?P<field>\w+)(?:->(?P<to>\w+))?")


class Kind(StrEnum):
    """What a value is compared as."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    WORD = "word"  # one of an enumeration
    ID = "id"
    SPAN = "span of time"


@dataclass(frozen=True, slots=True)
class Step:
    """To the object of `table` that `field` names; with `back` to those of `table` whose `field` names this one."""

    table: str
    field: str
    back: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """`steps` as they are declared. `aliases` are those under which fields of the target are found here and nowhere
    else, each with the target's own word."""

    steps: tuple[str, ...]
    aliases: Mapping[str, str]


def path(*steps: str, aliases: Mapping[str, str] = MappingProxyType({})) -> Path:
    """Raises TypeError for a step that cannot be read."""
    for step in steps:
        if not _STEP.fullmatch(step):
            raise TypeError(f"{step!r} is no step of a path")
    return Path(steps, aliases)


def parts_of(step: str) -> tuple[str | None, str, str | None]:
    """The table of a step back, the field, and the table that it leads to where it says so."""
    found = _STEP.fullmatch(step)
    assert found is not None
    return found["table"], found["field"], found["to"]


@dataclass(frozen=True, slots=True)
class Own:
    """The object's field."""

    field: str


@dataclass(frozen=True, slots=True)
class JsonPart:
    """What stands under `name` in a field that lies in the database as JSON."""

    field: str
    name: str
    text: bool = False


@dataclass(frozen=True, slots=True)
class Either:
    """A word of an enumeration for each value of a field that is true or false."""

    field: str
    true: str
    false: str


@dataclass(frozen=True, slots=True)
class Times:
    """Numbers multiplied with each other."""

    factors: "tuple[str | JsonPart, ...]"


@dataclass(frozen=True, slots=True)
class Minus:
    """What is left of one field without another."""

    whole: str
    part: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many objects `path` leads to; with `field`, of those in which it is one of `among`."""

    path: Path
    field: str = ""
    among: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of `field` of all objects that `path` leads to, as they are counted by `Count`."""

    path: Path
    total: str
    field: str = ""
    among: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Always:
    """A value that all objects have."""

    value: Any


@dataclass(frozen=True, slots=True)
class Observed:
    """What no database has, as the nodes say it: `of` is handed the object and the readings, and answers None where
    nobody knows; a tuple is several values, one of which has to do. All objects of the table are asked, or those alone
    whose ids `known` finds in the readings. `members` are the values of an enumeration. With `gather`, what that finds
    in the store for all of them is handed to `of` as well."""

    of: Callable[..., Any]
    kind: Kind = Kind.NUMBER
    members: type[StrEnum] | None = None
    gather: Callable[[Any], Any] | None = None
    known: Callable[[Any], Collection[str]] | None = None


@dataclass(frozen=True, slots=True)
class Contains:
    """Whether a field, a list that lies in the database as JSON, has this text in it."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class During:
    """The object's field, and nothing while the field `other` holds nothing."""

    field: str
    other: str


Leaf = Own | During | JsonPart | Contains | Either | Times | Minus | Count | Total | Always | Observed


@dataclass(frozen=True, slots=True)
class Value:
    """A leaf as a search sees it: counted in `unit`; `aliases` as a Field has them; `rewrite` makes the pattern that is
    looked for of what was written."""

    leaf: Leaf
    unit: int = 1
    aliases: tuple[tuple[str, str], ...] = ()
    rewrite: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What `shown` of the declaration has at this place."""

    place: str
    aliases: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Of:
    """What `word` finds of the objects that `path` leads to. With `below`, a field that names the object of the same
    table above, it is found of all that stand below them as well."""

    path: Path
    word: str
    below: str = ""


@dataclass(frozen=True, slots=True)
class Elapsed:
    """The time since the moment that a field holds, while the field `during` holds anything."""

    field: str
    during: str


Declared = Value | Leaf | Shown | Of | Elapsed
