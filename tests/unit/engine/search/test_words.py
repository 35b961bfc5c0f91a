"""Declarations of what a search finds: wrong ones end when they are checked; each of oVirt's words has an answer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from hosted_engine.engine.entities import ENTITIES
from hosted_engine.engine.entity import registry
from hosted_engine.engine.entity.declaration import Entity
from hosted_engine.engine.entity.field import Field, Reference
from hosted_engine.engine.search.__main__ import coverage
from hosted_engine.engine.search.known import KNOWN
from hosted_engine.engine.search.model import BadSearch
from hosted_engine.engine.search.parse import parse
from hosted_engine.engine.search.resolve import Resolver
from hosted_engine.engine.search.terms import Count, Declared, Elapsed, JsonPart, Of, Path, Shown, Times, path
from hosted_engine.engine.search.vocabulary import check_searches


@dataclass(frozen=True, kw_only=True)
class Thing:
    id: str
    name: Annotated[str, Field("name", search="name")]
    cluster_id: Annotated[str, Reference("cluster", to="clusters")]


@pytest.fixture
def declare() -> Iterator[Callable[..., None]]:
    """A `Thing` with these searches, checked; gone again afterwards."""

    def checked(searches: dict[str, Declared], related: dict[str, Path] | None = None, model: Any = Thing) -> None:
        entity: Entity[Any] = Entity(
            model, "things", kind="thing", type="Tag", places=(), searches=searches, related=related or {}
        )
        check_searches([entity])

    yield checked
    registry._entities.pop("things", None)
    registry._records.pop("things", None)


def test_a_right_declaration_is_taken(declare: Callable[..., None]) -> None:
    declare({"dc": Of(path("cluster_id"), "datacenter")}, {"hosts": path("cluster_id", "nodes.cluster_id")})


@pytest.mark.parametrize(
    ("searches", "related", "message"),
    [
        ({"x": Of(path("nothing_id"), "name")}, {}, "things has no field nothing_id"),
        ({"x": Of(path("cluster_id"), "colour")}, {}, "cluster is not searched by colour"),
        ({"x": Of(path("cluster_id"), "name", below="above_id")}, {}, "clusters has no field above_id"),
        ({"x": Of(path("name"), "name")}, {}, "things.name does not say where it leads to"),
        ({"x": Of(path("cluster_id->hosts"), "name")}, {}, "things.cluster_id names no hosts"),
        ({"x": Of(path("nodes.cluster_id"), "name")}, {}, "nodes.cluster_id names no things"),
        ({"x": Count(path("planets.thing_id"))}, {}, "there is no table planets"),
        ({"x": Shown("colour")}, {}, "thing does not always show colour"),
        ({"x": Times(("name", "size"))}, {}, "things has no field size"),
        ({"x": JsonPart("said", "colour")}, {}, "things has no field said"),
        ({"x": Elapsed("since", during="name")}, {}, "things has no field since"),
        ({}, {"clusters": path("cluster_id", aliases={"x": "colour"})}, "clusters.x is not searched by colour"),
        ({}, {"clusters": path("cluster_id", "nodes.vm_id")}, "nodes has no field vm_id"),
    ],
)
def test_a_wrong_one_ends_when_it_is_checked(
    declare: Callable[..., None], searches: dict[str, Declared], related: dict[str, Path], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        declare(searches, related)


def test_a_step_that_cannot_be_read_ends_at_once() -> None:
    with pytest.raises(TypeError, match="'a b' is no step of a path"):
        path("a b")


def refusal_of(entity: Entity[Any], text: str) -> str:
    """What a search is refused with; nothing when it is understood."""
    try:
        Resolver(text=text, entity=entity, now=0.0).question(parse(text), {})
    except BadSearch as err:
        return f"{err.text.status} {err}"
    return ""


def test_each_word_of_ovirt_is_understood_or_refused_by_name() -> None:
    for entity in ENTITIES:
        known = KNOWN[entity.type].fields if entity.path and entity.type in KNOWN else ()
        for name in known:
            said = refusal_of(entity, f"{name}=x")
            is_understood = not said or f"of `{name}`, 'x' is" in said  # and `x` is no value of it
            assert is_understood or (said.startswith("501") and f"`{name}` of a {entity.kind} is not there yet" in said)


def test_most_of_it_is_there() -> None:
    there = {one.type: one.known - len(one.fields) for one in coverage()}
    assert there["Vm"] >= 23
    assert sum(there.values()) >= 128
