"""Who gets in, who does not, and for how long."""

import asyncio
import base64
import hashlib
import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from hosted_engine.engine.loop import Loop
from hosted_engine.engine.ports import Store
from hosted_engine.engine.users.accounts import Account
from hosted_engine.engine.users.lockout import SignOnAddress, unlock
from hosted_engine.engine.users.model import Session
from hosted_engine.engine.users.sessions import IDLE_S
from hosted_engine.passwords import hash_password, matches
from hosted_engine.rest import internal_domain
from hosted_engine.rest.auth import Authenticator
from hosted_engine.rest.credentials import AccessDenied
from tests.fakes.clock import FakeClock
from tests.fakes.engine import World as SiteWorld

PASSWORD = "geheimnis & more"
ADMIN = "admin@internal"
CHEAP_HASH = hash_password(PASSWORD, memory_kib=16)


def set_password(store: Store, stored: str = CHEAP_HASH) -> None:
    with store.transaction() as tx:
        account = tx.of(Account).list(name="admin")[0]
        tx.of(Account).update(replace(account, password_hash=stored))


def stored(store: Store) -> str:
    with store.transaction() as tx:
        return tx.of(Account).list(name="admin")[0].password_hash


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


@pytest.mark.parametrize(("back_s", "alive"), [(60.0, True), (599.0, True), (601.0, False), (5e8, False)])
async def test_a_token_of_the_future_is_over_when_the_clock_is_right_again(
    world: World, back_s: float, alive: bool
) -> None:
    token = await world.token()
    world.clock.advance(-back_s)
    assert (await world.authenticator.recognise(token) is not None) is alive
    assert len(sessions(world.store)) == alive


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

    monkeypatch.setattr(internal_domain, "matches", matches)
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


async def test_many_addresses_together_keep_only_strangers_out(world: World) -> None:
    """Fifty wrong passwords, each from elsewhere: whoever was never here waits, the administrator's own address not."""
    home = "192.0.2.7"
    await world.authenticator.sign_in(ADMIN, PASSWORD, "", source=home)
    for number in range(60):
        with pytest.raises(AccessDenied):
            await world.authenticator.sign_in(ADMIN, "guess", "", source=f"198.51.100.{number}")
    with pytest.raises(AccessDenied):
        await world.authenticator.sign_in(ADMIN, PASSWORD, "", source="203.0.113.1")
    assert await world.authenticator.sign_in(ADMIN, PASSWORD, "", source=home)
    world.clock.advance(61)
    assert await world.authenticator.sign_in(ADMIN, PASSWORD, "", source="203.0.113.1")


async def test_a_pause_outlives_a_restart_and_ends_with_unlock(world: World) -> None:
    for _ in range(12):
        with pytest.raises(AccessDenied):
            await world.authenticator.sign_in(ADMIN, "guess", "")
        world.clock.advance(0.5)
    again = Authenticator(world.store, world.clock.now, Loop())
    for _ in range(2):
        with pytest.raises(AccessDenied):
            await again.sign_in(ADMIN, PASSWORD, "")
    with world.store.transaction() as tx:
        unlock(tx, ADMIN)
    assert await again.sign_in(ADMIN, PASSWORD, "")


async def test_many_at_once_are_counted_like_one_after_the_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    monkeypatch.setattr(internal_domain, "matches", lambda password, _: checked.append(password))
    tries = [world.authenticator.sign_in(ADMIN, f"guess {number}", "") for number in range(30)]
    assert {type(end) for end in await asyncio.gather(*tries, return_exceptions=True)} == {AccessDenied}
    assert len(checked) == 5


async def test_an_address_that_tries_many_names_waits(world: World) -> None:
    for number in range(25):
        with pytest.raises(AccessDenied):
            await world.authenticator.sign_in(f"name{number}@internal", "x", "", source="192.0.2.66")
    with pytest.raises(AccessDenied):
        await world.authenticator.sign_in(ADMIN, PASSWORD, "", source="192.0.2.66")
    assert await world.authenticator.sign_in(ADMIN, PASSWORD, "", source="192.0.2.7")


async def test_names_that_nobody_has_leave_nothing_in_the_store(world: World) -> None:
    for number in range(10):
        with pytest.raises(AccessDenied):
            await world.authenticator.sign_in(f"name{number}@internal", "x", "")
    with world.store.transaction() as tx:
        assert not tx.of(SignOnAddress).list()
        assert all(event.code != 114 for event in tx.events.list())


async def test_who_is_signed_in_stays_so_whatever_strangers_try(world: World) -> None:
    token = await world.token()
    for number in range(80):
        with pytest.raises(AccessDenied):
            await world.authenticator.sign_in(ADMIN, "guess", "", source=f"198.51.100.{number}")
    assert await world.authenticator.recognise(token) is not None


async def test_an_older_hash_is_made_anew_at_a_sign_on(world: World) -> None:
    salt = base64.b64encode(b"0123456789abcdef").decode()
    digest = hashlib.scrypt(PASSWORD.encode(), salt=b"0123456789abcdef", n=16, r=8, p=1, dklen=32)
    set_password(world.store, f"scrypt$16$8$1${salt}${base64.b64encode(digest).decode()}")
    with pytest.raises(AccessDenied):
        await world.authenticator.sign_in(ADMIN, "wrong", "")
    assert stored(world.store).startswith("scrypt")
    await world.token()
    assert stored(world.store).startswith("$argon2id$")
    assert await world.token()


async def test_basic_credentials_cost_one_hash(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await world.authenticator.of_request(basic(ADMIN, PASSWORD)) is not None
    monkeypatch.setattr(internal_domain, "matches", lambda *_: False)
    assert await world.authenticator.of_request(basic(ADMIN, PASSWORD)) is not None
    assert await world.authenticator.of_request(basic(ADMIN, PASSWORD + "x")) is None


async def test_a_changed_password_ends_what_was_remembered(world: World) -> None:
    assert await world.authenticator.of_request(basic(ADMIN, PASSWORD)) is not None
    set_password(world.store, hash_password("new", memory_kib=16))
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
    token = (await world.authenticator.sign_in(ADMIN, PASSWORD, "", source="192.0.2.7"))[0]
    await world.authenticator.sign_out(token, source="192.0.2.8")
    for user in (ADMIN, "nobody@internal"):
        with pytest.raises(AccessDenied):
            await world.authenticator.sign_in(user, "wrong", "", source="192.0.2.9")
    with world.store.transaction() as tx:
        events = list(reversed(tx.events.list()))[-3:]
    session = events[0].session_id
    assert [(event.code, event.description) for event in events] == [
        (30, f"User admin@internal logged in from 192.0.2.7 with session {session}."),
        (31, f"User admin@internal logged out from 192.0.2.8 with session {session}."),
        (114, "User admin@internal failed to log in from 192.0.2.9: the password is wrong."),
    ]
    assert [event.address for event in events] == ["192.0.2.7", "192.0.2.8", "192.0.2.9"]


async def test_names_that_nobody_has_hold_up_no_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are tried: each takes a scrypt, one after the other."""
    world, go_on = World(), threading.Event()

    def held_up(password: str, stored: str) -> bool:
        return matches(password, stored) if password == PASSWORD else not go_on.wait(60)

    monkeypatch.setattr(internal_domain, "matches", held_up)
    tries = [asyncio.create_task(world.authenticator.sign_in(f"nobody{n}", "x", "")) for n in range(100)]
    await asyncio.sleep(0)
    assert await asyncio.wait_for(world.token(), 60)
    assert not any(task.done() for task in tries)
    go_on.set()
    refused = await asyncio.gather(*tries, return_exceptions=True)
    assert {type(answer) for answer in refused} == {AccessDenied}
