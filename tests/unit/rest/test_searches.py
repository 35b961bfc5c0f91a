"""Searches as clients send them: what cannot be understood is told with its place, in both formats."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from hosted_engine.rest.app import make_app
from hosted_engine.rest.resources import handlers
from tests.fakes.engine import World
from tests.unit.rest.test_auth import ADMIN, PASSWORD, set_password

API = "/ovirt-engine/api"


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    world = World()
    set_password(world.store)
    app = make_app(store=world.store, handlers=handlers(world.engine), authority_pem=b"")
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://engine", auth=(ADMIN, PASSWORD)) as client:
        client.headers["Accept"] = "application/json"
        yield client
    await world.engine.stop()


@pytest.mark.parametrize(
    ("collection", "search", "status", "message"),
    [
        ("vms", "{'name': 'production*'}", 400, "at character 1, the character { (LEFT CURLY BRACKET)"),
        ("vms", "name=“web”", 400, "at character 6, the character “ (LEFT DOUBLE QUOTATION MARK)"),
        ("hosts", "status=flying", 400, "at character 8, of `status`, 'flying' is not among the values: down, error,"),
        ("storagedomains", "colour=red", 400, "at character 1, there is no field colour of a storage domain, only"),
        ("templates", "quota=x", 501, "at character 1, the field `quota` of a template is not there yet"),
        ("events", "severity>dreadful", 400, "'dreadful' is not among the values: normal, warning, error, alert"),
        ("jobs", "sortby nothing", 400, "at character 8, there is no field nothing of a job"),
        ("vms", "name=a\0b", 400, "at character 7, the character U+0000 cannot be searched for"),
    ],
)
async def test_what_cannot_be_understood(
    http: httpx.AsyncClient, collection: str, search: str, status: int, message: str
) -> None:
    for path in (f"{collection}?search={quote(search)}", f"{collection};search={quote(search)}"):
        response = await http.get(f"{API}/{path}")
        assert (response.status_code, message in response.json()["detail"]) == (status, True), response.text
        response = await http.get(f"{API}/{path}", headers={"Accept": "application/xml"})
        assert response.status_code == status
        assert response.text.startswith("<?xml")


async def test_what_is_no_utf8(http: httpx.AsyncClient) -> None:
    response = await http.get(f"{API}/vms?search=name%3Dx%FF")
    assert response.status_code == 400
    assert "the parameter search" in response.json()["detail"]


async def test_what_is_found_within_another_object(http: httpx.AsyncClient) -> None:
    def ids(answer: dict[str, Any], kind: str) -> list[str]:
        return [one["id"] for one in answer.get(kind, [])]

    center = ids((await http.get(f"{API}/datacenters")).json(), "data_center")[0]
    domains = f"{API}/datacenters/{center}/storagedomains"
    everything = ids((await http.get(domains)).json(), "storage_domain")
    assert len(everything) == 2
    assert len(ids((await http.get(f"{domains}?search=name%3Ddata")).json(), "storage_domain")) == 1
    assert ids((await http.get(f"{domains};max=1")).json(), "storage_domain") == everything[:1]
    assert ids((await http.get(f"{domains}?max=0")).json(), "storage_domain") == []
