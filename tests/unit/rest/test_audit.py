"""Who did what from where: every change is an event, and so is what somebody was not permitted."""

from collections.abc import AsyncIterator, Sequence
from contextlib import nullcontext

import httpx
import pytest

from hosted_engine.engine.command import Command, Context, Dependencies
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.model import Event
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.tasks.audit import MOST_REMEMBERED, REPORT_EVERY_S, Refusals
from hosted_engine.engine.users.model import SYSTEM, Caller
from hosted_engine.rest.app import make_app
from hosted_engine.rest.resources import handlers
from node.api.problems import Problem
from node.steps import Step
from tests.fakes.engine import PASSWORD, World
from tests.unit.rest import people
from tests.unit.rest.recorder import API

TOKEN = "/ovirt-engine/sso/oauth/token"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    app = make_app(store=world.store, handlers=handlers(world.engine), authority_pem=b"")
    transport = httpx.ASGITransport(app=app, client=("192.0.2.7", 40_000))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://engine") as client:
        client.headers["Accept"] = "application/json"
        yield client


async def sign_on(client: httpx.AsyncClient, user: str = "admin@internal", password: str = PASSWORD) -> None:
    form = {"grant_type": "password", "username": user, "password": password}
    token = (await client.post(TOKEN, data=form)).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"


def events(world: World) -> Sequence[Event]:
    """The newest first."""
    with world.store.transaction() as tx:
        return tx.events.list()


def session_of(world: World) -> str:
    with world.store.transaction() as tx:
        return tx.sessions.list()[-1].shown_id


async def test_what_is_changed_says_who_and_from_where(client: httpx.AsyncClient, world: World) -> None:
    await sign_on(client)
    assert (await client.post(f"{API}/tags", json={"name": "red"})).status_code == 201
    event = events(world)[0]
    assert (event.name, event.user_id, event.address) == ("USER_ADD_TAG", world.caller.user_id, "192.0.2.7")
    assert event.session_id == session_of(world)


async def test_with_basic_there_is_an_address_and_no_session(client: httpx.AsyncClient, world: World) -> None:
    response = await client.post(f"{API}/tags", json={"name": "red"}, auth=("admin@internal", PASSWORD))
    assert response.status_code == 201
    assert (events(world)[0].address, events(world)[0].session_id) == ("192.0.2.7", "")


async def test_what_clients_tell_is_theirs(client: httpx.AsyncClient, world: World) -> None:
    """Whoever they say it was."""
    await sign_on(client)
    body = {"description": "x", "origin": "backup", "custom_id": "1", "severity": "normal"}
    assert (await client.post(f"{API}/events", json=body)).status_code == 201
    assert events(world)[0].address == "192.0.2.7"
    assert len([event for event in events(world) if event.job_id == events(world)[0].job_id]) == 1


async def test_who_removes_an_event_leaves_one(client: httpx.AsyncClient, world: World) -> None:
    await sign_on(client)
    number = events(world)[0].id
    assert (await client.delete(f"{API}/events/{number}")).status_code == 200
    assert events(world)[0].description == f"Removing Event {number}: done by admin@internal."
    assert events(world)[0].address == "192.0.2.7"


async def test_what_is_not_permitted_is_an_event_once_in_a_while(client: httpx.AsyncClient, world: World) -> None:
    user = people.add_user(world.store, "jane")
    people.give(world.store, user, "UserRole")
    await sign_on(client, "jane@internal", people.PASSWORD)
    for _ in range(3):
        assert (await client.post(f"{API}/tags;x=secret", json={"name": "red"})).status_code == 403
    refused = [event for event in events(world) if event.code == 9802]
    assert len(refused) == 1
    start = "POST /ovirt-engine/api/tags was refused to jane@internal: it takes a role with the permit"
    assert refused[0].description.startswith(start)
    assert (refused[0].user_id, refused[0].address, refused[0].session_id) == (user.id, "192.0.2.7", session_of(world))
    assert (await client.get(f"{API}/tags")).status_code == 403
    assert len([event for event in events(world) if event.code == 9802]) == 2


def test_a_refusal_is_news_again_after_a_while() -> None:
    now = 0.0
    refusals = Refusals(lambda: now)
    jane = Caller(user_id="j", user_name="jane", address="a")
    assert [refusals.is_new(jane, "GET /x") for _ in range(2)] == [True, False]
    assert refusals.is_new(jane, "GET /y")
    now = REPORT_EVERY_S
    assert refusals.is_new(jane, "GET /x")
    for number in range(2 * MOST_REMEMBERED):
        refusals.is_new(jane, f"GET /{number}")
    assert len(refusals._last) == MOST_REMEMBERED


class Quiet(Command, frozen=True, kw_only=True):
    """Says nothing itself. It is not registered: no crash is tried here."""

    fails: bool = False
    steps: int = 0

    def check(self, tx: Transaction) -> None:
        pass

    def describe(self, tx: Transaction) -> str:
        return "Turning the thing"

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        async def do() -> None:
            if self.fails:
                raise OSError("no power")

        return tuple(Step(f"s{number}", "a step", do) for number in range(self.steps))


@pytest.mark.parametrize(
    ("command", "description"),
    [
        (Quiet(), "Turning the thing: done by admin@internal."),
        (Quiet(steps=2), "Turning the thing: done by admin@internal."),
        (Quiet(steps=1, fails=True), "Turning the thing: failed for admin@internal: "),
    ],
)
async def test_what_a_command_does_not_say_is_said_of_it(world: World, command: Quiet, description: str) -> None:
    caller = Caller(user_id=world.caller.user_id, user_name="admin@internal", address="192.0.2.7", session_id="s")
    running = await world.engine.perform(command, caller)
    with pytest.raises(Problem) if command.fails else nullcontext():
        await running.wait()
    event = events(world)[0]
    assert event.description.startswith(description)
    assert (event.address, event.session_id, event.job_id) == ("192.0.2.7", "s", running.job_id)


async def test_what_the_engine_does_by_itself_is_nobody_s(world: World) -> None:
    before = len(events(world))
    await world.engine.perform(Quiet(), SYSTEM)
    assert len(events(world)) == before


class Loud(Quiet, frozen=True, kw_only=True):
    def finish(self, tx: Transaction, context: Context) -> None:
        emit(tx, context, EventType.EXTERNAL_EVENT_NORMAL, reason="its own")


async def test_what_a_command_says_itself_is_said_once(world: World) -> None:
    before = len(events(world))
    await world.engine.perform(Loud(), world.caller)
    assert [event.description for event in events(world)[: len(events(world)) - before]] == ["its own"]
