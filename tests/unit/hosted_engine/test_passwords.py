"""A stored password opens for the right word only, and tells nothing by itself."""

import pytest

from hosted_engine.passwords import hash_password, is_outdated, matches, new_secret

STORED = hash_password("pässwörd with spaces")
# Made by the release before argon2id.
OF_SCRYPT = "scrypt$1024$8$1$SQNYt91KF1fVn6MDSdAAtw==$OKBegpzuMN1ZSumuxoZrL2GF7exw0Co5atCJyqMTQJk="


def test_the_password_it_was_made_of_matches() -> None:
    assert matches("pässwörd with spaces", STORED)


@pytest.mark.parametrize("wrong", ["", "pässwörd with space", "PÄSSWÖRD WITH SPACES"])
def test_another_one_does_not(wrong: str) -> None:
    assert not matches(wrong, STORED)


def test_each_has_its_own_salt() -> None:
    assert hash_password("pässwörd with spaces") != STORED


def test_the_form_is_the_documented_one() -> None:
    assert STORED.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert "ssw" not in STORED


def test_what_earlier_releases_stored_is_checked_and_outdated() -> None:
    assert matches("geheimnis", OF_SCRYPT)
    assert not matches("Geheimnis", OF_SCRYPT)
    assert is_outdated(OF_SCRYPT)


@pytest.mark.parametrize(
    ("stored", "outdated"), [(STORED, False), (hash_password("x", memory_kib=16), True)], ids=["ours", "less memory"]
)
def test_a_hash_of_other_costs_is_outdated(stored: str, outdated: bool) -> None:
    assert is_outdated(stored) is outdated


def test_a_service_account_s_secret_has_256_bits_of_chance() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert {len(secret) for secret in secrets} == {43}


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "plain",
        "$argon2id$v=19$m=19456,t=2,p=1$AAAA$",
        "$argon2id$",
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
    assert not matches("pässwörd with spaces", STORED.replace("argon2id", "md5"))
