"""A client of the API over handlers of the test's own."""

from collections.abc import AsyncIterator

import httpx
import pytest

from hosted_engine.rest.app import make_app
from tests.fakes.clock import FakeClock
from tests.fakes.engine import World
from tests.unit.rest.recorder import Recorder
from tests.unit.rest.test_auth import ADMIN, PASSWORD, set_password


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
