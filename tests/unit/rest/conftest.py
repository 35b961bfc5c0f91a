"""Clients of the API: one over handlers of the test's own, and the unmodified SDK over an engine of each module."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from ovirtsdk4 import services

from hosted_engine.rest.app import make_app
from tests.fakes.clock import FakeClock
from tests.fakes.engine import World
from tests.unit.rest.recorder import Recorder
from tests.unit.rest.server import Served, served
from tests.unit.rest.test_auth import ADMIN, PASSWORD, set_password
from tests.unit.rest.two_engines import Engine, an_engine

Described = Callable[[int], list[str]]


@pytest.fixture
def first(tmp_path: Path) -> Iterator[Engine]:
    with an_engine(tmp_path / "first") as engine:
        yield engine


@pytest.fixture
def second(tmp_path: Path) -> Iterator[Engine]:
    with an_engine(tmp_path / "second") as engine:
        yield engine


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
async def client(recorder: Recorder) -> AsyncIterator[httpx.AsyncClient]:
    store = World().store
    set_password(store)
    app = make_app(store=store, handlers=recorder.handlers(), authority_pem=b"PEM", clock=FakeClock().now)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://engine") as session:
        form = {"grant_type": "password", "scope": "ovirt-app-api", "username": ADMIN, "password": PASSWORD}
        token = (await session.post("/ovirt-engine/sso/oauth/token", data=form)).json()
        session.headers["Authorization"] = f"Bearer {token['access_token']}"
        yield session


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("engine")) as there:
        yield there


@pytest.fixture
def system(engine: Served) -> Iterator[services.SystemService]:
    connection = engine.connection()
    yield connection.system_service()
    connection.close()


@pytest.fixture
def described(system: services.SystemService) -> Described:
    return lambda code: sentences(system, code)


def sentences(system: services.SystemService, code: int) -> list[str]:
    """Of the events that have the code."""
    return [event.description for event in system.events_service().list() if event.code == code]
