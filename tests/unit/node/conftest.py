"""Fixtures of several files."""

import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from node.tls import client_context
from tests.fakes.authority import FakeAuthority
from tests.unit.node.guests import GuestWorld
from tests.unit.node.vm_world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    yield world
    world.threads.close()


@pytest.fixture(scope="module")
def authority() -> FakeAuthority:
    return FakeAuthority()


@pytest.fixture
def caller(authority: FakeAuthority, tmp_path: Path) -> Callable[[str], ssl.SSLContext]:
    return lambda role: client_context(*authority.issue(tmp_path, f"a-{role}", role))


@pytest.fixture
async def guest_world() -> AsyncIterator[GuestWorld]:
    made = GuestWorld()
    yield made
    for threads in (made.threads, made.quick):
        threads.close()
