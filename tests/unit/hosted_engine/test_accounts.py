"""The command line for accounts and groups of the internal domain."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hosted_engine import accounts, config
from hosted_engine.config import Config
from hosted_engine.engine.permissions.grants import grant
from hosted_engine.engine.permissions.model import Permission
from hosted_engine.engine.roles.predefined import SUPER_USER_ID
from hosted_engine.engine.users.accounts import Account, groups_of
from hosted_engine.engine.users.model import Session, User
from hosted_engine.passwords import matches
from tests.fakes.engine import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    settings = Config(state=str(tmp_path))
    monkeypatch.setattr(config, "load", lambda: settings)
    return World(url=settings.database)


def run(*argv: str, password: str = "") -> Result:
    return CliRunner().invoke(accounts.main, argv, input=password)


def done(*argv: str) -> str:
    result = run(*argv)
    assert result.exit_code == 0, result.output
    return result.output


def with_password(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(accounts, "secret", lambda *_: text)


def account(world: World, name: str) -> Account:
    with world.store.transaction() as tx:
        return tx.of(Account).list(name=name)[0]


def test_an_account_is_made_given_another_password_and_removed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with_password(monkeypatch, "First-word-1")
    done("add", "jane", "--first-name", "Jane", "--email", "jane@example.com")
    made = account(world, "jane")
    assert (made.first_name, made.email, matches("First-word-1", made.password_hash)) == (
        "Jane",
        "jane@example.com",
        True,
    )
    with_password(monkeypatch, "Second-word-2")
    done("set-password", "jane")
    assert matches("Second-word-2", account(world, "jane").password_hash)
    assert "user   jane\n" in done("list")
    done("remove", "jane")
    assert "jane" not in done("list")


def test_who_has_another_password_is_signed_in_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with world.store.transaction() as tx:
        tx.sessions.add(
            Session(id="s", user_id=str(world.caller.user_id), scope="", created_at=0, last_used_at=0, expires_at=1e12)
        )
    with_password(monkeypatch, "Another-word-1")
    done("set-password", "admin")
    with world.store.transaction() as tx:
        assert not tx.sessions.list()
        assert tx.events.list()[0].name == "USER_PASSWORD_CHANGED"


def test_a_removed_account_takes_its_user_and_its_permissions_along(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_password(monkeypatch, "Some-word-1")
    done("add", "jane")
    identity = account(world, "jane").id
    with world.store.transaction() as tx:
        tx.users.add(User(id="u", name="jane@internal-authz", domain="internal-authz", domain_entry_id=identity))
        grant(tx, "u", SUPER_USER_ID)
    done("remove", "jane")
    with world.store.transaction() as tx:
        assert tx.users.get("u") is None
        assert not tx.of(Permission).list(holder_id="u")


def test_the_last_super_user_stays(world: World) -> None:
    result = run("remove", "admin")
    assert result.exit_code == 1
    assert "nobody else has it on the system" in result.output


def test_groups_are_nested_and_never_within_themselves(world: World) -> None:
    for name in ("all", "some"):
        done("add-group", name)
    done("add-member", "some", "--user", "admin")
    done("add-member", "all", "--group", "some")
    admin = account(world, "admin").id
    with world.store.transaction() as tx:
        assert len(groups_of(tx, admin)) == 2
    result = run("add-member", "some", "--group", "all")
    assert (result.exit_code, "it would be in itself" in result.output) == (1, True)
    done("remove-member", "all", "--group", "some")
    done("remove-group", "some")
    with world.store.transaction() as tx:
        assert groups_of(tx, admin) == ()


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("add", "admin"), "another user has it already"),
        (("add", "two words"), "letters, digits"),
        (("set-password", "nobody"), "no user has the name nobody"),
        (("remove", "nobody"), "no user has the name nobody"),
        (("remove-group", "nothing"), "no group has the name nothing"),
        (("add-member", "nothing", "--user", "admin"), "no group has the name nothing"),
        (("add-member", "nothing"), "Name one member"),
    ],
)
def test_what_cannot_be_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], words: str
) -> None:
    with_password(monkeypatch, "Some-word-1")
    result = run(*argv)
    assert result.exit_code != 0
    assert words in result.output
