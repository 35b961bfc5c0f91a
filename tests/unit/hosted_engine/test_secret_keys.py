"""The keys of what the engine keeps secret: made once, for root alone, changed without losing anything."""

from pathlib import Path

import msgspec
import pytest
from cryptography.fernet import Fernet

from hosted_engine.config import Config
from hosted_engine.engine.bookmarks.entity import Bookmark
from hosted_engine.engine.secrets import FORGOTTEN, Secret, without_secrets
from hosted_engine.secret_keys import FILE, KeyFile, Keys, KeysWrong, SecretLost
from hosted_engine.store.opening import open_store
from hosted_engine.store.store import SqlStore, WithoutKeys


class Inputs(msgspec.Struct):
    password: Secret
    vm: dict[str, object]


def test_a_secret_shows_nothing_of_itself() -> None:
    secret = Keys.new().seal("sesame")
    shown = (str(secret), repr(secret), repr(Inputs(password=secret, vm={})), f"{secret}")
    assert not [text for text in shown if "sesame" in text or secret.sealed in text]
    assert b"sesame" not in msgspec.json.encode(secret)


def test_it_is_the_same_after_json_and_is_sealed_otherwise_every_time() -> None:
    keys = Keys.new()
    secret = keys.seal("sésame ✓")
    again = msgspec.json.decode(msgspec.json.encode(secret), type=Secret)
    assert again == secret != keys.seal("sésame ✓")
    assert keys.reveal(again) == "sésame ✓"


@pytest.mark.parametrize("secret", [FORGOTTEN, Secret("sesame"), Keys.new().seal("sesame")])
def test_what_other_keys_sealed_says_what_to_do(secret: Secret) -> None:
    with pytest.raises(SecretLost, match="the file secret-keys") as caught:
        Keys.new().reveal(secret)
    assert "sesame" not in str(caught.value)


def test_secrets_are_forgotten_wherever_they_are() -> None:
    keys = Keys.new()
    inputs = Inputs(
        password=keys.seal("one"), vm={"name": "vm1", "nics": [{"key": msgspec.to_builtins(keys.seal("two"))}]}
    )
    left = without_secrets(msgspec.to_builtins(inputs))
    assert msgspec.convert(left, Inputs).password == FORGOTTEN
    assert left == {"password": {"sealed": ""}, "vm": {"name": "vm1", "nics": [{"key": {"sealed": ""}}]}}


def test_the_file_is_made_once_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    secret = KeyFile(tmp_path / FILE).seal("sesame")
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert KeyFile(tmp_path / FILE).reveal(secret) == "sesame"


@pytest.mark.parametrize("content", ["", "\n", "no key\n"])
def test_a_file_without_keys_is_refused_and_stays(content: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises(KeysWrong, match=FILE):
        KeyFile(tmp_path / FILE)
    assert (tmp_path / FILE).read_text() == content


def test_another_key_above_seals_everything_anew_and_the_old_one_goes(tmp_path: Path) -> None:
    settings = Config(state=str(tmp_path))
    store = open_store(settings)
    with store.transaction() as tx:
        inputs = msgspec.json.encode(
            Inputs(password=tx.secrets.seal("sesame"), vm={"note": "gAAAA" + "x" * 80})
        ).decode()
        tx.of(Bookmark).add(Bookmark(id="one", name="one", value=inputs))
    store.close()
    old, new = (tmp_path / FILE).read_bytes(), Fernet.generate_key()
    (tmp_path / FILE).write_bytes(new + b"\n" + old)
    store = open_store(settings)
    assert (tmp_path / FILE).read_bytes() == new + b"\n"
    with store.transaction() as tx:
        (bookmark,) = tx.of(Bookmark).list()
        kept = msgspec.json.decode(bookmark.value, type=Inputs)
        assert tx.secrets.reveal(kept.password) == "sesame"
        assert kept.vm == {"note": "gAAAA" + "x" * 80}
    with pytest.raises(SecretLost):
        Keys(old.split()).reveal(kept.password)
    store.close()


def test_without_keys_a_database_keeps_no_secret(tmp_path: Path) -> None:
    store = SqlStore(f"sqlite:///{tmp_path}/engine.db")
    with store.transaction() as tx, pytest.raises(WithoutKeys):
        tx.secrets.seal("sesame")
    store.close()
