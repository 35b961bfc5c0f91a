"""Which words a search of an entity understands, and to which other objects it may lead: made of the declaration."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from hosted_engine.engine.entity.field import Reference, Shape
from hosted_engine.engine.entity.record import Column
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.search.known import KNOWN, Known
from hosted_engine.engine.search.paths import Relation, column_of, lead
from hosted_engine.engine.search.terms import (
    Always,
    Contains,
    Count,
    Declared,
    During,
    Either,
    Elapsed,
    JsonPart,
    Kind,
    Leaf,
    Minus,
    Observed,
    Of,
    Own,
    Shown,
    Step,
    Times,
    Total,
    Value,
    path,
)

if TYPE_CHECKING:
    from hosted_engine.engine.entity.declaration import Entity

_NOTHING = Known("", (), {}, {})


@dataclass(frozen=True, slots=True)
class Word:
    """What a word finds: `leaf` of the objects that `steps` lead to. `values` of an enumeration are by their spelling
    without case and underscores, None where no object here can have it; `spelled` are those of the API. `free`: bare
    words look there, too. `elapsed`: the time since then is meant."""

    leaf: Leaf
    kind: Kind
    steps: tuple[Step, ...] = ()
    unit: int = 1
    values: Mapping[str, Any] = field(default_factory=dict)
    spelled: tuple[str, ...] = ()
    below: str = ""
    free: bool = False
    elapsed: bool = False
    rewrite: Callable[[str], str] | None = None


def plain(word: str) -> str:
    """PoweringUp, powering_up and "powering up" are one word."""
    return word.lower().replace("_", "").replace("-", "").replace(" ", "")


def known_of(entity: "Entity[Any]") -> Known:
    return KNOWN.get(entity.type, _NOTHING)


@cache
def vocabulary_of(entity: "Entity[Any]") -> Mapping[str, Word]:
    """Raises TypeError where the declaration is wrong."""
    return {name: word_of(entity, name) for name in sorted(_declared(entity))}


@cache
def relations_of(entity: "Entity[Any]") -> Mapping[str, Relation]:
    """Raises TypeError where the declaration is wrong."""
    found: dict[str, Relation] = {}
    for column in entity.columns.values():
        if isinstance(column.field, Reference) and len(column.field.tables) == 1:
            relation = lead(entity.table, path(column.name))
            found |= dict.fromkeys(column.field.searched_as, relation)
    return found | {name: lead(entity.table, way) for name, way in entity.related.items()}


def relation_of(entity: "Entity[Any]", name: str) -> Relation | None:
    """oVirt takes the singular and the plural."""
    found = relations_of(entity)
    return found.get(name) or found.get(f"{name}s") or found.get(name.removesuffix("s"))


@cache
def word_of(entity: "Entity[Any]", name: str) -> Word:
    """Raises TypeError where the declaration of the word is wrong."""
    known = known_of(entity)
    word = _word(entity, _declared(entity)[name])
    if isinstance(word.leaf, Always) and word.kind is Kind.WORD and not _is_enumeration(known, name, word):
        word = replace(word, kind=Kind.TEXT, values={}, spelled=())
    if (oVirt := known.fields.get(name)) is not None:
        others = {plain(value): None for value in oVirt.values}
        return replace(word, free=oVirt.free, values={**others, **word.values} if word.kind is Kind.WORD else {})
    return replace(word, free=word.kind is Kind.TEXT and not known.fields)


@cache
def _declared(entity: "Entity[Any]") -> Mapping[str, Declared]:
    found: dict[str, Declared] = {"id": Own("id")}
    for column in entity.columns.values():
        for name in column.field.searched_as:
            found[name] = (
                Of(path(column.name), "name")
                if isinstance(column.field, Reference)
                else Value(Own(column.name), column.field.unit, column.field.aliases)
            )
    return found | dict(entity.searches)


def _word(entity: "Entity[Any]", declared: Declared) -> Word:
    match declared:
        case Of():
            return _word_of_others(entity, declared)
        case Elapsed():
            since, during = (column_of(entity.table, name).name for name in (declared.field, declared.during))
            return Word(During(since, during), Kind.SPAN, elapsed=True)
        case Shown():
            return _word(entity, Value(Always(_shown(entity, declared.place)), aliases=declared.aliases))
        case Value():
            word = _word_of_leaf(entity, declared.leaf)
            values = {**word.values, **{plain(alias): value for alias, value in declared.aliases}}
            return replace(word, unit=declared.unit, values=values, rewrite=declared.rewrite)
        case _:
            return _word_of_leaf(entity, declared)


def _word_of_others(entity: "Entity[Any]", declared: Of) -> Word:
    relation = lead(entity.table, declared.path)
    other = entity_of(relation.table)
    if declared.word not in _declared(other):
        raise TypeError(f"{entity.kind}: {other.kind} is not searched by {declared.word}")
    word = word_of(other, declared.word)
    if declared.below:
        column_of(relation.table, declared.below)
    return replace(word, steps=(*relation.steps, *word.steps), below=declared.below or word.below)


def _word_of_leaf(entity: "Entity[Any]", leaf: Leaf) -> Word:
    match leaf:
        case Own():
            return _word_of_column(column_of(entity.table, leaf.field))
        case Always():
            return _word_of_constant(leaf)
        case Either():
            column_of(entity.table, leaf.field)
            both = (leaf.true, leaf.false)
            return Word(leaf, Kind.WORD, values={plain(one): one for one in both}, spelled=both)
        case Observed():
            return Word(leaf, leaf.kind, **_members(leaf.members))
        case Contains():
            column_of(entity.table, leaf.field)
            return Word(leaf, Kind.BOOLEAN)
        case JsonPart():
            column_of(entity.table, leaf.field)
            return Word(leaf, Kind.TEXT if leaf.text else Kind.NUMBER)
        case Times():
            for factor in leaf.factors:
                column_of(entity.table, factor if isinstance(factor, str) else factor.field)
        case Minus():
            column_of(entity.table, leaf.whole)
            column_of(entity.table, leaf.part)
        case Count() | Total():
            relation = lead(entity.table, leaf.path)
            for name in filter(None, (leaf.field, leaf.total if isinstance(leaf, Total) else "")):
                column_of(relation.table, name)
    return Word(leaf, Kind.NUMBER)


def _word_of_column(column: Column) -> Word:
    leaf, said = Own(column.name), column.field
    if said.shape is Shape.DATE:
        return Word(leaf, Kind.DATE)
    if column.name == "id":
        return Word(leaf, Kind.NUMBER if column.type is int else Kind.ID)
    if isinstance(column.type, type) and issubclass(column.type, StrEnum):
        return Word(leaf, Kind.WORD, **_members(column.type))
    if said.choices:
        return Word(leaf, Kind.WORD, values={plain(one): one for one in said.choices}, spelled=said.choices)
    kinds = {str: Kind.TEXT, bool: Kind.BOOLEAN, int: Kind.NUMBER, float: Kind.NUMBER}
    if column.type not in kinds:
        raise TypeError(f"{column.name} is no value that can be searched")
    return Word(leaf, kinds[column.type])


def _word_of_constant(leaf: Always) -> Word:
    value = leaf.value
    if isinstance(value, bool):
        return Word(leaf, Kind.BOOLEAN)
    if isinstance(value, int | float):
        return Word(leaf, Kind.NUMBER)
    if value and not str(value)[0].isalpha():
        return Word(leaf, Kind.TEXT)
    return Word(leaf, Kind.WORD, values={plain(value): value}, spelled=(value,))


def _members(members: type[StrEnum] | None) -> dict[str, Any]:
    if members is None:
        return {}
    return {"values": {plain(one.value): one.value for one in members}, "spelled": tuple(one.value for one in members)}


def _is_enumeration(known: Known, name: str, word: Word) -> bool:
    """A text that all objects have is one where oVirt has others beside it, or further words were declared."""
    return len(word.values) > 1 or bool(known.fields.get(name) and known.fields[name].values)


def _shown(entity: "Entity[Any]", place: str) -> Any:
    """A version is searched as 4.7."""
    if place not in entity.shown:
        raise TypeError(f"{entity.kind} does not always show {place}, which its search names")
    value = entity.shown[place]
    return f"{value['major']}.{value['minor']}" if isinstance(value, dict) else value


def check_searches(entities: "Iterable[Entity[Any]]") -> None:
    """Raises TypeError: a wrong declaration ends when the engine starts."""
    for entity in entities:
        vocabulary_of(entity)
        for name, relation in relations_of(entity).items():
            for own, theirs in relation.aliases.items():
                if theirs not in _declared(entity_of(relation.table)):
                    raise TypeError(f"{entity.kind}: {name}.{own} is not searched by {theirs}")
