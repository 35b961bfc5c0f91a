"""Whatever a client sends, it is carried out or refused; nothing is ever an internal error."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from hosted_engine.rest.app import make_app
from hosted_engine.rest.media.json_write import JsonWriter
from hosted_engine.rest.media.xml_write import XmlWriter
from hosted_engine.rest.resources import handlers
from hosted_engine.rest.schema import schema
from tests.fakes.engine import DATA_ID, World
from tests.unit.rest.objects import Maker
from tests.unit.rest.test_auth import ADMIN, PASSWORD, set_password

API = "/ovirt-engine/api"
SCHEMA = schema()
ODD = ["", "0", "-1", "9" * 30, "a" * 5000, "ä\u0000b", "../..", "%2e%2e", "'; drop table vms; --", "\ud800", "🙂", "*"]


@dataclass
class Site:
    http: httpx.AsyncClient
    world: World
    vm_id: str


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    world = World()
    set_password(world.store)
    app = make_app(store=world.store, handlers=handlers(world.engine), authority_pem=b"")
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://engine", auth=(ADMIN, PASSWORD)) as http:
        body = "<vm><name>odd</name><cluster><name>Default</name></cluster><template><name>Blank</name></template></vm>"
        added = await http.post(f"{API}/vms", content=body, headers={"Accept": "application/json"})
        yield Site(http, world, added.json()["id"])
    await world.engine.stop()


def status_of(response: httpx.Response) -> int:
    assert response.status_code in (200, 201, 202, 400, 404, 405, 409, 413, 414, 422, 501), response.text
    return response.status_code


@pytest.mark.parametrize("kind", ["Vm", "Disk", "DiskAttachment", "Nic"])
@pytest.mark.parametrize("form", ["xml", "json"])
async def test_any_body(site: Site, kind: str, form: str) -> None:
    collection = {"Vm": "vms", "Disk": "disks", "DiskAttachment": f"vms/{site.vm_id}/diskattachments"}
    path = f"{API}/{collection.get(kind, f'vms/{site.vm_id}/nics')}"
    writer = XmlWriter(SCHEMA) if form == "xml" else JsonWriter(SCHEMA)
    codes = set()
    for number in range(12):
        value = Maker(SCHEMA, f"{kind}{number}").object(kind, depth=2)
        value |= (
            {"name": f"n{number}", "cluster": {"name": "Default"}, "template": {"name": "tiny"}} if kind == "Vm" else {}
        )
        value |= {"alias": f"n{number}", "storage_domains": [{"id": DATA_ID}]} if kind == "Disk" else {}
        body = writer.one(value, kind)
        codes.add(status_of(await site.http.post(path, content=body, headers={"Content-Type": f"application/{form}"})))
        codes.add(status_of(await site.http.put(f"{API}/vms/{site.vm_id}", content=body)))
    assert 400 in codes


@pytest.mark.parametrize("odd", ODD)
async def test_odd_words_everywhere(site: Site, odd: str) -> None:
    quoted = httpx.QueryParams({"search": f'name="{odd.encode(errors="replace").decode()}"'})
    segment = str(httpx.QueryParams({"": odd.encode(errors="replace").decode()}))[1:].replace("+", "%20") or "%20"
    for collection in ("vms", "disks", "events", "jobs", f"vms/{site.vm_id}/nics"):
        status_of(await site.http.get(f"{API}/{collection}?{quoted}"))
        status_of(await site.http.get(f"{API}/{collection}/{segment}"))
        parameters = {"max": segment, "from": segment, "follow": segment, "case_sensitive": segment}
        status_of(await site.http.get(f"{API}/{collection}", params=parameters))
        status_of(await site.http.delete(f"{API}/{collection}/{segment}"))
    status_of(await site.http.post(f"{API}/vms/{segment}/start", content="<action/>"))
    for name in ("name", "description", "comment"):
        body = json.dumps({name: odd, "cluster": {"name": odd}, "template": {"id": odd}, "time_zone": {"name": odd}})
        headers = {"Content-Type": "application/json"}
        status_of(await site.http.put(f"{API}/vms/{site.vm_id}", content=body, headers=headers))
        status_of(await site.http.post(f"{API}/vms", content=body, headers=headers))


async def test_numbers_that_nothing_can_hold(site: Site) -> None:
    for number in ("9" * 18, "9" * 19, "-" + "9" * 18, str(1 << 63)):
        for body in (
            f"<vm><memory>{number}</memory></vm>",
            f"<vm><high_availability><priority>{number}</priority></high_availability></vm>",
        ):
            status_of(await site.http.put(f"{API}/vms/{site.vm_id}", content=body))
        status_of(await site.http.get(f"{API}/events/{number}"))
        status_of(await site.http.get(f"{API}/events?from={number}&max={number}"))
        domain = f"<storage_domains><storage_domain><id>{DATA_ID}</id></storage_domain></storage_domains>"
        disk = f"<disk><name>d</name><provisioned_size>{number}</provisioned_size>{domain}</disk>"
        status_of(await site.http.post(f"{API}/disks", content=disk))
