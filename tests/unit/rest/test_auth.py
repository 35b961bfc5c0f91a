"""Who gets in, who does not, and for how long."""

import asyncio
import base64
import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from hosted_engine.engine.loop import Loop
from hosted_engine.engine.ports import Store
from hosted_engine.engine.users.accounts import Account
from hosted_engine.engine.users.model import Session
from hosted_engine.passwords import hash_password, matches
from hosted_engine.rest import credentials
from hosted_engine.rest.auth import IDLE_S, Authenticator
from hosted_engine.rest.credentials import AccessDenied
from tests.fakes.clock import FakeClock
from tests.fakes.engine import World as SiteWorld

PASSWORD = "geheimnis & more"
ADMIN = "admin@internal"
CHEAP_HASH = hash_password(PASSWORD, cost=16)


def set_password(store: Store, stored: str = CHEAP_HASH) -> None:
    with store.transaction() as tx:
        account = tx.of(Account).list(name="admin")[0]
        tx.of(Account).update(replace(account, password_hash=stored))


def sessions(store: Store) -> Sequence[Session]:
    with store.transaction() as tx:
        return tx.sessions.list()


class World:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = SiteWorld().store
        set_password(self.store)
        self.authenticator = Authenticator(self.store, self.clock.now, Loop())

    async def token(self) -> str:
        return (await self.authenticator.sign_in(ADMIN, PASSWORD, "ovirt-app-api"))[0]


@pytest.fixture
def world() -> World:
    return World()


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


async def test_a_token_is_recognised_until_it_is_given_back(world: World) -> None:
    token = await world.token()
    caller = await world.authenticator.of_request({"authorization": f"Bearer {token}"})
    assert caller is not None
    assert caller.user_name == "admin@internal"
    await world.authenticator.sign_out(token)
    assert await world.authenticator.recognise(token) is None


async def test_the_store_never_holds_the_token(world: World) -> None:
    token = await world.token()
    assert token not in repr(sessions(world.store))
    assert len(sessions(world.store)) == 1


async def test_a_token_outlives_a_restart_of_the_engine(world: World) -> None:
    token = await world.token()
    assert await Authenticator(world.store, world.clock.now, Loop()).recognise(token) is not None


async def test_a_token_lives_as_long_as_it_is_used(world: World) -> None:
    token = await world.token()
    for _ in range(5):
        world.clock.advance(IDLE_S - 1)
        assert await world.authenticator.recognise(token) is not None
        await asyncio.sleep(0.01)  # nobody waits for the note of it
    world.clock.advance(IDLE_S)
    assert await world.authenticator.recognise(token) is None
    assert not sessions(world.store)


@pytest.mark.parametrize(("back_s", "kept"), [(60.0, True), (599.0, True), (601.0, False), (5e8, False)])
async def test_a_token_of_the_future_is_over_when_the_clock_is_right_again(
    world: World, back_s: float, kept: bool
) -> None:
    token = await world.token()
    world.clock.advance(-back_s)
    assert (await world.authenticator.recognise(token) is not None) is kept
    assert len(sessions(world.store)) == kept


@pytest.mark.parametrize(("user", "password"), [(ADMIN, "wrong"), (ADMIN, ""), ("nobody@internal", PASSWORD)])
async def test_a_wrong_word_is_denied(world: World, user: str, password: str) -> None:
    with pytest.raises(AccessDenied):
        await world.authenticator.sign_in(user, password, "ovirt-app-api")
    assert await world.authenticator.of_request(basic(user, password)) is None
    assert not sessions(world.store)


async def test_many_wrong_words_make_a_pause(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []

    def matches(password: str, stored: str) -> bool:
        checked.append(password)
        return False

    monkeypatch.setattr(credentials, "matches", matches)
    for number in range(20):
        with pytest.raises(AccessDenied):
            await world.authenticator.sign_in(ADMIN, f"guess {number}", "")
    assert len(checked) == 5
    world.clock.advance(31)
    monkeypatch.undo()
    assert await world.token()


async def test_a_user_may_be_checked_while_another_waits(world: World) -> None:
    for _ in range(6):
        with pytest.raises(AccessDenied):
            await world.authenticator.sign_in("nobody@internal", "x", "")
    assert await world.token()


async def test_a_stranger_keeps_nobody_out(world: World) -> None:
    for _ in range(20):
        with pytest.raises(AccessDenied):
            await world.authenticator.sign_in(ADMIN, "guess", "", source="192.0.2.66")
    with pytest.raises(AccessDenied):
        await world.authenticator.sign_in(ADMIN, PASSWORD, "", source="192.0.2.66")
    assert await world.authenticator.sign_in(ADMIN, PASSWORD, "", source="192.0.2.7")


async def test_basic_credentials_cost_one_hash(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await world.authenticator.of_request(basic(ADMIN, PASSWORD)) is not None
    monkeypatch.setattr(credentials, "matches", lambda *_: False)
    assert await world.authenticator.of_request(basic(ADMIN, PASSWORD)) is not None
    assert await world.authenticator.of_request(basic(ADMIN, PASSWORD + "x")) is None


async def test_a_changed_password_ends_what_was_remembered(world: World) -> None:
    assert await world.authenticator.of_request(basic(ADMIN, PASSWORD)) is not None
    set_password(world.store, hash_password("new", cost=16))
    assert await world.authenticator.of_request(basic(ADMIN, PASSWORD)) is None


async def test_a_session_cookie_is_as_good_as_its_token(world: World) -> None:
    token = await world.token()
    assert await world.authenticator.of_request({"cookie": f"a=b; JSESSIONID={token}"}) is not None
    assert await world.authenticator.of_request({"cookie": "JSESSIONID=other"}) is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer"},
        {"authorization": "Bearer \udcff"},
        {"authorization": "Basic !!!"},
        {"authorization": "Basic " + base64.b64encode(b"no colon").decode()},
        {"authorization": "Negotiate abc"},
        {"cookie": "\x01"},
    ],
)
async def test_everything_else_is_nobody(world: World, headers: dict[str, str]) -> None:
    assert await world.authenticator.of_request(headers) is None


async def test_who_came_and_went_is_an_event(world: World) -> None:
    await world.authenticator.sign_out(await world.token())
    for user in (ADMIN, "nobody@internal"):
        with pytest.raises(AccessDenied):
            await world.authenticator.sign_in(user, "wrong", "")
    with world.store.transaction() as tx:
        events = [(event.code, event.description) for event in reversed(tx.events.list())]
    assert events[-3:] == [
        (30, "User admin@internal logged in."),
        (31, "User admin@internal logged out."),
        (114, "User admin@internal failed to log in: the password is wrong."),
    ]


async def test_names_that_nobody_has_hold_up_no_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are tried: each takes a scrypt, one after the other."""
    world, go_on = World(), threading.Event()

    def held_up(password: str, stored: str) -> bool:
        return matches(password, stored) if password == PASSWORD else not go_on.wait(60)

    monkeypatch.setattr(credentials, "matches", held_up)
    tries = [asyncio.create_task(world.authenticator.sign_in(f"nobody{n}", "x", "")) for n in range(100)]
    await asyncio.sleep(0)
    assert await asyncio.wait_for(world.token(), 60)
    assert not any(task.done() for task in tries)
    go_on.set()
    refused = await asyncio.gather(*tries, return_exceptions=True)
    assert {type(answer) for answer in refused} == {AccessDenied}
