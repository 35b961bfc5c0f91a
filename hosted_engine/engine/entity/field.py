"""What a declaration says of one field of an entity, beside its type: its place on the wire, who sets it, bounds."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hosted_engine.engine.problems import BadValue

MIB = 1 << 20


class Settable(StrEnum):
    """By whom a body may set it: in an addition and in an update, in an addition alone, or never."""

    ALWAYS = "always"
    ON_ADD = "on add"
    NEVER = "never"


class OnRemove(StrEnum):
    """What becomes of an object when the one that it names is removed. NO_ACTION: it names it still, as the past
    does."""

    REFUSE = "refuse"
    CASCADE = "cascade"
    CLEAR = "clear"
    NO_ACTION = "no action"


class Shape(StrEnum):
    """How a value is written on the wire where its type alone does not say it."""

    PLAIN = "plain"
    DATE = "date"  # seconds since the epoch; 0 and None are not shown
    TEXT = "text"  # an empty one is not shown


@dataclass(frozen=True, slots=True)
class Field:
    """Stands in `Annotated[type, Field(…)]` of a model. A field without a default has to be given when one is added.

    `wire` is its path in the API's names ("cpu.topology.cores"), empty for one that is never shown; `also` are further
    paths at which the same value stands (a disk's `alias` is its `name`).
    `search` is the word under which a search finds it, or several; `unit` what such a search counts in (MIB for bytes);
    `aliases` are further words for its values, each with the value.
    `length` bounds a text in characters, `least` and `most` a number, `choices` the values of a text.
    `rule` gives the value in its normal form, or raises BadValue; it is handed the value and the words for the field.
    `live` says that it may change while a VM runs; others count from its next start.
    """

    wire: str = ""
    settable: Settable = Settable.ALWAYS
    also: tuple[str, ...] = ()
    search: str | tuple[str, ...] = ""
    unit: int = 1
    aliases: tuple[tuple[str, str], ...] = ()
    length: int | None = None
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()
    rule: Callable[[Any, str], Any] | None = None
    shape: Shape = Shape.PLAIN
    index: bool = False
    live: bool = False

    @property
    def searched_as(self) -> tuple[str, ...]:
        words = (self.search,) if isinstance(self.search, str) else self.search
        return tuple(word for word in words if word)


@dataclass(frozen=True, slots=True)
class Reference(Field):
    """The id of an object of the table `to`, or of one of several tables. On the wire it is an object with `id` and
    `href`, in a body it may have a name instead. `search` finds the object's name, and with a dot every field of it
    (`cluster.description`). `strict` has the database hold that it is there. `listed` writes it as a list of one."""

    to: str | tuple[str, ...] = ""
    on_remove: OnRemove = OnRemove.REFUSE
    strict: bool = True
    listed: bool = False

    @property
    def tables(self) -> tuple[str, ...]:
        return (self.to,) if isinstance(self.to, str) else self.to


@dataclass(frozen=True, slots=True)
class Structure(Field):
    """An object of the API that has neither an id nor a place of its own (a VM's `initialization`). Its members are
    those of the Struct `of`, by their names on the wire; a body's are merged into what is there, and an empty element
    takes it away. A member that is a Secret is a text in a body, and is shown by the entity's `show`, if at all."""

    of: type[Any] = object


@dataclass(frozen=True, slots=True)
class Part(Field):
    """An object of the entity `of` within a body: an input, as the values that it says. `required` in an addition;
    `completed` are fields of it that need not be said, because the command chooses them. With `existing` it may also be
    one that is there: then `id` is among the values. Where it is settable `on add` an update reads it all the same, and
    the entity holds it against what is there."""

    of: str = ""
    required: bool = False
    completed: tuple[str, ...] = ()
    existing: bool = False


@dataclass(frozen=True, slots=True)
class Several(Part):
    """Any number of them."""


NAME_CHARACTERS = "._-+"


def name_rule(*, extra: str = NAME_CHARACTERS, ascii_only: bool = False) -> Callable[[Any, str], str]:
    """Letters of any language (or those of ASCII), digits and the characters of `extra`; in normal form (NFC), so that
    what looks alike is alike. The rule is oVirt's."""

    def allowed(char: str) -> bool:
        known = char.isascii() and char.isalnum() if ascii_only else unicodedata.category(char)[0] in "LMN"
        return known or char in extra

    def check(value: Any, field: str) -> str:
        normal = text_rule(value, field)
        if not all(map(allowed, normal)):
            letters = "the letters a to z" if ascii_only else "letters"
            reason = f"only {letters}, digits and the characters {' '.join(extra)} may stand in it"
            raise BadValue(value=repr(value[:80]), field=field, reason=reason)
        return normal

    check.__doc__ = f"Letters of any language, digits and {' '.join(extra)}"  # for the entity's page
    return check


def text_rule(value: Any, field: str) -> str:
    """Any text but an empty one, in normal form (NFC)."""
    normal = unicodedata.normalize("NFC", value)
    if not normal:
        raise BadValue(value="nothing", field=field, reason="it may not be empty")
    return normal
