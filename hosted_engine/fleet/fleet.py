"""All the nodes: a watch on each, and the way to them for commands."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.nodes.presence import reset_connections
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Store
from hosted_engine.engine.problems import NodeNotUp, NotThere, found
from hosted_engine.engine.tasks.locks import Locks
from hosted_engine.fleet.attended import AttendedNode
from hosted_engine.fleet.storage_watch import StorageWatch
from hosted_engine.fleet.watch import Watch
from node.api.contract import NodeApi
from node.client import NodeClient
from node.clock import Clock
from node.waiting import wait_until

NODE_TIMEOUT_S = 30.0  # how long a command waits for a node, whose agent may be restarting
START_S = 300.0  # after the engine's start it waits so long: after a power cut the whole site comes up, volumes last


class Fleet:
    """Implements hosted_engine.engine.ports.Fleet. `connect` and `connect_out_of_time` give a new client of a node,
    `is_unclaimed` looks at the certificate that a machine shows, `invite` has one ask to be taken in."""

    def __init__(
        self,
        *,
        store: Store,
        readings: Readings,
        locks: Locks,
        clock: Clock,
        connect: Callable[[Node], NodeApi],
        connect_out_of_time: Callable[[Node], NodeApi],
        is_unclaimed: Callable[[Node], Awaitable[bool]],
        invite: Callable[[Node, str, str], Awaitable[str]],
    ) -> None:
        self._store = store
        self._readings = readings
        self._locks = locks
        self._clock = clock
        self._connect = connect
        self._connect_out_of_time = connect_out_of_time
        self._unclaimed = is_unclaimed
        self._invite = invite
        self._started_at = clock.monotonic()
        self._watches: dict[str, Watch] = {}
        self._storage = StorageWatch(self._watches.values, store=store, readings=readings, clock=clock)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._storage_task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._started_at = self._clock.monotonic()
        with self._store.transaction() as tx:
            nodes = reset_connections(tx)
        for node in nodes:
            self._follow(node)
        self._storage_task = asyncio.create_task(self._storage.run(), name="watch the storage")

    async def stop(self) -> None:
        if self._storage_task is not None:
            self._storage_task.cancel()
            await asyncio.gather(self._storage_task, return_exceptions=True)
        for node_id in tuple(self._watches):
            await self._end(node_id)

    def follow(self, node_id: str) -> None:
        if node_id in self._watches:
            return
        with self._store.transaction() as tx:
            self._follow(found(tx.nodes.get(node_id), "host", node_id))

    async def forget(self, node_id: str) -> None:
        if node_id in self._watches:
            await self._end(node_id)
        self._readings.forget(node_id)

    def _follow(self, node: Node) -> None:
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
        self._tasks[node.id] = asyncio.create_task(watch.run(), name=f"watch {node.name}")

    async def _end(self, node_id: str) -> None:
        """Requests to it that are under way end as those to a node that became non-responsive."""
        watch, task = self._watches.pop(node_id), self._tasks.pop(node_id)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await watch.close()
        await _close(watch.api)

    @asynccontextmanager
    async def connect(self, node: Node) -> AsyncIterator[NodeApi]:
        api = self._connect(node)
        try:
            yield api
        finally:
            await _close(api)

    @asynccontextmanager
    async def connect_out_of_time(self, node: Node) -> AsyncIterator[NodeApi]:
        api = self._connect_out_of_time(node)
        try:
            yield api
        finally:
            await _close(api)

    async def is_unclaimed(self, node: Node) -> bool:
        return await self._unclaimed(node)

    async def invite(self, node: Node, claim_code: str, fingerprint: str) -> str:
        return await self._invite(node, claim_code, fingerprint)

    async def node(self, node_id: str) -> NodeApi:
        watch = self._watches.get(node_id)
        if watch is None:
            raise NotThere(kind="host", id=node_id)
        try:
            await asyncio.wait_for(watch.up.wait(), self._node_timeout_s())
        except TimeoutError as err:
            raise NodeNotUp(node=watch.name, reason="it is not connected") from err
        return AttendedNode(watch)

    async def carrier(self, storage_domain: str) -> NodeApi:
        async def find() -> Watch | None:
            with self._store.transaction() as tx:
                up = tx.nodes.list(status=NodeStatus.UP)
            watches = (self._watches.get(node.id) for node in up if self._readings.of(node.id).mounted(storage_domain))
            return next((watch for watch in watches if watch is not None and watch.up.is_set()), None)

        watch = await wait_until(find, self._clock, within_s=self._node_timeout_s(), every_s=0.5)
        if watch is None:
            node = f"a node with storage domain {storage_domain}"
            raise NodeNotUp(node=node, reason="none is up that has it mounted")
        return AttendedNode(watch)

    def _node_timeout_s(self) -> float:
        return max(NODE_TIMEOUT_S, self._started_at + START_S - self._clock.monotonic())


async def _close(api: NodeApi) -> None:
    if isinstance(api, NodeClient):
        await api.close()
