"""A database that stalls while it is read holds up who asked for that, and nobody else."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

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
    """Holds the first statement that reads storage domains until the test lets it go."""

    reached: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def hold(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "FROM storage_domains" in statement and not self.reached.is_set():
            self.reached.set()
            self.over.wait(LONGEST_S)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[tuple[httpx.AsyncClient, World, Stall]]:
    world, stall = World(f"sqlite:///{tmp_path}/engine.db"), Stall()
    set_password(world.store)
    app = make_app(store=world.store, handlers=handlers(world.engine), authority_pem=b"")
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://engine", auth=(ADMIN, PASSWORD)) as http:
        assert (await http.get(API)).status_code == 200  # the password is known from here on
        event.listen(world.store._engine, "before_cursor_execute", stall.hold)
        yield http, world, stall
    await world.engine.stop()
    world.store.close()


async def test_others_are_answered_meanwhile(site: tuple[httpx.AsyncClient, World, Stall]) -> None:
    http, world, stall = site
    slow = asyncio.create_task(http.get(f"{API}/storagedomains"))
    await asyncio.to_thread(stall.reached.wait, LONGEST_S)
    for path in ("", "/vms", "/hosts?search=vms.name=x", "/vms?follow=cluster,nics", "/events", "/jobs"):
        assert (await http.get(API + path)).status_code == 200
    with world.store.transaction() as tx:  # as what nodes say is written
        node = tx.nodes.get(node_id(1))
        assert node is not None
        tx.nodes.update(replace(node, status=NodeStatus.MAINTENANCE))
    await done(world, RemoveVm(id=await tiny_vm(world)))
    assert stall.reached.is_set()
    assert not slow.done()
    stall.over.set()
    assert (await slow).status_code == 200
