"""From a search as it was read to a question: every word is looked up in the entity's declaration, or refused with its
place and what there is instead."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.search.model import BadSearch, Condition, Operator, Query, SearchNotThereYet, bad_search
from hosted_engine.engine.search.operands import comparison, operators
from hosted_engine.engine.search.question import AnyOf, Like, Order, Present, Question, Test
from hosted_engine.engine.search.terms import Kind, Own, Step
from hosted_engine.engine.search.vocabulary import Word, known_of, relation_of, relations_of, vocabulary_of, word_of
from hosted_engine.limits import SEARCH_RELATIONS

if TYPE_CHECKING:
    from hosted_engine.engine.entity.declaration import Entity

PAGE_SIZE = 100  # of a page when nothing says how many
_FARTHEST = 1 << 62  # what a database can count


@dataclass(frozen=True, slots=True)
class Found:
    """What a name means: `word` of the objects that `steps` lead to, or, None, those objects themselves."""

    entity: "Entity[Any]"
    steps: tuple[Step, ...]
    word: Word | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """`text` is repeated in refusals; `now` in seconds since the epoch."""

    text: str
    entity: "Entity[Any]"
    now: float
    case_sensitive: bool = False

    def question(
        self, query: Query, within: Mapping[str, Any], *, limit: int | None = None, after: int | None = None
    ) -> Question:
        """Of `limit` objects at most, or of a page of so many. With `after` they come in the order of their ids, if
        nothing else is asked. Raises BadSearch."""
        self._check_kind(query)
        size = limit if limit is not None and limit >= 0 else None
        if query.page and size is None:
            size = PAGE_SIZE
        return Question(
            tuple(tuple(map(self._condition, all_of)) for all_of in query.alternatives),
            self._order(query, after),
            within,
            after,
            min(size, _FARTHEST) if size is not None else None,
            min((query.page - 1) * (size or 0), _FARTHEST) if query.page else 0,
        )

    def _check_kind(self, query: Query) -> None:
        known = known_of(self.entity).prefixes or (self.entity.type.lower(), f"{self.entity.type.lower()}s")
        if query.kind and query.kind not in known:
            reason = (
                f"`{query.kind}` is not what this collection holds ({known[-1]}); a value with a colon needs quotes"
            )
            raise bad_search(self.text, query.kind_at, reason)

    def _condition(self, condition: Condition) -> AnyOf:
        if not condition.field:
            return self._anywhere(self.entity, (), condition)
        found = self._find(condition.field, condition.field_at)
        if found.word is None:
            return self._anywhere(found.entity, found.steps, condition)
        if condition.operator not in (allowed := operators(found.word)):
            signs = " and ".join(operator.value for operator in Operator if operator in allowed)
            raise bad_search(self.text, condition.operator_at, f"`{condition.field}` can be compared with {signs} only")
        return self._compared(found, found.word, condition)

    def _compared(self, found: Found, word: Word, condition: Condition) -> AnyOf:
        try:
            compared, negated = comparison(
                word,
                condition.operator,
                condition.value,
                quoted=condition.quoted,
                now=self.now,
                case_sensitive=self.case_sensitive,
            )
        except ValueError as err:
            raise bad_search(self.text, condition.value_at, f"of `{condition.field}`, {err}") from None
        return AnyOf((Test(word.leaf, compared, (*found.steps, *word.steps), word.below),), negated)

    def _anywhere(self, entity: "Entity[Any]", steps: tuple[Step, ...], condition: Condition) -> AnyOf:
        """In any text of the objects that `steps` lead to."""
        if condition.operator not in (Operator.EQUAL, Operator.NOT_EQUAL):
            reason = f"`{condition.field}` can be compared with = and != only, or name a field of it"
            raise bad_search(self.text, condition.operator_at, reason)
        negated = condition.operator is Operator.NOT_EQUAL
        if condition.field and not condition.quoted and condition.value.lower() in ("null", "empty"):
            return AnyOf((Test(Own("id"), Present(), steps),), not negated)
        words = [word for word in vocabulary_of(entity).values() if word.free]
        tests = tuple(
            Test(word.leaf, self._containing(word, condition.value), (*steps, *word.steps), word.below)
            for word in words
        )
        return AnyOf(tests, negated)

    def _containing(self, word: Word, value: str) -> Like:
        pattern = f"*{value}*"
        return Like(word.rewrite(pattern) if word.rewrite else pattern, self.case_sensitive)

    def _order(self, query: Query, after: int | None) -> tuple[Order, ...]:
        if not query.sort_by:
            return self._default_order() if after is None else (Order(Own("id")),)
        found = self._find(query.sort_by, query.sort_at)
        if found.word is None:
            reason = f"`{query.sort_by}` are other objects: name a field of them, as in {query.sort_by}.name"
            raise bad_search(self.text, query.sort_at, reason)
        word, descending = found.word, query.descending
        first = Order(
            word.leaf,
            (*found.steps, *word.steps),
            descending,
            word.kind is Kind.TEXT,
            tuple((value, place) for place, value in enumerate(word.spelled)),
            word.elapsed,
        )
        if word.kind is Kind.DATE and self.entity.columns["id"].type is int:
            return first, Order(Own("id"), descending=descending)  # of one instant, in the order of writing
        return first, *self._default_order()

    def _default_order(self) -> tuple[Order, ...]:
        named = [Order(Own(name.removeprefix("-")), descending=name.startswith("-")) for name in self.entity.order]
        return (*named, *(() if any(o.value == Own("id") for o in named) else (Order(Own("id")),)))

    def _find(self, name: str, at: int) -> Found:
        """Raises BadSearch where nothing is meant."""
        *ways, last = name.split(".")
        if len(ways) > SEARCH_RELATIONS:
            raise bad_search(self.text, at, f"`{name}` leads over more than {SEARCH_RELATIONS} relations")
        entity, steps, others = self.entity, (), {}  # type: tuple[Any, tuple[Step, ...], Mapping[str, str]]
        for way in ways:
            relation = relation_of(entity, way)
            if relation is None:
                raise self._unknown(entity, way, at, relation=True)
            steps, others = (*steps, *relation.steps), relation.aliases
            entity = entity_of(relation.table)
        last = others.get(last, last)
        if last in vocabulary_of(entity):
            return Found(entity, steps, word_of(entity, last))
        if (relation := relation_of(entity, last)) is not None:
            return Found(entity_of(relation.table), (*steps, *relation.steps), None)
        raise self._unknown(entity, last, at)

    def _unknown(self, entity: "Entity[Any]", name: str, at: int, *, relation: bool = False) -> BadSearch:
        known, there = known_of(entity), relations_of(entity) if relation else vocabulary_of(entity)
        kind, what = ("relation" if relation else "field"), f"of a {entity.kind}"
        if name in known.relations or (name in known.fields and not relation):
            reason = f"the {kind} `{name}` {what} is not there yet; there is {_listed(there)}"
            return bad_search(self.text, at, reason, as_=SearchNotThereYet)
        return bad_search(self.text, at, f"there is no {kind} {name} {what}, only {_listed(there)}")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
