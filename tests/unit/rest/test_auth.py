"""Who gets in, who does not, and for how long."""

import base64

import pytest

from hosted_engine.engine.users.model import User
from hosted_engine.passwords import hash_password
from hosted_engine.rest import auth
from hosted_engine.rest.auth import IDLE_S, AccessDenied, Authenticator
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore

PASSWORD = "geheimnis & more"
ADMIN = User(id="u1", name="admin@internal", domain="internal", password_hash=hash_password(PASSWORD, cost=16))


class World:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = FakeStore()
        self.store.tx.users.add(ADMIN)
        self.authenticator = Authenticator(self.store, self.clock.now)

    async def token(self) -> str:
        return (await self.authenticator.sign_in(ADMIN.name, PASSWORD, "ovirt-app-api"))[0]


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
    world.authenticator.sign_out(token)
    assert world.authenticator.recognise(token) is None


async def test_the_store_never_holds_the_token(world: World) -> None:
    token = await world.token()
    assert token not in repr(world.store.tx.sessions.items)
    assert len(world.store.tx.sessions.items) == 1


async def test_a_token_outlives_a_restart_of_the_engine(world: World) -> None:
    token = await world.token()
    assert Authenticator(world.store, world.clock.now).recognise(token) is not None


async def test_a_token_lives_as_long_as_it_is_used(world: World) -> None:
    token = await world.token()
    for _ in range(5):
        world.clock.advance(IDLE_S - 1)
        assert world.authenticator.recognise(token) is not None
    world.clock.advance(IDLE_S)
    assert world.authenticator.recognise(token) is None
    assert not world.store.tx.sessions.items


async def test_sessions_that_are_over_are_swept(world: World) -> None:
    await world.token()
    world.clock.advance(IDLE_S)
    await world.token()
    assert len(world.store.tx.sessions.items) == 1


@pytest.mark.parametrize(("user", "password"), [(ADMIN.name, "wrong"), (ADMIN.name, ""), ("nobody@internal", PASSWORD)])
async def test_a_wrong_word_is_denied(world: World, user: str, password: str) -> None:
    with pytest.raises(AccessDenied):
        await world.authenticator.sign_in(user, password, "ovirt-app-api")
    assert await world.authenticator.of_request(basic(user, password)) is None
    assert not world.store.tx.sessions.items


async def test_many_wrong_words_make_a_pause(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []

    def matches(password: str, stored: str) -> bool:
        checked.append(password)
        return False

    monkeypatch.setattr(auth, "matches", matches)
    for number in range(20):
        with pytest.raises(AccessDenied):
            await world.authenticator.sign_in(ADMIN.name, f"guess {number}", "")
    assert len(checked) == 5
    world.clock.advance(31)
    monkeypatch.undo()
    assert await world.token()


async def test_a_user_may_be_checked_while_another_waits(world: World) -> None:
    for _ in range(6):
        with pytest.raises(AccessDenied):
            await world.authenticator.sign_in("nobody@internal", "x", "")
    assert await world.token()


async def test_basic_credentials_cost_one_hash(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await world.authenticator.of_request(basic(ADMIN.name, PASSWORD)) is not None
    monkeypatch.setattr(auth, "matches", lambda *_: False)
    assert await world.authenticator.of_request(basic(ADMIN.name, PASSWORD)) is not None
    assert await world.authenticator.of_request(basic(ADMIN.name, PASSWORD + "x")) is None


async def test_a_changed_password_ends_what_was_remembered(world: World) -> None:
    assert await world.authenticator.of_request(basic(ADMIN.name, PASSWORD)) is not None
    world.store.tx.users.update(
        User(id="u1", name=ADMIN.name, domain="internal", password_hash=hash_password("new", cost=16))
    )
    assert await world.authenticator.of_request(basic(ADMIN.name, PASSWORD)) is None


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
