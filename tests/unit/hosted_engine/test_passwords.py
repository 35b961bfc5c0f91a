"""A stored password opens for the right word only, and tells nothing by itself."""

import pytest

from hosted_engine.passwords import hash_password, matches

STORED = hash_password("pässwörd with spaces")


def test_the_password_it_was_made_of_matches() -> None:
    assert matches("pässwörd with spaces", STORED)


@pytest.mark.parametrize("wrong", ["", "pässwörd with space", "PÄSSWÖRD WITH SPACES"])
def test_another_one_does_not(wrong: str) -> None:
    assert not matches(wrong, STORED)


def test_each_has_its_own_salt() -> None:
    assert hash_password("pässwörd with spaces") != STORED


def test_the_form_is_the_documented_one() -> None:
    assert STORED.startswith("scrypt$16384$8$1$")
    assert STORED.count("$") == 5
    assert "ssw" not in STORED


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "plain",
        "scrypt$16384$8$1$!!$!!",
        "scrypt$x$8$1$AAAA$AAAA",
        "scrypt$16384$8$1$AAAA$",
    ],
)
def test_what_is_not_one_of_ours_matches_nothing(stored: str) -> None:
    assert not matches("pässwörd with spaces", stored)


def test_the_hash_is_no_password() -> None:
    assert not matches(STORED, STORED)


def test_another_scheme_matches_nothing() -> None:
    assert not matches("pässwörd with spaces", STORED.replace("scrypt", "md5"))
