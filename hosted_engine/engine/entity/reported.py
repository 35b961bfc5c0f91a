"""A collection of the API that no table holds: what is in it follows from what nodes say, or from other objects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.entity.declaration import Options
from hosted_engine.engine.entity.field import Field
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction


@dataclass(frozen=True, slots=True)
class AsItWas:
    """An object of the entity of `table` that no table holds as it is shown; `more` are further places on the wire,
    `gathered` is what the entity's `show` is handed."""

    table: str
    item: Any
    gathered: Any = None
    more: Mapping[str, Any] = field(default_factory=dict)


Shown = Mapping[str, Any] | AsItWas  # by places on the wire ("mac.address"); None is left out
Items = Callable[[Transaction, Readings, Mapping[str, str], Options], Mapping[str, Shown]]
Add = Callable[[Transaction, Mapping[str, str], Mapping[str, Any]], tuple[Command | None, str]]
Update = Callable[[Transaction, Mapping[str, str], Mapping[str, Any], Options], Command | None]
Remove = Callable[[Transaction, Mapping[str, str]], Command | None]


@dataclass(frozen=True, slots=True)
class ReportedAction:
    """As an entity's `Action`, of what the ids in the path name."""

    command: Callable[[Transaction, Mapping[str, str], Mapping[str, Any]], Command]
    inputs: Mapping[str, Field] = field(default_factory=dict)
    shown: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reported:
    """`services` are those of the collection and of one of it, `kind` is the word for one. `within` names the ids that
    the path has to have; `items` is handed all of them, and answers by id what is there, in order. It raises NotThere
    where the path leads through nothing. `add` makes of a body the command that has it among them, None where it is
    there already, and its id; all of `inputs` is needed but what is `optional`, and what else is said has to be shown
    anyway. `update` makes the command that changes it, None where it is so, and `remove` that which takes it away."""

    kind: str
    services: tuple[str, str]
    within: frozenset[str]
    items: Items
    inputs: Mapping[str, Field] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    add: Add | None = None
    update: Update | None = None
    remove: Remove | None = None
    actions: Mapping[str, ReportedAction] = field(default_factory=dict)
