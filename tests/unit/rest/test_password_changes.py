"""Passwords that have expired, accounts that are let in no more, and how users change a password themselves."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from hosted_engine.engine.ports import Store
from hosted_engine.engine.users.account_changes import password_set
from hosted_engine.engine.users.accounts import Account
from hosted_engine.engine.users.domains import INTERNAL, domain_id
from hosted_engine.engine.users.model import SYSTEM
from hosted_engine.engine.users.password_policy import PasswordPolicy
from hosted_engine.passwords import hash_password, matches
from hosted_engine.rest.app import make_app
from tests.fakes.clock import FakeClock
from tests.fakes.engine import World
from tests.unit.rest.recorder import API
from tests.unit.rest.test_auth import ADMIN, PASSWORD, set_password

TOKEN, CHANGE = "/ovirt-engine/sso/oauth/token", "/ovirt-engine/sso/interactive-change-passwd"
NEW = "Another-word-1"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    set_password(world.store)
    app = make_app(store=world.store, handlers={}, authority_pem=b"", clock=FakeClock().now)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://engine") as session:
        yield session


def account(store: Store) -> Account:
    with store.transaction() as tx:
        return tx.of(Account).list(name="admin")[0]


def change(store: Store, **fields: Any) -> None:
    there = account(store)
    with store.transaction() as tx:
        tx.of(Account).update(replace(there, **fields))


async def sign_on(client: httpx.AsyncClient, password: str = PASSWORD) -> tuple[int, str]:
    form = {"grant_type": "password", "username": ADMIN, "password": password}
    response = await client.post(TOKEN, data=form)
    return response.status_code, response.json().get("error", "")


async def change_password(client: httpx.AsyncClient, new: str = NEW, **fields: str) -> tuple[int, str]:
    form = {"username": "admin", "profile": "internal", "credentials": PASSWORD}
    response = await client.post(CHANGE, data={**form, "credentialsNew1": new, "credentialsNew2": new, **fields})
    return response.status_code, response.json().get("error", "")


@pytest.mark.parametrize(
    ("fields", "error_text", "code"),
    [
        ({"enabled": False}, "the account is disabled", 160),
        ({"expires_at": 1.0}, "the account has expired", 160),
        ({"password_expires_at": 1.0}, f"the password has expired and has to be changed first: POST {CHANGE}", 1171),
    ],
)
async def test_why_somebody_is_not_let_in_is_said_to_who_knows_the_password(
    client: httpx.AsyncClient, world: World, fields: dict[str, Any], error_text: str, code: int
) -> None:
    change(world.store, **fields)
    status, error = await sign_on(client)
    assert status == 400
    assert error_text in error
    with world.store.transaction() as tx:
        assert tx.events.list()[0].code == code
    status, error = await sign_on(client, "wrong")
    assert (status, error_text in error) == (400, False)


async def test_an_expired_password_is_changed_by_who_knows_it(client: httpx.AsyncClient, world: World) -> None:
    change(world.store, password_expires_at=1.0)
    assert await change_password(client) == (200, "")
    assert (await sign_on(client))[0] == 400
    assert (await sign_on(client, NEW))[0] == 200
    with world.store.transaction() as tx:
        assert "USER_PASSWORD_CHANGED" in [event.name for event in tx.events.list()]


async def test_another_password_ends_all_sessions(client: httpx.AsyncClient) -> None:
    form = {"grant_type": "password", "username": ADMIN, "password": PASSWORD}
    bearer = {"Authorization": f"Bearer {(await client.post(TOKEN, data=form)).json()['access_token']}"}
    assert (await client.get(API, headers=bearer)).status_code == 501
    await change_password(client)
    assert (await client.get(API, headers=bearer)).status_code == 401


@pytest.mark.parametrize(
    ("new", "error_text"),
    [
        ("short", "at least 8 characters"),
        (PASSWORD, "one of the last 4 of this account"),
        ("with\ttab-in-it", "control characters"),
    ],
)
async def test_the_policy_is_held_and_said(client: httpx.AsyncClient, world: World, new: str, error_text: str) -> None:
    status, error = await change_password(client, new)
    assert status == 400
    assert error_text in error
    assert new not in error
    assert matches(PASSWORD, account(world.store).password_hash)


async def test_the_last_passwords_do_not_come_again(client: httpx.AsyncClient, world: World) -> None:
    for number in range(5):
        there = account(world.store)
        with world.store.transaction() as tx:
            password_set(tx, there, hash_password(f"Word-number-{number}", memory_kib=16), caller=SYSTEM, now=1.0)
    given = {"credentials": "Word-number-4"}
    assert (await change_password(client, "Word-number-1", **given))[0] == 400
    assert (await change_password(client, "Word-number-0", **given))[0] == 200


@pytest.mark.parametrize(
    ("fields", "error_text"),
    [
        ({"credentials": "wrong"}, "the user name or the password is wrong"),
        ({"credentialsNew2": "other"}, "not the same"),
        ({"username": ""}, "have to be there"),
        ({"username": "nobody"}, "the user name or the password is wrong"),
    ],
)
async def test_nobody_else_changes_it(
    client: httpx.AsyncClient, world: World, fields: dict[str, str], error_text: str
) -> None:
    status, error = await change_password(client, **fields)
    assert status == 400
    assert error_text in error
    assert matches(PASSWORD, account(world.store).password_hash)


async def test_guessing_there_is_paused_like_everywhere(client: httpx.AsyncClient) -> None:
    for _ in range(6):
        await change_password(client, credentials="guess")
    assert (await change_password(client))[0] == 400
    assert (await sign_on(client))[0] == 400


@pytest.mark.parametrize(("fields", "status"), [({}, 400), ({"service": True}, 200)])
async def test_what_the_policy_says_of_time_holds_for_people(
    client: httpx.AsyncClient, world: World, fields: dict[str, Any], status: int
) -> None:
    change(world.store, password_changed_at=1.0, **fields)
    with world.store.transaction() as tx:
        tx.of(PasswordPolicy).add(PasswordPolicy(id=domain_id(INTERNAL), valid_days=2))
    assert (await sign_on(client))[0] == status


async def test_a_service_account_has_no_password_of_ones_own(client: httpx.AsyncClient, world: World) -> None:
    change(world.store, service=True)
    status, error = await change_password(client)
    assert (status, "renewed in the engine's VM" in error) == (400, True)


async def test_who_has_no_role_is_told_so(client: httpx.AsyncClient, world: World) -> None:
    with world.store.transaction() as tx:
        tx.of(Account).add(replace(account_of(tx), id="x", name="guest"))
    form = {"grant_type": "password", "username": "guest@internal", "password": PASSWORD}
    assert "no role of this user allows to log in" in (await client.post(TOKEN, data=form)).json()["error"]


def account_of(tx: Any) -> Account:
    found: Account = tx.of(Account).list(name="admin")[0]
    return found
