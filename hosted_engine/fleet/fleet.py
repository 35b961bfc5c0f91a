"""All the nodes: a watch on each, and the way to them for commands."""

import asyncio
from collections.abc import Callable

from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.nodes.presence import starts_over
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Store
from hosted_engine.engine.problems import NodeNotUp, NotThere
from hosted_engine.engine.tasks.locks import Locks
from hosted_engine.fleet.attended import AttendedNode
from hosted_engine.fleet.storage_watch import StorageWatch
from hosted_engine.fleet.watch import Clock, Watch
from node.api.contract import NodeApi

PATIENCE_S = 30.0  # how long a command waits for a node, whose agent may be restarting
START_S = 300.0  # after the engine's start it waits so long: after a power cut the whole site comes up, volumes last


class Fleet:
    """Implements hosted_engine.engine.ports.Fleet. `connect` gives the client of a node."""

    def __init__(
        self, *, store: Store, readings: Readings, locks: Locks, clock: Clock, connect: Callable[[Node], NodeApi]
    ) -> None:
        self._store = store
        self._readings = readings
        self._locks = locks
        self._clock = clock
        self._connect = connect
        self._started_at = clock.monotonic()
        self._watches: dict[str, Watch] = {}
        self._storage = StorageWatch(self._watches.values, store=store, readings=readings, clock=clock)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._started_at = self._clock.monotonic()
        with self._store.transaction() as tx:
            nodes = starts_over(tx)
        for node in nodes:
            watch = Watch(
                node,
                self._connect(node),
                store=self._store,
                readings=self._readings,
                locks=self._locks,
                clock=self._clock,
                storage=self._storage.notify,
            )
            self._watches[node.id] = watch
            self._tasks.append(asyncio.create_task(watch.run(), name=f"watch {node.name}"))
        self._tasks.append(asyncio.create_task(self._storage.run(), name="watch the storage"))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for watch in self._watches.values():
            await watch.close()

    async def node(self, node_id: str) -> NodeApi:
        watch = self._watches.get(node_id)
        if watch is None:
            raise NotThere(kind="host", id=node_id)
        try:
            await asyncio.wait_for(watch.up.wait(), self._patience_s())
        except TimeoutError as err:
            raise NodeNotUp(node=watch.name, reason="it is not connected") from err
        return AttendedNode(watch)

    async def carrier(self, volume: str) -> NodeApi:
        end = self._clock.monotonic() + self._patience_s()
        while True:
            with self._store.transaction() as tx:
                up = tx.nodes.list(status=NodeStatus.UP)
            for node in up:
                watch = self._watches.get(node.id)
                if watch is not None and watch.up.is_set() and self._readings.of(node.id).mounted(volume):
                    return AttendedNode(watch)
            if self._clock.monotonic() >= end:
                raise NodeNotUp(node=f"a node with volume {volume}", reason="none is up that has it mounted")
            await self._clock.sleep(0.5)

    def _patience_s(self) -> float:
        return max(PATIENCE_S, self._started_at + START_S - self._clock.monotonic())
