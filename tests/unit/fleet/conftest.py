"""The site that tests of this folder look at."""

from collections.abc import AsyncIterator

import pytest

from tests.fakes.engine import World, fake_nodes
from tests.unit.fleet.hand_clock import HandClock, run_ready_tasks
from tests.unit.fleet.site import Site, open_site


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    clock = HandClock()
    world = World(nodes=fake_nodes(now=clock.now))
    world.now = clock.now()
    fleet = open_site(world, clock)
    fleet.start()
    await run_ready_tasks()
    yield Site(world, fleet, clock)
    await fleet.stop()
