"""A database that fails once, whenever it is, keeps no command from its end and nothing locked."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.tasks import runner
from node.steps import StepFailed
from tests.fakes.engine import World
from tests.fakes.store import ReadsHere
from tests.unit.engine.scenes import done, snapshot_of
from tests.unit.engine.task_scenes.tables import Scene
from tests.unit.engine.task_scenes.vms import add_vm, remove_vm, start_vm, stop_vm
from tests.unit.engine.test_recovery import shape


class StoreAway(Exception):
    """As a database that is restarted raises something of its own."""


class FlakyStore(ReadsHere):
    """Takes back the transaction number `bad` (from 1)."""

    def __init__(self, store: Any, bad: int) -> None:
        self._store = store
        self._bad = bad
        self.count = 0

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        self.count += 1
        bad = self.count == self._bad
        with self._store.transaction() as tx:
            yield tx
            if bad:
                raise StoreAway


@pytest.mark.parametrize("scene", [add_vm, start_vm, stop_vm, remove_vm])
async def test_a_database_that_is_away_for_a_moment(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "RETRY_S", 0.0)
    finished = World()
    await done(finished, await scene(finished))
    expected = shape(snapshot_of(finished))
    for bad in range(1, 100):
        world = World()
        command = await scene(world)
        before = shape(snapshot_of(world))
        store = FlakyStore(world.store, bad)
        world.begin(store)
        try:
            await done(world, command)
        except StoreAway:
            assert bad == 1, "only a command that was not let in is the caller's to repeat"
            assert shape(snapshot_of(world)) == before
        except StepFailed:
            assert snapshot_of(world)["open tasks"] == []
            assert snapshot_of(world)["locks"] == (None, {}, {})
        else:
            assert shape(snapshot_of(world)) == expected
            if store.count < bad:
                return
    raise AssertionError("never ended")
