"""Events to every caller that listens: numbered, HELLO first, a heartbeat every 5 s, nobody waits for a slow one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

from node.api.messages.events import Event, EventKind
from node.api.messages.gluster import StorageUpdate
from node.api.messages.guests import GuestReport
from node.api.messages.ha import HaReport
from node.api.messages.machine import Statistics
from node.api.messages.mounts import MountReport
from node.api.messages.network import LinkCounters, NetworkUpdate
from node.api.messages.vms import VmReport
from node.api.problems import Problem
from node.clock import Clock

HEARTBEAT_S = 5.0
HA_TIMEOUT_S = 2.0  # systemd, which is asked for it, may be busy; a heartbeat must not be late for it
QUEUE_EVENTS = 256


class Hub:
    """HELLO and heartbeats tell what `vms`, `mounts`, `statistics`, `network`, `counters`, `ha` and `guests` answer."""

    def __init__(
        self,
        clock: Clock,
        *,
        vms: Callable[[], Awaitable[tuple[VmReport, ...]]],
        mounts: Callable[[], Awaitable[tuple[MountReport, ...]]],
        statistics: Callable[[], Awaitable[Statistics]],
        network: Callable[[], NetworkUpdate | None],
        counters: Callable[[], dict[str, LinkCounters]],
        ha: Callable[[], Awaitable[HaReport]],
        guests: Callable[[], tuple[GuestReport, ...]],
    ) -> None:
        self._clock = clock
        self._vms = vms
        self._mounts = mounts
        self._statistics = statistics
        self._network = network
        self._counters = counters
        self._ha = ha
        self._guests = guests
        self._number = 0
        self._listeners: set[asyncio.Queue[Event | None]] = set()

    async def events(self) -> AsyncIterator[Event]:
        """HELLO, then everything that happens. It ends when the listener is too slow: it starts over with HELLO.

        What happens while HELLO is gathered waits in the queue, so nothing falls in between.
        """
        queue: asyncio.Queue[Event | None] = asyncio.Queue(QUEUE_EVENTS)
        self._listeners.add(queue)
        try:
            yield await self._hello()
            while (event := await queue.get()) is not None:
                yield event
        finally:
            self._listeners.discard(queue)

    def vm_changed(self, vm: VmReport) -> None:
        self._push(Event(number=0, kind=EventKind.VM, at=self._clock.now(), vm=vm))

    def mounts_changed(self, mounts: tuple[MountReport, ...]) -> None:
        self._push(Event(number=0, kind=EventKind.MOUNT, at=self._clock.now(), mounts=mounts))

    def network_changed(self, update: NetworkUpdate) -> None:
        self._push(Event(number=0, kind=EventKind.NETWORK, at=self._clock.now(), network=update))

    def storage_changed(self, update: StorageUpdate) -> None:
        """A heartbeat more: callers that do not know of storage yet pass it over."""
        self._push(Event(number=0, kind=EventKind.HEARTBEAT, at=self._clock.now(), storage=update))

    def guest_changed(self, guest: GuestReport) -> None:
        """A heartbeat more, too."""
        self._push(Event(number=0, kind=EventKind.HEARTBEAT, at=self._clock.now(), guests=(guest,)))

    async def beat(self) -> None:
        """Heartbeats for ever."""
        while True:
            await self._clock.sleep(HEARTBEAT_S)
            if self._listeners:
                statistics, ha = await asyncio.gather(self._reading(), self._observe_ha())
                self._push(
                    Event(
                        number=0,
                        kind=EventKind.HEARTBEAT,
                        at=self._clock.now(),
                        statistics=statistics,
                        counters=self._counters(),
                        ha=ha,
                    )
                )

    async def _reading(self) -> Statistics | None:
        """None while libvirt does not answer: the node is alive all the same."""
        try:
            return await asyncio.wait_for(self._statistics(), HEARTBEAT_S)
        except (Problem, TimeoutError):
            return None

    async def _observe_ha(self) -> HaReport | None:
        try:
            return await asyncio.wait_for(self._ha(), HA_TIMEOUT_S)
        except (Problem, OSError, TimeoutError):
            return None

    def close(self) -> None:
        """End every stream."""
        for queue in tuple(self._listeners):
            self._drop(queue)

    async def _hello(self) -> Event:
        number, at = self._number, self._clock.now()
        vms, mounts, statistics, ha = await asyncio.gather(
            self._vms(), self._mounts(), self._statistics(), self._observe_ha()
        )
        return Event(
            number=number,
            kind=EventKind.HELLO,
            at=at,
            vms=vms,
            mounts=mounts,
            statistics=statistics,
            network=self._network(),
            counters=self._counters(),
            ha=ha,
            guests=self._guests(),
        )

    def _push(self, event: Event) -> None:
        self._number += 1
        numbered = msgspec.structs.replace(event, number=self._number)
        for queue in tuple(self._listeners):
            if queue.full():
                self._drop(queue)
            else:
                queue.put_nowait(numbered)

    def _drop(self, queue: asyncio.Queue[Event | None]) -> None:
        self._listeners.discard(queue)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)
