"""A database that stalls, while it is read or written, holds up who asked for that, and nobody else."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import httpx
import pytest
from sqlalchemy import event

from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.rest.app import make_app
from hosted_engine.rest.resources import handlers
from tests.fakes.engine import World, node_id
from tests.unit.engine.scenes import done, tiny_vm
from tests.unit.rest.test_auth import ADMIN, PASSWORD, set_password

API = "/ovirt-engine/api"
LONGEST_S = 20  # if everything waited for the stalled one


@dataclass
class Stall:
    """Holds the first statement that reads storage domains, or the commit of what adds a VM, until the test lets it
    go."""

    reached: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    adds: bool = False

    def read(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "FROM storage_domains" in statement:
            self._block()

    def write(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        self.adds = self.adds or statement.startswith("INSERT INTO vms")

    def commit(self, connection: Any) -> None:
        if self.adds:
            self._block()

    def _block(self) -> None:
        if not self.reached.is_set():
            self.reached.set()
            self.over.wait(LONGEST_S)


Site = tuple[httpx.AsyncClient, World, Stall]
OTHERS = ("", "/vms", "/hosts?search=vms.name=x", "/vms?follow=cluster,nics", "/events", "/jobs", "/vms?search=y")


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    world, stall = World(f"sqlite:///{tmp_path}/engine.db"), Stall()
    set_password(world.store)
    app = make_app(store=world.store, handlers=handlers(world.engine), authority_pem=b"", loop=world.engine.loop)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://engine", auth=(ADMIN, PASSWORD)) as http:
        assert (await http.get(API)).status_code == 200  # the password is known from here on
        yield http, world, stall
    world.store.close()


@pytest.fixture
async def engine_loop(site: Site) -> AsyncIterator[None]:
    """The engine in a thread and a loop of its own, as in its process."""
    _, world, _ = site
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def claim() -> None:
        world.engine.loop.claim()

    await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(claim(), loop))
    yield
    await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(world.engine.stop(), loop))
    loop.call_soon_threadsafe(loop.stop)
    await asyncio.to_thread(thread.join, LONGEST_S)
    loop.close()


async def test_others_are_answered_while_it_is_read(site: Site) -> None:
    http, world, stall = site
    event.listen(world.store._engine, "before_cursor_execute", stall.read)
    slow = asyncio.create_task(http.get(f"{API}/storagedomains"))
    await asyncio.to_thread(stall.reached.wait, LONGEST_S)
    for path in OTHERS:
        assert (await http.get(API + path)).status_code == 200
    with world.store.transaction() as tx:  # as what nodes say is written
        node = tx.nodes.get(node_id(1))
        assert node is not None
        tx.nodes.update(replace(node, status=NodeStatus.MAINTENANCE))
    await done(world, RemoveVm(id=await tiny_vm(world)))
    assert not slow.done()
    stall.over.set()
    assert (await slow).status_code == 200
    await world.engine.stop()


@pytest.mark.usefixtures("engine_loop")
async def test_others_are_answered_while_it_is_written(site: Site) -> None:
    http, world, stall = site
    event.listen(world.store._engine, "before_cursor_execute", stall.write)
    event.listen(world.store._engine, "commit", stall.commit)
    body = "<vm><name>slow</name><cluster><name>Default</name></cluster><template><name>Blank</name></template></vm>"
    slow = asyncio.create_task(http.post(f"{API}/vms", content=body))
    await asyncio.to_thread(stall.reached.wait, LONGEST_S)
    for path in OTHERS:
        response = await http.get(API + path)
        assert response.status_code == 200
        assert "<name>slow</name>" not in response.text
    assert not slow.done()
    stall.over.set()
    assert (await slow).status_code == 201
    assert "<name>slow</name>" in (await http.get(f"{API}/vms")).text


@pytest.mark.usefixtures("engine_loop")
async def test_commands_are_seen_to_their_end_from_another_loop(site: Site) -> None:
    http = site[0]
    body = "<vm><name>x</name><cluster><name>Default</name></cluster><template><name>tiny</name></template></vm>"
    added = await http.post(f"{API}/vms", content=body, headers={"Expect": "201-created"})
    assert added.status_code == 201
    assert (await http.post(f"{API}/vms", content=body)).status_code == 409
    path = str(fromstring(added.text).get("href"))
    started = await http.post(f"{path}/start?async=false", content="<action/>")
    assert fromstring(started.text).findtext("status") == "complete"
    assert (await http.delete(path)).status_code == 409
    form = {"grant_type": "password", "username": ADMIN, "password": PASSWORD}
    signed_on = await http.post("/ovirt-engine/sso/oauth/token", data=form)
    token = {"token": signed_on.json()["access_token"]}
    assert (await http.post("/ovirt-engine/services/sso-logout", data=token)).json() == {}
