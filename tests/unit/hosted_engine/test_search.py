"""The search language of oVirt: what it reads, what it refuses, what it finds."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hosted_engine.engine.search.match import Fields, select
from hosted_engine.engine.search.model import BadSearch, Condition, Operator, Query
from hosted_engine.engine.search.parse import parse

EQ = Operator.EQUAL


@dataclass(frozen=True)
class Thing:
    name: str
    memory: int = 0
    status: str = "up"
    tags: tuple[str, ...] = ()
    at: datetime | None = None


FIELDS: Fields[Thing] = {
    "name": lambda t: t.name,
    "memory": lambda t: t.memory,
    "status": lambda t: t.status,
    "tag": lambda t: t.tags,
    "time": lambda t: t.at,
}
THINGS = [
    Thing("web1", 10, "up", ("front", "fast"), datetime(2026, 11, 19, tzinfo=UTC)),
    Thing("Web 2", 200, "down", (), datetime(2026, 11, 20, tzinfo=UTC)),
    Thing("db.1", 30, "up", ("back",)),
    Thing("größe", 4),
]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", Query()),
        ("  ", Query()),
        ("Vms:", Query()),
        ("name=x", Query(((Condition("name", EQ, "x"),),))),
        ("Name = x", Query(((Condition("name", EQ, "x"),),))),
        ("Vms: name=x", Query(((Condition("name", EQ, "x"),),))),
        ('name="a b"', Query(((Condition("name", EQ, "a b"),),))),
        (r'name="a \"b\" \\"', Query(((Condition("name", EQ, 'a "b" \\'),),))),
        ("a b", Query(((Condition("", EQ, "a"), Condition("", EQ, "b")),))),
        ("a=1 and b!=2", Query(((Condition("a", EQ, "1"), Condition("b", Operator.NOT_EQUAL, "2")),))),
        (
            "a=1 or b>=2 AND c<3",
            Query(
                (
                    (Condition("a", EQ, "1"),),
                    (Condition("b", Operator.GREATER_OR_EQUAL, "2"), Condition("c", Operator.LESS, "3")),
                )
            ),
        ),
        ("Clusters.name=x", Query(((Condition("clusters.name", EQ, "x"),),))),
        ("sortby name", Query((), "name")),
        ("name=x sortby Memory desc page 3", Query(((Condition("name", EQ, "x"),),), "memory", True, 3)),
        ("sortby name asc page 1", Query((), "name", False, 1)),
        ("page 2", Query((), page=2)),
        ("page=2", Query(((Condition("page", EQ, "2"),),))),
    ],
)
def test_it_reads(text: str, query: Query) -> None:
    assert parse(text) == query


@pytest.mark.parametrize(
    "text",
    [
        "name=",
        "=x",
        "name=x and",
        "or name=x",
        "name=x or and y",
        'name="x',
        '"name"=x',
        "name==x",
        "page x",
        "page 0",
        "sortby",
        "sortby name page",
        "page 1 x",
        "name!x",
        "x" * 5000,
    ],
)
def test_it_refuses(text: str) -> None:
    with pytest.raises(BadSearch) as caught:
        parse(text)
    assert caught.value.text.status == 400


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        query = parse(text)
    except BadSearch:
        return
    assert isinstance(query, Query)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["web1", "Web 2", "db.1", "größe"]),
        ("name=web1", ["web1"]),
        ("name=WEB1", ["web1"]),
        ("name=web*", ["web1", "Web 2"]),
        ('name="web 2"', ["Web 2"]),
        ("name=db?1", []),
        ("name=*1", ["web1", "db.1"]),
        ("name!=web*", ["db.1", "größe"]),
        ("name=GRÖSSE or name=GRÖßE", ["größe"]),
        ("eb", ["web1", "Web 2"]),
        ("memory>10", ["Web 2", "db.1"]),
        ("memory>=10 and memory<=30", ["web1", "db.1"]),
        ("memory=10", ["web1"]),
        ("memory>lots", []),
        ("tag=front", ["web1"]),
        ("tag=fast and status=up", ["web1"]),
        ("tag!=front", ["Web 2", "db.1", "größe"]),
        ("status=down or tag=back", ["Web 2", "db.1"]),
        ('time>"2026-11-19T12:00:00"', ["Web 2"]),
        ("sortby name", ["db.1", "größe", "Web 2", "web1"]),
        ("sortby memory desc", ["Web 2", "db.1", "web1", "größe"]),
        ("sortby time", ["db.1", "größe", "web1", "Web 2"]),
    ],
)
def test_it_finds(text: str, names: list[str]) -> None:
    assert [thing.name for thing in select(parse(text), THINGS, FIELDS)] == names


def test_pages_and_limits() -> None:
    def names(text: str, limit: int | None = None) -> list[str]:
        return [thing.name for thing in select(parse(text), THINGS, FIELDS, limit=limit)]

    assert names("", 2) == ["web1", "Web 2"]
    assert names("", -1) == names("")
    assert names("", 0) == []
    assert names("page 2", 3) == ["größe"]
    assert names("page 3", 3) == []
    assert names("page 1") == names("")


def test_case_counts_when_asked() -> None:
    assert [t.name for t in select(parse("name=web*"), THINGS, FIELDS, case_sensitive=True)] == ["web1"]


def test_a_field_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadSearch, match="no field colour here, only memory, name, status, tag, time"):
        select(parse("colour=red"), THINGS, FIELDS)
