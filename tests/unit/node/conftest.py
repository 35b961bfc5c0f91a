"""Fixtures of several files."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.node.vm_world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    yield world
    world.threads.close()
