"""The hand-over is checked as a client would: sign in, list, compare; a hollow engine does not pass."""

from pathlib import Path

import httpx
import pytest

from hosted_engine.authority import make_authority
from hosted_engine.deploy.engine_client import EngineClient

PAGES = {
    "/hosts": "<hosts><host><name>node1</name><status>up</status></host></hosts>",
    "/datacenters": '<data_centers><data_center id="7"><name>Default</name></data_center></data_centers>',
    "/datacenters/7/storagedomains": "<storage_domains><storage_domain><name>data</name><status>active</status>"
    "</storage_domain></storage_domains>",
    "/templates": "<templates><template><name>Blank</name></template><template><name>tiny</name></template>"
    "</templates>",
}


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    path = tmp_path / "ca.crt"
    path.write_text(make_authority("lab").certificate)
    return path


def client(authority: Path, pages: dict[str, str], *, password: str = "right") -> EngineClient:
    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/token"):
            right = b"password=right" in request.content
            return httpx.Response(200, json={"access_token": "T"}) if right else httpx.Response(400, json={})
        if path.startswith("/ovirt-engine/api") and request.headers.get("Authorization") != "Bearer T":
            return httpx.Response(401)
        page = pages.get(path.removeprefix("/ovirt-engine/api"))
        return httpx.Response(200, text=page) if page else httpx.Response(404)

    return EngineClient("192.0.2.10", authority, "admin@internal", password, transport=httpx.MockTransport(answer))


async def test_an_engine_that_has_all_lacks_nothing(authority: Path) -> None:
    assert await client(authority, PAGES).missing(["node1"], ["data"]) == ()


async def test_what_is_missing_is_named(authority: Path) -> None:
    pages = PAGES | {"/templates": "<templates/>", "/hosts": PAGES["/hosts"].replace("up", "installing")}
    assert await client(authority, pages).missing(["node1", "node2"], ["data", "engine"]) == (
        "host node1 is installing",
        "host node2 is not there",
        "storage engine is not there",
        "template Blank is not there",
        "template tiny is not there",
    )


async def test_a_wrong_password_and_a_half_made_api_are_told(authority: Path) -> None:
    (reason,) = await client(authority, PAGES, password="wrong").missing(["node1"], ["data"])
    assert "400" in reason
    (reason,) = await client(authority, {"/hosts": "<hosts"}).missing(["node1"], ["data"])
    assert "does not answer as it should" in reason


async def test_health_is_a_page_that_answers(authority: Path) -> None:
    assert await client(authority, {"/ovirt-engine/services/health": "DB Up!"}).why_not_healthy() is None
    assert await client(authority, {}).why_not_healthy() == "it answers 404"
