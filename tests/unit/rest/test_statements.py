"""How many statements a request takes: few, and as many for a thousand objects as for three."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from xml.etree.ElementTree import fromstring

import httpx
import pytest
from sqlalchemy import event

from hosted_engine.engine.disks.model import Disk, DiskAttachment, attachment_id
from hosted_engine.engine.events.model import Event, Severity
from hosted_engine.engine.jobs.model import Job
from hosted_engine.engine.networks.model import Nic
from hosted_engine.engine.tags.entity import Tag, TagAssignment
from hosted_engine.rest.app import make_app
from hosted_engine.rest.resources import handlers
from tests.fakes.engine import DATA_ID, World, node_id
from tests.unit.rest.test_auth import ADMIN, PASSWORD, set_password

API = "/ovirt-engine/api"
FEW, MANY = 3, 40
WHO = 2  # statements that say who is asking, and what they may


@dataclass
class Site:
    http: httpx.AsyncClient
    world: World
    statements: list[str] = field(default_factory=list)


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    event.listen(world.store._engine, "before_cursor_execute", note)
    yield statements
    event.remove(world.store._engine, "before_cursor_execute", note)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    world = World()
    set_password(world.store)
    app = make_app(store=world.store, handlers=handlers(world.engine), authority_pem=b"")
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://engine") as http:
        form = {"grant_type": "password", "username": ADMIN, "password": PASSWORD}
        token = (await http.post("/ovirt-engine/sso/oauth/token", data=form)).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        with counted(world) as statements:
            yield Site(http, world, statements)
    await world.engine.stop()


def fill(world: World, start: int, count: int) -> None:
    """VMs, each with a disk, a NIC and a tag; more of them on the first; events and jobs."""
    with world.store.transaction() as tx:
        base = next(iter(tx.vms.list()))
        tag = Tag(id=f"tag{start}", name=f"tag{start}")
        tx.of(Tag).add(tag)
        for number in range(start, start + count):
            vm = replace(base, id=f"vm{number}", name=f"vm{number}", node_id=node_id(1))
            tx.vms.add(vm)
            disk = Disk(
                id=f"disk{number}", name="d", storage_domain_id=DATA_ID, image_id="i", provisioned_size_bytes=1 << 30
            )
            tx.disks.add(disk)
            tx.disk_attachments.add(DiskAttachment(id=attachment_id(vm.id, disk.id), owner_id=vm.id, disk_id=disk.id))
            for owner in {"vm0", vm.id}:
                tx.nics.add(Nic(id=f"nic{owner}{number}", owner_id=owner, name=f"nic{number}", mac="56:6f:00:00:00:01"))
            tx.of(TagAssignment).add(TagAssignment(id=f"{vm.id}/{tag.id}", tag_id=tag.id, owner_id=vm.id))
            tx.events.add(Event(name="X", code=1, severity=Severity.NORMAL, at=1.0, description="x", vm_id=vm.id))
            tx.jobs.add(Job(id=f"job{number}", action="X", description="x", correlation_id="x", started_at=1.0))


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/vms", 1),
        ("/vms?search=name=vm* and tag=tag0 or storage.name=data sortby cluster page 1", 1),
        ("/vms?search=vm", 1),  # anywhere: what guests say, too, of those that say something
        ("/vms?search=hosts.cpu_usage>=0", 2),  # and all hosts, for what they say
        ("/vms/vm0", 1),
        ("/vms/vm0/nics", 3),  # the VM, its NICs, whether it is a template
        ("/vms/vm0/tags", 3),
        ("/hosts", 2),
        (f"/hosts/{node_id(1)}/nics", 3),
        ("/disks", 1),
        ("/disks?search=vms.name=vm* and storage.name=data", 1),
        ("/vms/vm0/diskattachments", 3),
        ("/vms?follow=disk_attachments.disk,nics", 6),
        ("/templates", 1),
        ("/clusters", 2),
        ("/storagedomains", 3),
        ("/events", 1),
        ("/events?from=1&max=1000", 1),
        ("/events?search=vms.name=vm*", 1),
        ("/jobs", 1),
        ("/jobs?search=correlation_id=x", 1),
        ("/vms?follow=nics", 3),  # NICs, and whether any is a template's
        ("/vms?follow=tags", 3),
        ("/vms?follow=cluster.datacenter,host,template", 9),
    ],
)
async def test_a_request_takes_few(site: Site, path: str, most: int) -> None:
    taken = []
    for start, count in ((0, FEW), (FEW, MANY)):
        fill(site.world, start, count)
        site.statements.clear()
        response = await site.http.get(API + path)
        assert response.status_code == 200, response.text
        taken.append(list(site.statements))
    assert len(taken[0]) == len(taken[1]), taken[1]
    assert len(taken[0]) <= most + WHO, taken[0]


async def test_what_is_followed_together_is_what_is_there(site: Site) -> None:
    fill(site.world, 0, FEW)
    together = fromstring((await site.http.get(f"{API}/vms?follow=nics,tags,cluster,host.cluster,template")).text)
    for vm in together.findall("vm"):
        alone = fromstring((await site.http.get(f"{API}/vms/{vm.get('id')}")).text)
        for one in ("nics", "tags", "cluster", "host", "template"):
            assert [n.get("id") for n in vm.findall(f"{one}/*[@id]")] == await ids_at(site, alone, one), one
    assert together.findtext("vm/host/cluster/name") == "Default"


async def ids_at(site: Site, vm: Any, name: str) -> list[Any]:
    link = vm.find(f"link[@rel='{name}']")
    held = vm.find(name)
    if link is None and held is None:
        return []
    href = (held if link is None else link).get("href")
    return [child.get("id") for child in fromstring((await site.http.get(href)).text).findall("*[@id]")]
