"""The search language of oVirt: what is read, and what is refused, at which character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hosted_engine.engine.search.model import BadSearch, Condition, Operator, Query
from hosted_engine.engine.search.parse import parse

EQ = Operator.EQUAL


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", Query()),
        ("  ", Query()),
        ("Vms:", Query(kind="vms")),
        ("name=x", Query(((Condition("name", EQ, "x"),),))),
        ("Name = x", Query(((Condition("name", EQ, "x"),),))),
        ("Vms : name=x", Query(((Condition("name", EQ, "x"),),), kind="vms")),
        ('name="a b"', Query(((Condition("name", EQ, "a b", True),),))),
        (r'name="a \"b\" \\"', Query(((Condition("name", EQ, 'a "b" \\', True),),))),
        ('name="it’s {odd}; (really)"', Query(((Condition("name", EQ, "it’s {odd}; (really)", True),),))),
        ("ip=fe80::1", Query(((Condition("ip", EQ, "fe80::1"),),))),
        ("free-size>1", Query(((Condition("free_size", Operator.GREATER, "1"),),))),
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
    ("text", "at", "reason"),
    [
        ("name=", 6, "no value follows `name=`"),
        ("=x", 1, "no field stands before `=`"),
        ("name=x and", 11, "nothing follows the last `and` or `or`"),
        ("or name=x", 1, "nothing stands before `or`"),
        ("name=x or and y", 11, "nothing stands before `and`"),
        ('name="x', 6, "the quote that opens there is never closed"),
        ('"name"=x', 1, "'name' is not the name of a field"),
        ("name==x", 6, "no value follows `name=`"),
        ("page x", 6, "no number from 1 follows `page`"),
        ("page 0", 6, "no number from 1 follows `page`"),
        ("sortby", 7, "no field follows `sortby`"),
        ("sortby name page", 17, "no number from 1 follows `page`"),
        ("page 1 x", 8, "the word 'x' was not expected"),
        ("name!x", 5, "the character ! (EXCLAMATION MARK) was not expected"),
        ("x" * 5000, 4097, "it is longer than 4096 characters"),
        ("a " * 65, 129, "it has more than 64 conditions"),
        ("{'name': 'production*'}", 1, "conditions like name=web*, not JSON"),
        ('{"name": "x"}', 1, "the character { (LEFT CURLY BRACKET) was not expected"),
        ("name='x'", 6, "the character ' (APOSTROPHE) was not expected: only straight double quotes"),
        ("name=“web 1”", 6, "the character “ (LEFT DOUBLE QUOTATION MARK) was not expected: only straight double"),
        ("status=up and name=web’s", 23, "the character ’ (RIGHT SINGLE QUOTATION MARK) was not expected"),
        ("name=«x»", 6, "(LEFT-POINTING DOUBLE ANGLE QUOTATION MARK)"),
        ("(name=x or name=y) and status=up", 1, "there are no parentheses"),
        ("name=x; drop table vms", 7, "the character ; (SEMICOLON) was not expected"),
        ("name=a\0b", 7, "the character U+0000"),
    ],
)
def test_it_refuses_and_says_where(text: str, at: int, reason: str) -> None:
    with pytest.raises(BadSearch) as caught:
        parse(text)
    said = caught.value.text
    assert said.status == 400
    assert said.why.startswith(f"at character {at}, ")
    assert reason in said.why
    assert len(said.what) < 250


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        query = parse(text)
    except BadSearch:
        return
    assert isinstance(query, Query)
