"""The command line for accounts and groups of the internal domain."""

import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hosted_engine import config
from hosted_engine.accounts import __main__ as commands
from hosted_engine.config import Config
from hosted_engine.engine.permissions.grants import grant
from hosted_engine.engine.permissions.model import Permission
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.roles.predefined import SUPER_USER_ID
from hosted_engine.engine.users.accounts import Account, groups_of
from hosted_engine.engine.users.lockout import note_failure
from hosted_engine.engine.users.model import Session, User
from hosted_engine.passwords import matches
from tests.fakes.engine import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    settings = Config(state=str(tmp_path))
    monkeypatch.setattr(config, "load", lambda: settings)
    return World(url=settings.database)


def run(*argv: str, password: str = "") -> Result:
    return CliRunner().invoke(commands.main, argv, input=password)


def done(*argv: str) -> str:
    result = run(*argv)
    assert result.exit_code == 0, result.output
    return result.output


def with_password(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("hosted_engine.accounts.command.secret", lambda *_: text)


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
    ("argv", "message"),
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
    world: World, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], message: str
) -> None:
    with_password(monkeypatch, "Some-word-1")
    result = run(*argv)
    assert result.exit_code != 0
    assert message in result.output


def sign_in(world: World, login: str = "admin@internal", identity: str = "5" * 64) -> None:
    now = time.time()
    with world.store.transaction() as tx:
        tx.sessions.add(
            Session(
                id=identity,
                user_id=str(world.caller.user_id),
                scope="",
                created_at=now,
                last_used_at=now,
                expires_at=now + 60,
                login=login,
                address="192.0.2.7",
            )
        )


def test_sessions_are_shown_and_ended_one_by_one_and_all(world: World) -> None:
    for digit in "567":
        sign_in(world, identity=digit * 64)
    lines = done("sessions").splitlines()
    assert [line.split()[:4] for line in lines] == [
        [digit * 16, "admin@internal", "from", "192.0.2.7"] for digit in "567"
    ]
    assert done("sessions", "somebody@internal") == ""
    done("end-session", "5" * 16)
    assert len(done("sessions").splitlines()) == 2
    assert "2 sessions" in done("end-sessions", "admin@internal")
    with world.store.transaction() as tx:
        assert not tx.sessions.list()
        assert [event.code for event in tx.events.list()][:3] == [831] * 3
    assert run("end-session", "5" * 16).exit_code == 1


def test_a_disabled_account_has_no_sessions(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with_password(monkeypatch, "Some-word-1")
    done("add", "jane")
    with world.store.transaction() as tx:
        tx.users.add(
            User(id="u", name="jane@internal-authz", domain="internal-authz", domain_entry_id=account_in(tx, "jane").id)
        )
        tx.sessions.add(Session(id="s", user_id="u", scope="", created_at=0, last_used_at=0, expires_at=1e12))
    done("disable", "jane")
    assert (account(world, "jane").enabled, "jane (disabled)" in done("list")) == (False, True)
    with world.store.transaction() as tx:
        assert not tx.sessions.list()
    done("enable", "jane")
    assert account(world, "jane").enabled


def account_in(tx: Transaction, name: str) -> Account:
    return tx.of(Account).list(name=name)[0]


def test_the_last_administrator_is_not_disabled(world: World) -> None:
    assert "nobody else has it on the system" in run("disable", "admin").output
    assert account(world, "admin").enabled


def test_the_policy_is_shown_set_and_held(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert done("policy") == "min-length: 8\nhistory:    4\nvalid-days: no end\n"
    done("policy", "--min-length", "12", "--valid-days", "90")
    assert done("policy") == "min-length: 12\nhistory:    4\nvalid-days: 90\n"
    with_password(monkeypatch, "Elevenchars")
    assert "at least 12 characters" in run("add", "jane").output
    with world.store.transaction() as tx:
        assert not tx.of(Account).list(name="jane")
    done("add", "jane", "--force")
    with_password(monkeypatch, "Twelve-chars")
    done("set-password", "jane")
    assert "one of the last 4" in run("set-password", "jane").output


def test_a_password_may_be_good_for_nothing_but_to_be_changed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with_password(monkeypatch, "Some-word-1")
    done("add", "jane", "--must-change")
    expires_at = account(world, "jane").password_expires_at
    assert expires_at is not None
    assert expires_at <= time.time()
    with_password(monkeypatch, "Some-word-2")
    done("set-password", "jane", "--valid-to", "2099-01-31")
    assert "password expires: 2099-01-31 00:00:00 UTC" in done("show", "jane")


def test_an_account_expires(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(world)
    done("expire", "admin", "2099-01-31")
    assert account(world, "admin").expires_at == 4_073_500_800.0
    with world.store.transaction() as tx:
        assert tx.sessions.list()
    done("expire", "admin", "2001-01-31")
    with world.store.transaction() as tx:
        assert not tx.sessions.list()
    done("expire", "admin", "never")
    assert account(world, "admin").expires_at is None
    assert "neither 'never' nor a date" in run("expire", "admin", "tomorrow").output


def test_a_service_account_has_a_secret_that_is_shown_once(world: World) -> None:
    result = run("add-service", "backup")
    secret = result.stdout.strip()
    made = account(world, "backup")
    assert (matches(secret, made.password_hash), made.service, made.password_expires_at) == (True, True, None)
    assert secret not in done("show", "backup")
    renewed = run("renew-secret", "backup", "--valid-to", "2099-01-31").stdout.strip()
    assert matches(renewed, account(world, "backup").password_hash)
    assert not matches(secret, account(world, "backup").password_hash)
    assert "renew-secret" in run("set-password", "backup").output
    assert "set-password" in run("renew-secret", "admin").output


def test_who_waits_is_shown_and_let_in_again(world: World) -> None:
    with world.store.transaction() as tx:
        for _ in range(9):
            note_failure(tx, "admin@internal", "192.0.2.66", time.time())
    assert "from 192.0.2.66: last signed in never, 9 wrong passwords since, has to wait 1" in done("show", "admin")
    done("unlock", "admin")
    assert "192.0.2.66" not in done("show", "admin")
