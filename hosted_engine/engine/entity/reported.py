"""A collection of the API that no table holds: what is in it follows from what nodes have said."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction

Shown = Mapping[str, Any]  # by places on the wire ("mac.address"); None is left out
Items = Callable[[Transaction, Readings, Mapping[str, str]], Mapping[str, Shown]]


@dataclass(frozen=True, slots=True)
class Reported:
    """`services` are those of the collection and of one of it, `kind` is the word for one. `within` names the ids that
    the path has to have; `items` is handed all of them, and answers by id what is there, in order. It raises NotThere
    where the path leads through nothing."""

    kind: str
    services: tuple[str, str]
    within: frozenset[str]
    items: Items
