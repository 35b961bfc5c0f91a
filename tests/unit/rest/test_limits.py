"""Each limit of hosted_engine.limits: one beyond it is refused, and the fault names what and how much it may be."""

import json
from collections.abc import AsyncIterator
from typing import Any
from xml.etree.ElementTree import fromstring

import httpx
import pytest

from hosted_engine import limits
from hosted_engine.rest.app import make_app
from hosted_engine.rest.auth import session_cookie
from hosted_engine.rest.resources import handlers
from hosted_engine.rest.schema import schema
from tests.fakes.engine import World
from tests.unit.rest.test_auth import ADMIN, PASSWORD, set_password

API = "/ovirt-engine/api"
TOKEN = "/ovirt-engine/sso/oauth/token"
REFERENCES = {"cluster": {"name": "Default"}, "template": {"name": "Blank"}}


@pytest.fixture
def world() -> World:
    world = World()
    set_password(world.store)
    return world


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    app = make_app(store=world.store, handlers=handlers(world.engine), authority_pem=b"")
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://engine", auth=(ADMIN, PASSWORD)) as client:
        yield client
    await world.engine.stop()


def fault(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, fromstring(response.text).findtext("detail") or response.text


def test_each_limit_is_of_a_text_that_there_is() -> None:
    for name in limits.TEXTS:
        kind, _, attribute = name.rpartition(".")
        if kind:
            assert schema().type(kind).attributes[attribute].type == "String", name


def nested(levels: int) -> dict[str, Any]:
    return {"template": {"vm": nested(levels - 2)}} if levels > 0 else {}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"name": "n" * 256}, "vm.name has 256 characters and may have 255"),
        ({"description": "d" * 900_000}, "vm.description has 900000 characters and may have 255"),
        ({"comment": "c" * 4001}, "vm.comment has 4001 characters and may have 4000"),
        ({"comment": "a\0b"}, "vm.comment holds the character U+0000, which a database cannot keep"),
        ({"time_zone": {"name": "z" * 41}}, "vm.time_zone.name has 41 characters and may have 40"),
        ({"nics": {"nic": [{}, {"name": "n" * 51}]}}, "vm.nics.nic[2].name has 51 characters and may have 50"),
        ({"cluster": {"id": "i" * 256}}, "vm.cluster.id has 256 characters and may have 255"),
        ({"cluster": {"href": "h" * 4001}}, "vm.cluster.href has 4001 characters and may have 4000"),
        (
            {"os": {"boot": {"devices": {"device": ["hd"] * 1001}}}},
            "vm.os.boot.devices has 1001 items and may have 1000",
        ),
        ({"nics": {"nic": [{}] * 1001}}, "vm.nics has 1001 items and may have 1000"),
        (nested(34), "more than 32 elements lie within each other"),
    ],
)
async def test_bodies_in_json_and_xml(http: httpx.AsyncClient, body: dict[str, Any], message: str) -> None:
    headers = {"Content-Type": "application/json", "Accept": "application/xml"}
    assert fault(await http.post(f"{API}/vms", content=json.dumps(REFERENCES | body), headers=headers)) == (
        400,
        message,
    )
    if "\0" not in json.loads(json.dumps(body)).get("comment", ""):
        assert fault(await http.post(f"{API}/vms", content=f"<vm>{as_xml(body)}</vm>")) == (400, message)


def as_xml(body: dict[str, Any]) -> str:
    parts = []
    for name, value in body.items():
        if isinstance(value, dict) and "href" in value:
            parts.append(f'<{name} href="{value["href"]}"/>')
        else:
            for item in value if isinstance(value, list) else [value]:
                parts.append(f"<{name}>{as_xml(item) if isinstance(item, dict) else item}</{name}>")
    return "".join(parts)


async def test_what_is_just_allowed_is_taken(http: httpx.AsyncClient) -> None:
    body = REFERENCES | {"name": "n" * 64, "description": "d" * 255, "comment": "c" * 4000}
    added = await http.post(f"{API}/vms", json=body, headers={"Accept": "application/json"})
    assert added.status_code == 201
    assert added.json()["comment"] == "c" * 4000


@pytest.mark.parametrize("body", [b"<vm>" + b"<a/>" * 40_001 + b"</vm>", b'{"a": [' + b"{}," * 20_000 + b"{}]}"])
async def test_elements_without_end(http: httpx.AsyncClient, body: bytes) -> None:
    kind = "json" if body.startswith(b"{") else "xml"
    response = await http.post(f"{API}/vms", content=body, headers={"Content-Type": f"application/{kind}"})
    assert fault(response) == (413, "it has more than 20000 elements")


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/vms?search=" + "x" * 8200, 414, "its path and query have more than 8192 bytes"),
        ("/vms/" + "x" * 8200, 414, "its path and query have more than 8192 bytes"),
        ("/vms?" + "&".join(f"a{n}=" for n in range(65)), 400, "the query has too many parameters; the limit is 64"),
        ("/vms" + ";a=b" * 65, 400, "the path has too many matrix parameters; the limit is 64"),
        ("/vms?follow=" + "nics," * 32, 400, "follow has too many paths; the limit is 32"),
        ("/vms?follow=" + "host.vms." * 5, 400, "follow has a path of too many links; the limit is 8"),
        ("/events?max=10001", 400, "max is 10001; the limit is 10000"),
        ("/vms/%00", 404, "There is nothing at this path"),
    ],
)
async def test_paths_and_parameters(http: httpx.AsyncClient, path: str, status: int, message: str) -> None:
    assert fault(await http.get(API + path)) == (status, message)


async def test_searches(http: httpx.AsyncClient) -> None:
    for search, message in (("a " * 65, "it has more than 64 conditions"), ("x" * 4097, "longer than 4096 characters")):
        status, detail = fault(await http.get(f"{API}/vms", params={"search": search}))
        assert status == 400
        assert message in detail
        assert len(detail) < 500
    assert (await http.get(f"{API}/vms", params={"search": "name=" + "*" * 2000 + "x"})).status_code == 200


async def test_links_that_lead_to_ever_more(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hosted_engine.rest.follow.FOLLOWED_OBJECTS", 10)
    assert (await http.get(f"{API}/vms?follow=cluster")).status_code == 200
    response = await http.get(f"{API}/clusters?follow=networks.vnicprofiles.network.vnicprofiles.network.vnicprofiles")
    assert response.status_code == 200
    status, message = fault(await http.get(f"{API}/hosts?follow=cluster,nics.host.cluster"))
    assert (status, message) == (400, "follow leads to too many objects; the limit is 10")


async def test_headers(http: httpx.AsyncClient) -> None:
    for name in ("Authorization", "Cookie", "Accept", "Prefer"):
        response = await http.get(f"{API}/vms", headers={name: "x" * 8193}, auth=None)
        assert fault(response) == (431, f"its header {name.lower()} has more than 8192 bytes")


async def test_a_body_of_which_a_part_came(http: httpx.AsyncClient, world: World) -> None:
    """An action may have no body: one that did not come must not be taken for one that is not there."""
    headers = {"Content-Length": "100"}
    response = await http.post(f"{API}/vms/1/stop", content=_bytes(b"<action/>"), headers=headers)
    assert fault(response) == (400, "The body is shorter than its Content-Length")


async def _bytes(body: bytes) -> AsyncIterator[bytes]:
    yield body


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"username": "u" * 256}, "The username may have 255 characters."),
        ({"password": "p" * 1025}, "The password may have 1024 characters."),
        ({"scope": "s" * 256}, "The scope may have 255 characters."),
    ],
)
async def test_the_form_of_a_sign_on(http: httpx.AsyncClient, form: dict[str, str], message: str) -> None:
    whole = {"grant_type": "password", "username": ADMIN, "password": PASSWORD} | form
    response = await http.post(TOKEN, data=whole)
    assert (response.status_code, response.json()["error"]) == (400, message)
    for odd in ({"username": "a\0"}, {"scope": "a\0b"}):
        assert (await http.post(TOKEN, data=whole | form | odd)).status_code == 400


async def test_a_client_that_signs_in_ever_again_has_so_many_sessions_at_most(
    http: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hosted_engine.engine.users.sessions.SESSIONS", 3)
    form = {"grant_type": "password", "username": ADMIN, "password": PASSWORD}
    tokens = [(await http.post(TOKEN, data=form)).json()["access_token"] for _ in range(5)]
    http.auth = None  # type: ignore[assignment]
    statuses = [(await http.get(API, headers={"Authorization": f"Bearer {token}"})).status_code for token in tokens]
    assert statuses == [401, 401, 200, 200, 200]
    with world.store.transaction() as tx:
        assert tx.sessions.count() == 3


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("JSESSIONID=abc", "abc"),
        ('a=b; JSESSIONID="abc"; c=d', "abc"),
        (" JSESSIONID = abc ;", "abc"),
        ("JSESSIONID=", None),
        ("XJSESSIONID=abc", None),
        ("JSESSIONID", None),
        ("", None),
        ('a="' + "\\" * 8000, None),
    ],
)
def test_the_cookie_of_a_session(header: str, token: str | None) -> None:
    assert session_cookie(header) == token
