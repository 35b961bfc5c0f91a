"""Keeps one node in view: listens to it, tells the domain what it says, and that it says nothing."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from hosted_engine.engine.ids import new_id
from hosted_engine.engine.nodes import network_updates
from hosted_engine.engine.nodes.clock import is_far, report_drift
from hosted_engine.engine.nodes.commands.joining import MEMBERSHIP
from hosted_engine.engine.nodes.commands.maintenance import node_lock
from hosted_engine.engine.nodes.joining.site import reconcile
from hosted_engine.engine.nodes.maintenance import follow
from hosted_engine.engine.nodes.members import members
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.nodes.network import NodeNetwork
from hosted_engine.engine.nodes.presence import mark_non_responsive, on_connected, on_disconnected
from hosted_engine.engine.nodes.readings import Reading, Readings
from hosted_engine.engine.ports import Store, Transaction
from hosted_engine.engine.storage.mounting import desired_mounts, superfluous_mounts
from hosted_engine.engine.storage.presence import observe_domains
from hosted_engine.engine.tasks.locks import Locks
from hosted_engine.engine.vms.engine_vm import learn
from hosted_engine.engine.vms.lifecycle import vm_reported
from hosted_engine.engine.vms.model import Origin
from hosted_engine.fleet.image_sizes import ImageSizes
from node.api.contract import NodeApi
from node.api.messages.events import Event, EventKind
from node.api.messages.gluster import StorageUpdate
from node.api.messages.ha import HaReport
from node.api.messages.machine import Capabilities
from node.api.messages.mounts import HOSTED_ENGINE, MountReport
from node.api.problems import NodeNonResponsive, Problem
from node.clock import Clock

log = logging.getLogger(__name__)

T = TypeVar("T")

NON_RESPONSIVE_S = 18.0  # from its last event to "not responding": three heartbeats and one try to connect again
MAINTAIN_EVERY_S = 30.0  # between two passes over mounts and sizes
PAUSE_S, LONGEST_PAUSE_S = 0.5, 8.0  # between two tries to connect


class Watch:
    """`up` is set while the node is connected and has said HELLO."""

    def __init__(
        self,
        node: Node,
        api: NodeApi,
        *,
        store: Store,
        readings: Readings,
        locks: Locks,
        clock: Clock,
        storage: Callable[[StorageUpdate | None], None],
    ) -> None:
        """`storage` gets to know that the node has come, and what it reports of a change of the storage's state."""
        self.node_id = node.id
        self.name = node.hostname
        self.api = api
        self.up = asyncio.Event()
        self._non_responsive = asyncio.Event()
        self._store = store
        self._readings = readings
        self._locks = locks
        self._clock = clock
        self._storage = storage
        self._last_event_at = clock.monotonic()
        self._image_sizes = ImageSizes(store, api)
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """For ever. Whatever goes wrong with one connection, the next one is tried."""
        pause = PAUSE_S
        self._spawn(self._non_responsive_timer("it has not answered since the engine started"))
        while True:
            try:
                await self._listen()
            except Problem as err:
                reason = str(err)
            except Exception:
                log.exception("while listening to %s", self.name)
                reason = "the engine could not make sense of what it said"
            else:
                reason = "it closed the connection"
            pause = PAUSE_S if self.up.is_set() else min(2 * pause, LONGEST_PAUSE_S)
            self._lost(reason)
            await self._clock.sleep(pause)

    async def while_responsive(self, call: Awaitable[T]) -> T:
        """`call`, or NodeNonResponsive as soon as the node is known not to respond: some answers may take many
        minutes."""
        work, non_responsive = asyncio.ensure_future(call), asyncio.ensure_future(self._non_responsive.wait())
        try:
            await asyncio.wait((work, non_responsive), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return await work
            raise NodeNonResponsive(
                node=self.name, request="the request", reason="the whole node became non-responsive meanwhile"
            )
        finally:
            non_responsive.cancel()
            work.cancel()

    async def _listen(self) -> None:
        capabilities = await self.api.capabilities()
        async for event in self.api.events():
            self._last_event_at = self._clock.monotonic()
            if event.kind is EventKind.HELLO:
                self._hello(event, capabilities)
            else:
                self._apply_event(event)

    def _hello(self, event: Event, capabilities: Capabilities) -> None:
        now = self._clock.now()
        self._cancel_tasks()
        known = self._readings.of(self.node_id)
        reading = Reading(event.statistics, event.mounts, now, known.network, ha=event.ha, drifts=known.drifts)
        self._readings.put(self.node_id, reading)
        self._readings.note_guests(self.node_id, event.guests)
        boot_id = event.statistics.boot_id if event.statistics else ""
        with self._store.transaction() as tx:
            on_connected(
                tx,
                self.node_id,
                capabilities=capabilities,
                boot_id=boot_id,
                vms=event.vms,
                as_of=event.at,
                now=now,
                ha=None if self._is_being_changed() else event.ha,
            )
            observe_domains(tx, self._readings, now)
            self._network(tx, event, now)
        log.info("%s is up", self.name)
        self._compare_clocks(event.at, now)
        self._non_responsive.clear()
        self.up.set()
        self._storage(None)
        self._spawn(self._maintain())

    def _apply_event(self, event: Event) -> None:
        before, now = self._readings.of(self.node_id), self._clock.now()
        if event.statistics is not None:
            self._readings.put(self.node_id, replace(before, statistics=event.statistics, at=now))
            self._compare_clocks(event.at, now)
        if event.storage is not None:
            self._storage(event.storage)
        if event.guests:
            self._readings.note_guests(self.node_id, event.guests)
        if event.ha is not None:
            self._ha(event.ha, now)
        if event.kind is EventKind.MOUNT:
            self._mounts(event.mounts)
        if event.network is not None or event.counters:
            with self._store.transaction() as tx:
                self._network(tx, event, now)
        if event.vm is not None:
            with self._store.transaction() as tx:
                vm_reported(tx, self.node_id, event.vm, now)

    def _compare_clocks(self, at: float, now: float) -> None:
        """Both are of the time of day; said once until they are close again."""
        reading, far = self._readings.of(self.node_id), is_far(at - now)
        if far and not reading.drifts:
            with self._store.transaction() as tx:
                node = tx.nodes.get(self.node_id)
                if node is not None:
                    report_drift(tx, node, at - now, now)
        self._readings.put(self.node_id, replace(reading, drifts=far))

    def _ha(self, report: HaReport, now: float) -> None:
        before = self._readings.of(self.node_id).ha
        if self._is_being_changed() or not self._readings.note_ha(self.node_id, report):
            return
        if before is not None and not (before.maintenance or report.maintenance):
            return  # nothing to do for the store, which every heartbeat would ask
        with self._store.transaction() as tx:
            follow(tx, self.node_id, report, now)

    def _is_being_changed(self) -> bool:
        """A command takes it into maintenance or back: its answer is the next word about that."""
        return self._locks.is_taken(node_lock(self.node_id))

    def _network(self, tx: Transaction, event: Event, now: float) -> None:
        """HELLO has all links, later events of those that changed; counters come with heartbeats."""
        reading, node = self._readings.of(self.node_id), tx.nodes.get(self.node_id)
        known = reading.network
        if event.network is not None and node is not None:
            if event.kind is EventKind.HELLO:
                known = network_updates.begins(tx, node, known, event.network, now)
            else:
                known = network_updates.changes(tx, node, known or NodeNetwork(), event.network, now)
        if known is not None:
            known = known.counted(event.counters, event.at)
        self._readings.put(self.node_id, replace(reading, network=known))

    def _mounts(self, mounts: tuple[MountReport, ...]) -> None:
        before = self._readings.of(self.node_id)
        self._readings.put(self.node_id, replace(before, mounts=mounts))
        with self._store.transaction() as tx:
            observe_domains(tx, self._readings, self._clock.now())

    def _lost(self, reason: str) -> None:
        if not self.up.is_set():
            return
        log.warning("%s: %s", self.name, reason)
        self.up.clear()
        self._cancel_tasks()
        with self._store.transaction() as tx:
            on_disconnected(tx, self.node_id, reason, self._clock.now())
        self._spawn(self._non_responsive_timer(reason))

    async def _non_responsive_timer(self, reason: str) -> None:
        """Mark it non-responsive, unless it answers before."""
        await self._clock.sleep(max(0.0, self._last_event_at + NON_RESPONSIVE_S - self._clock.monotonic()))
        log.warning("%s is not responding: %s", self.name, reason)
        self._readings.forget(self.node_id)
        with self._store.transaction() as tx:
            mark_non_responsive(tx, self.node_id, reason, self._clock.now())
            observe_domains(tx, self._readings, self._clock.now())
        self._non_responsive.set()

    async def _maintain(self) -> None:
        """Send it what it has missed, mount what should be mounted, and observe sizes now and then."""
        reconciled = False
        while True:
            reconciled = reconciled or await self._reconcile()
            with self._store.transaction() as tx:
                node = tx.nodes.get(self.node_id)
                requests = desired_mounts(tx, node) if node is not None else []
                there = [one.storage_domain for one in self._readings.of(self.node_id).mounts]
                superfluous = superfluous_mounts(tx, there)
            for domain in superfluous:
                await self._try(self.api.unmount(domain), f"cannot unmount storage domain {domain}")
            for request in requests:
                if not self._readings.of(self.node_id).mounted(request.storage_domain):
                    await self._try(self.api.mount(request), f"cannot mount storage domain {request.storage_domain}")
            mounts = await self._try(self.api.mounts(), "cannot observe its storage domains")
            self._mounts(self._readings.of(self.node_id).mounts if mounts is None else mounts)
            mounted = {one.storage_domain for one in self._readings.of(self.node_id).mounts if one.mounted}
            await self._image_sizes.measure(mounted)
            await self._observe_engine_vm()
            await self._clock.sleep(MAINTAIN_EVERY_S)

    async def _reconcile(self) -> bool:
        """Whether the node knows all that have come while it was away. While one comes or goes that is asked later."""
        holder = f"reconcile {new_id()}"
        if self._locks.take((MEMBERSHIP,), holder) is not None:
            return False
        try:
            with self._store.transaction() as tx:
                if tx.nodes.count(status=NodeStatus.DOWN):
                    return False  # who is told what is said by the removal that has not ended
                nodes = members(tx)
            await reconcile(self.api, nodes)
        except Problem as err:
            log.warning("%s does not know all hosts of the site: %s", self.name, err)
            return False
        else:
            return True
        finally:
            self._locks.release(holder)

    async def _observe_engine_vm(self) -> None:
        """Its configuration, as the host says on which it runs."""
        with self._store.transaction() as tx:
            here = tx.vms.count(node_id=self.node_id, origin=Origin.MANAGED_HOSTED_ENGINE)
        report = await self._try(self.api.engine_vm(HOSTED_ENGINE), "cannot observe the engine's VM") if here else None
        if report is not None:
            self._readings.note_engine_vm(report)
            with self._store.transaction() as tx:
                learn(tx, report, self._clock.now())

    async def _try(self, call: Awaitable[T], trouble: str) -> T | None:
        try:
            return await call
        except Problem as err:
            log.warning("%s: %s: %s", self.name, trouble, err)
            return None

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)

    def _task_done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a task for %s failed", self.name, exc_info=task.exception())

    def _cancel_tasks(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()

    async def close(self) -> None:
        """After `run` was cancelled."""
        errands = tuple(self._tasks)
        self._cancel_tasks()
        await asyncio.gather(*errands, return_exceptions=True)
