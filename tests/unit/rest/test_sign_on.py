"""Signing on and off: what clients of oVirt send, and what is wrong with what others send."""

from contextlib import AbstractContextManager

import httpx
import pytest

from hosted_engine.engine.ports import Transaction
from hosted_engine.rest.app import make_app
from tests.fakes.store import ReadsHere
from tests.unit.rest.recorder import API
from tests.unit.rest.test_auth import ADMIN, PASSWORD


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"grant_type": "password", "username": ADMIN, "password": "wrong"}, "access_denied"),
        ({"grant_type": "password", "username": ADMIN}, "invalid_request"),
        ({"grant_type": "magic"}, "unsupported_grant_type"),
        ({}, "unsupported_grant_type"),
    ],
)
async def test_no_token_for_the_wrong_word(client: httpx.AsyncClient, form: dict[str, str], code: str) -> None:
    response = await client.post("/ovirt-engine/sso/oauth/token", data=form)
    assert response.status_code == 400
    assert response.json()["error_code"] == code
    assert "wrong" not in response.json()["error"].replace("is wrong", "")


TOKEN, LOGOUT = "/ovirt-engine/sso/oauth/token", "/ovirt-engine/services/sso-logout"


@pytest.mark.parametrize("path", [TOKEN, f"{TOKEN}/", LOGOUT, "/ovirt-engine/sso/oauth/revoke"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_sign_on_answers_other_methods_in_json(client: httpx.AsyncClient, method: str, path: str) -> None:
    """Also where the query has all: a password in a path lands in logs."""
    form = {"grant_type": "password", "username": ADMIN, "password": PASSWORD, "token": "x"}
    for params in ({}, form):
        response = await client.request(method, path, params=params)
        assert (response.status_code, response.headers["allow"]) == (405, "POST, OPTIONS")
        assert response.headers["content-type"].startswith("application/json")
        assert response.json()["error_code"] == "invalid_request"
        assert "answers POST only" in response.json()["error"]


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "message"),
    [
        (TOKEN, b"", 400, "unsupported_grant_type", "none was sent"),
        (TOKEN, b"grant_type=magic", 400, "unsupported_grant_type", "'magic' is not"),
        (TOKEN, b"grant_type=password&username=a", 400, "invalid_request", "Both username and password"),
        (TOKEN, b"grant_type=password&password=a", 400, "invalid_request", "Both username and password"),
        (TOKEN, b'{"grant_type": "password"}', 400, "unsupported_grant_type", "none was sent"),
        (TOKEN, b"grant_type=\xff", 400, "invalid_request", "no UTF-8"),
        (TOKEN, b"grant_type=password&username=%ff", 400, "invalid_request", "no UTF-8"),
        (TOKEN, b"a=1&" * 51, 400, "invalid_request", "more than 50 fields"),
        (TOKEN, b"a" * 20_000, 400, "invalid_request", "longer than 16384 bytes"),
        (LOGOUT, b"", 400, "invalid_request", "token is missing"),
        (LOGOUT, b"token=%ff", 400, "invalid_request", "no UTF-8"),
        ("/ovirt-engine/sso/oauth/token-http-auth", b"", 404, "invalid_request", "Not Found"),
    ],
)
async def test_sign_on_says_what_is_wrong_in_json(
    client: httpx.AsyncClient, path: str, body: bytes, status: int, code: str, message: str
) -> None:
    response = await client.post(path, content=body)
    assert response.status_code == status
    assert response.headers["content-type"].startswith("application/json")
    assert response.json()["error_code"] == code
    assert message in response.json()["error"]


async def test_sign_on_is_json_even_where_nobody_foresaw_it() -> None:
    class Broken(ReadsHere):
        def transaction(self) -> AbstractContextManager[Transaction]:
            raise OSError("secret path")

    app = make_app(store=Broken(), handlers={}, authority_pem=b"")
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://engine") as client:
        response = await client.post(TOKEN, data={"grant_type": "password", "username": "a", "password": "b"})
    assert response.status_code == 500
    assert response.json() == {"error_code": "server_error", "error": "Internal Engine Error"}


async def test_sign_on_and_off(client: httpx.AsyncClient) -> None:
    form = {"grant_type": "password", "scope": "ovirt-app-api", "username": ADMIN, "password": PASSWORD}
    response = await client.post("/ovirt-engine/sso/oauth/token", data=form)
    answer = response.json()
    assert response.headers["content-type"].startswith("application/json")
    assert answer["token_type"] == "bearer"
    assert answer["exp"].isdigit()
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    assert (await client.get(API, headers=bearer)).status_code == 200
    response = await client.post("/ovirt-engine/services/sso-logout", data={"token": answer["access_token"]})
    assert response.json() == {}
    assert (await client.get(API, headers=bearer)).status_code == 401
