"""Follows the network of a host: what is there now, and each change within a second."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TypeVar

from netconf.watch.changes import changes
from netconf.watch.events import EventKind, NetworkEvent
from netconf.watch.flapping import Damper
from netconf.watch.kernel_reader import KernelReader, NetlinkListener
from netconf.watch.netlink import BUFFER_BYTES, Overrun
from netconf.watch.view import NmLinkInfo, View

_T = TypeVar("_T")

QUIET_S, LONGEST_S = 0.1, 0.5  # a burst is one change; it is waited for so long
COUNT_EVERY_S = 4.0
BONDS_EVERY_S = 2.0
NM_EVERY_S, DRIFT_EVERY_S = 10.0, 60.0
AFTER_S, SHARE = 1.0, 20.0  # asked so long after something moved, and at most this share of the time


@dataclass(frozen=True, slots=True)
class Moment:
    """`at` is the time of day; `events` may be empty when only counters moved."""

    at: float
    view: View
    events: tuple[NetworkEvent, ...]


class Watch:
    """`async with Watch() as watch: async for event in watch: …`; `watch.view` is what is known by then.

    `nm_link_info` asks NetworkManager, `drift` compares with what was confirmed (netconf.watch.drift); each is asked
    now and then and may take its time. An overrun of the kernel's buffer loses nothing: all is read again and compared.
    """

    def __init__(
        self,
        netns: str | None = None,
        *,
        nm_link_info: Callable[[], Awaitable[Mapping[str, NmLinkInfo]]] | None = None,
        drift: Callable[[], Awaitable[tuple[str, ...] | None]] | None = None,
        buffer_bytes: int = BUFFER_BYTES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.view = View()
        self._nm_link_info, self._drift = nm_link_info, drift
        self._netns, self._clock = netns, clock
        self._woken = asyncio.Event()
        self._moved = {what: asyncio.Event() for what in ("nm_links", "drift")}
        self._listener = NetlinkListener(netns, buffer_bytes, self._woken.set)
        self._thread = ThreadPoolExecutor(1, "netwatch")
        self._asides: list[asyncio.Task[None]] = []
        self._answers: dict[str, object] = {}
        self._damper = Damper()

    async def __aenter__(self) -> "Watch":
        self._listener.open()  # before the first look: what happens meanwhile is heard
        try:
            self._reader = await self._blocking(lambda: KernelReader(self._netns))
            self.view = await self._blocking(lambda: self._reader.read_all(self.view))
        except BaseException:
            self._listener.close()
            raise
        await self._ask_asides()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._asides:
            task.cancel()
        await asyncio.gather(*self._asides, return_exceptions=True)
        self._listener.close()
        await self._blocking(self._reader.close)
        self._thread.shutdown()

    async def __aiter__(self) -> AsyncIterator[NetworkEvent]:
        async for moment in self.moments():
            for event in moment.events:
                yield event

    async def moments(self) -> AsyncIterator[Moment]:
        """Each time that something was looked at. For one reader; a slow one gets more in one moment."""
        counted = time.monotonic()
        while True:
            pause = BONDS_EVERY_S if any(link.bond for link in self.view.kernel.links.values()) else COUNT_EVERY_S
            due = counted + pause
            if await self._wait(due - time.monotonic()):
                await self._burst()
            before, resynchronised = self.view, await self._follow()
            if time.monotonic() >= due:
                counted = time.monotonic()
                self.view = await self._blocking(lambda: self._reader.count(self.view))
            self.view = replace(self.view, **self._answers)  # type: ignore[arg-type]  # each of its field's type
            happened = changes(before, self.view)
            if happened or before.kernel is not self.view.kernel:
                for moved in self._moved.values():
                    moved.set()
            events = (*self._damper.damp((*resynchronised, *happened), time.monotonic()), *self._rested())
            if events or before != self.view:
                yield Moment(self._clock(), self.view, events)

    def _rested(self) -> Iterator[NetworkEvent]:
        """How links are that came and went so often that they were no longer told of."""
        names = self._damper.rested(time.monotonic())
        for link in self.view.links if names else ():
            if link.name in names:
                kind, word = (EventKind.UP, "has") if link.carrier else (EventKind.DOWN, "has not")
                yield NetworkEvent(kind, link.name, f"{link.name} rests: it {word} a carrier")

    async def _wait(self, for_s: float) -> bool:
        """Whether something woke us before."""
        try:
            await asyncio.wait_for(self._woken.wait(), max(0.0, for_s))
        except TimeoutError:
            return False
        self._woken.clear()
        return True

    async def _burst(self) -> None:
        end = time.monotonic() + LONGEST_S
        while (left := end - time.monotonic()) > 0:
            if not await self._wait(min(QUIET_S, left)):
                return

    async def _follow(self) -> tuple[NetworkEvent, ...]:
        """Take in what was heard; says so when it had to look at everything anew."""
        for task in self._asides:
            if task.done():
                task.result()
        try:
            raw = self._listener.take()
        except Overrun:
            self._listener.open()
            self.view = await self._blocking(lambda: self._reader.read_all(self.view))
            says = "More happened than could be followed; everything was looked at anew"
            return (NetworkEvent(EventKind.RESYNCHRONISED, "", says),)
        if raw:
            self.view = await self._blocking(lambda: self._reader.apply_messages(self.view, raw))
        return ()

    async def _ask_asides(self) -> None:
        """Ask before the first word, so that origins are right; from then on beside the rest."""
        for what, ask, every_s in (("nm_links", self._nm_link_info, NM_EVERY_S), ("drift", self._drift, DRIFT_EVERY_S)):
            if ask is not None:
                await self._ask(what, ask)
                self._asides.append(asyncio.create_task(self._ask_repeatedly(what, ask, every_s)))
        self.view = replace(self.view, **self._answers)  # type: ignore[arg-type]  # each of its field's type

    async def _ask_repeatedly(self, what: str, ask: Callable[[], Awaitable[object]], every_s: float) -> None:
        """Every so often, and soon after something moved; the longer an answer takes, the less often."""
        pause = AFTER_S
        while True:
            await asyncio.sleep(pause)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._moved[what].wait(), max(0.0, every_s - pause))
            self._moved[what].clear()
            begun = time.monotonic()
            await self._ask(what, ask)
            pause = max(AFTER_S, SHARE * (time.monotonic() - begun))

    async def _ask(self, what: str, ask: Callable[[], Awaitable[object]]) -> None:
        answer = await ask()
        if self._answers.get(what) != answer:
            self._answers[what] = answer
            self._woken.set()

    async def _blocking(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
