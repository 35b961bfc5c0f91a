"""The objects of an entity that a request asks for, by `search`, `max`, `from` and `case_sensitive`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hosted_engine.engine.entity.declaration import Entity, Options
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.search.model import Query
from hosted_engine.engine.search.observed import ground
from hosted_engine.engine.search.parse import parse
from hosted_engine.engine.search.question import Question
from hosted_engine.engine.search.resolve import Resolver
from hosted_engine.rest.problems import TooBroad


@dataclass(frozen=True, slots=True)
class Asked:
    """`within` are the fields that the path has fixed, to a value or to one of several."""

    entity: Entity[Any]
    options: Options
    within: Mapping[str, Any]
    now: float

    @property
    def text(self) -> str:
        return self.options.text("search") or ""

    @property
    def after(self) -> int | None:
        """`from`: what is counted comes after this one."""
        return self.options.integer("from") if self.entity.columns["id"].type is int else None

    def question(self, query: Query) -> Question:
        """Raises BadSearch, TooBroad."""
        resolver = Resolver(
            text=self.text,
            entity=self.entity,
            now=self.now,
            case_sensitive=self.options.boolean("case_sensitive") or False,
        )
        return resolver.question(query, self.within, limit=self._limit(query), after=self.after)

    def _limit(self, query: Query) -> int | None:
        wanted, most = self.options.integer("max"), self.entity.most
        if wanted is not None and most is not None and wanted > most:
            raise TooBroad(parameter="max", problem=f"is {wanted}", limit=most)
        if wanted is not None:
            return wanted if wanted >= 0 else most
        if query.page:
            return None
        return most if self.text or self.after is not None else self.entity.default_limit


def items(tx: Transaction, asked: Asked, readings: Readings) -> Sequence[Any]:
    """Raises BadSearch, TooBroad."""
    query = parse(asked.text)
    question = ground(asked.question(query), asked.entity, tx, readings)
    return tx.of(asked.entity.model).search(question)
