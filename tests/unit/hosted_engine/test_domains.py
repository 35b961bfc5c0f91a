"""The command line for directories."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hosted_engine import config
from hosted_engine.config import Config
from hosted_engine.domains import __main__ as commands
from hosted_engine.engine.users.directories import DirectorySettings, settings_of
from hosted_engine.engine.users.model import Session, User
from hosted_engine.secret_keys import FILE, KeyFile
from hosted_engine.store.store import SqlStore
from tests.fakes.directory import FakeDirectories
from tests.fakes.engine import AUTHORITY, World

BIND_PASSWORD = "bind-Geheimnis-7"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings = Config(state=str(tmp_path))
    monkeypatch.setattr(config, "load", lambda: settings)
    monkeypatch.setattr("hosted_engine.domains.__main__.secret", lambda *_: BIND_PASSWORD)
    World(url=settings.database).store.close()
    (tmp_path / "ca.pem").write_text(AUTHORITY.certificate)
    return tmp_path


@pytest.fixture
def directories(monkeypatch: pytest.MonkeyPatch) -> FakeDirectories:
    there = FakeDirectories()
    jane = there.add_user("jane", "x")
    there.add_group("staff", jane)
    monkeypatch.setattr(commands, "LdapDirectories", lambda: there)
    return there


def run(*argv: str) -> Result:
    return CliRunner().invoke(commands.main, argv)


def done(*argv: str) -> str:
    result = run(*argv)
    assert result.exit_code == 0, result.output
    return result.output


def add(folder: Path, *more: str) -> Result:
    said = {"--schema": "ad", "--server": "dc1.example", "--base-dn": "dc=corp", "--bind-dn": "cn=engine,dc=corp"}
    argv = [word for pair in said.items() for word in pair]
    return run("add-ldap", "corp", *argv, "--ca-file", str(folder / "ca.pem"), *more)


def there(folder: Path) -> DirectorySettings | None:
    store = SqlStore(Config(state=str(folder)).database, KeyFile(folder / FILE))
    try:
        with store.transaction() as tx:
            return settings_of(tx, "corp-authz")
    finally:
        store.close()


def test_a_directory_is_added_shown_changed_and_removed(folder: Path, directories: FakeDirectories) -> None:
    assert "users are: jane" in add(folder, "--server", "dc2.example:1636").output
    found = there(folder)
    assert found is not None
    assert (found.bind_password, found.directory.servers) == (BIND_PASSWORD, ("dc1.example", "dc2.example:1636"))
    assert "corp  ldap" in done("list")
    done("set", "corp", "--tls", "starttls", "--timeout", "2.5")
    shown = done("show", "corp")
    assert "starttls" in shown
    assert "timeout:  2.5" in shown
    assert BIND_PASSWORD not in shown
    assert "jane is uid=jane, in the groups staff" in done("test", "corp", "--user", "jane")
    done("remove", "corp")
    assert there(folder) is None
    assert "corp" not in done("list")


def test_the_password_stands_nowhere_in_the_clear(folder: Path, directories: FakeDirectories) -> None:
    add(folder)
    assert not [file for file in folder.iterdir() if BIND_PASSWORD.encode() in file.read_bytes()]
    found = there(folder)
    assert BIND_PASSWORD not in repr(found)


def test_one_that_does_not_answer_is_not_added(folder: Path, directories: FakeDirectories) -> None:
    directories.is_down = True
    result = add(folder)
    assert (result.exit_code, "none of its servers answers" in result.output) == (1, True)
    assert there(folder) is None
    assert add(folder, "--no-test").exit_code == 0


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (("--base-dn", "corp"), "it is no distinguished name"),
        (("--server", ":636"), "it is not HOST or HOST:PORT"),
        (("--server", "dc1:x"), "it is not HOST or HOST:PORT"),
        (("--timeout", "0"), "is not in the range"),
        (("--tls", "plain"), "is not one of"),
        (("--ca-file", __file__), "there is no certificate in PEM in it"),
    ],
)
def test_what_cannot_be_is_said(folder: Path, directories: FakeDirectories, argv: tuple[str, ...], text: str) -> None:
    result = add(folder, *argv)
    assert result.exit_code != 0
    assert text in result.output


def test_what_is_missing_is_named(folder: Path) -> None:
    assert "Say --server, --ca-file, --base-dn, --bind-dn as well" in run("add-ldap", "corp", "--schema", "ipa").output


def test_names_are_taken_once_and_known(folder: Path, directories: FakeDirectories) -> None:
    add(folder)
    assert "another domain has it already" in add(folder).output
    for command in ("show", "test", "remove", "set"):
        assert "no directory has the name other" in run(command, "other").output
    assert "no directory has the name internal" in run("remove", "internal").output


def test_who_is_signed_in_is_out_when_the_domain_is_gone(folder: Path, directories: FakeDirectories) -> None:
    add(folder)
    store = SqlStore(Config(state=str(folder)).database)
    with store.transaction() as tx:
        tx.users.add(User(id="u", name="jane@corp-authz", domain="corp-authz"))
        tx.sessions.add(Session(id="s", user_id="u", scope="", created_at=0, last_used_at=0, expires_at=1e12))
    done("remove", "corp")
    with store.transaction() as tx:
        assert tx.users.get("u") is not None
        assert not tx.sessions.list()
    store.close()


def test_the_real_way_is_asked(folder: Path) -> None:
    result = add(folder, "--server", "127.0.0.1:1", "--timeout", "1")
    assert "none of its servers answers" in result.output
