"""The patterns of a search: they find what a regular expression finds, and no pattern takes long."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hosted_engine.engine.search.glob import matcher

FEW = st.text("ab*", max_size=12)


@given(FEW, st.text("ab", max_size=12))
def test_it_finds_what_a_regular_expression_finds(pattern: str, text: str) -> None:
    expression = re.compile(".*".join(re.escape(part) for part in re.split(r"\*+", pattern)), re.DOTALL)
    assert matcher(pattern)(text) is (expression.fullmatch(text) is not None)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("", "", True),
        ("", "x", False),
        ("*", "", True),
        ("a*a", "a", False),  # one letter is not both ends
        ("a*a", "aa", True),
        ("*a*a*", "a", False),
        ("web*", "WEB\nserver", True),
        ("größe", "GRÖSSE", True),
        (".*[", ".x[", True),
    ],
)
def test_whole_texts(pattern: str, text: str, fits: bool) -> None:
    assert matcher(pattern)(text) is fits


def test_case_counts_when_asked() -> None:
    assert not matcher("a*", case_sensitive=True)("Ab")
    assert matcher("a*", case_sensitive=True)("ab")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "pattern", ["*" * 2000 + "x", "*a" * 1000 + "x", "a*" * 1000 + "x", ("a" * 30 + "*") * 60 + "x"]
)
def test_no_pattern_takes_long(pattern: str) -> None:
    for text in ("a" * 255, "a" * 4000, "ab" * 2000):
        assert not matcher(pattern)(text)
