"""Fingerprints in words: the examples of their inventor, and no two fingerprints that differ at the start alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.fingerprint import format_proquints


@pytest.mark.parametrize(
    ("start", "proquints"),
    [  # from the paper, as IPv4 addresses
        ("7f0000013f54dcc1", "lusab-babad-gutih-tugad"),
        ("3f7607238c62c18d", "gutuk-bisog-mudof-sakat"),
    ],
)
def test_words_are_proquints(start: str, proquints: str) -> None:
    assert format_proquints(start.ljust(64, "0")) == proquints


@given(st.binary(min_size=8, max_size=8), st.binary(min_size=8, max_size=8))
def test_other_bits_are_other_words(one: bytes, other: bytes) -> None:
    rest = "0" * 48
    assert (format_proquints(one.hex() + rest) == format_proquints(other.hex() + rest)) == (one == other)
