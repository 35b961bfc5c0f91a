"""Who manages the machine, from behind the gateway: looks whether it can be reached, drives its API as an engine does.

All of it runs on a thread of its own, whose sockets are made in the operator's namespace.
"""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

from pyroute2 import netns

from node.client import NodeClient
from node.tls import client_context
from tests.integration.lockout.agent import PORT
from tests.integration.lockout.node import ADDRESS

T = TypeVar("T")
PING_S, ANSWER_S, TALK_S = 1.0, 4.0, 2.0


@dataclass
class Sight:
    """When the machine could be reached, as (second, whether) at each change; seconds are time.monotonic's."""

    changes: list[tuple[float, bool]] = field(default_factory=list)
    last_probe: float = 0.0

    def note(self, begun: float, reachable: bool) -> None:
        self.last_probe = begun
        if not self.changes or self.changes[-1][1] is not reachable:
            self.changes.append((begun, reachable))

    def reachable_since(self, when: float) -> bool:
        """As the last look found it; False while none began after `when`, for what an earlier one met may be gone."""
        return self.last_probe >= when and bool(self.changes) and self.changes[-1][1]

    def unreachable_s(self, since: float) -> float:
        """The longest time without it that began after `since`."""
        ends = [*(when for when, _ in self.changes[1:]), time.monotonic()]
        gaps = [end - begun for (begun, was), end in zip(self.changes, ends, strict=True) if not was and end > since]
        return max(gaps, default=0.0)


class Operator:
    """Use it as `async with Operator(...)`; coroutines given to `does` run in the operator's place."""

    def __init__(self, place: str, folder: Path, *, probe_every_s: float) -> None:
        self._place, self._probe_every_s = place, probe_every_s
        self._tls = client_context(folder / "engine.crt", folder / "engine.key", folder / "ca.crt")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._tasks: list[asyncio.Task[None]] = []
        self.sight = Sight()
        self.has_talked = False

    def _run(self) -> None:
        netns.setns(self._place)
        asyncio.set_event_loop(self._loop)
        for work in (self._watch(), self._talk()):
            self._tasks.append(self._loop.create_task(work))
        self._loop.run_forever()

    async def __aenter__(self) -> Self:
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end)
        await asyncio.to_thread(self._thread.join)

    def _end(self) -> None:
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.call_soon(self._loop.stop)

    async def does(self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    @asynccontextmanager
    async def api(self) -> AsyncIterator[NodeClient]:
        """A connection of its own: over the path as it is now."""
        client = NodeClient(ADDRESS, self._tls, port=PORT)
        try:
            yield client
        finally:
            await client.close()

    async def reaches(self) -> bool:
        """Ping, and an answer of the API that does not fit into one packet."""
        if not await asyncio.to_thread(_pings, self._place):
            return False
        try:
            async with asyncio.timeout(ANSWER_S), self.api() as api:
                await api.network()
        except Exception:  # noqa: BLE001 - whatever it is: no answer
            return False
        return True

    async def _watch(self) -> None:
        while True:
            begun = time.monotonic()
            self.sight.note(begun, await self.reaches())
            await asyncio.sleep(self._probe_every_s)

    async def _talk(self) -> None:
        """There is a connection open at any moment, if there can be one: the command line goes by those."""
        held: asyncio.StreamWriter | None = None
        while True:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(ANSWER_S):
                    _, fresh = await asyncio.open_connection(ADDRESS, PORT, ssl=self._tls)
                if held is not None:
                    held.close()
                held, self.has_talked = fresh, True
            await asyncio.sleep(TALK_S)


def _pings(place: str) -> bool:
    """One echo request, on a thread that may be any: it goes to the place first."""
    netns.setns(place)
    packet = b"\x08\x00" + _checksum(b"\x08\x00\0\0\0\0\0\1") + b"\0\0\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as pinger, suppress(OSError):
        pinger.connect((ADDRESS, 0))
        pinger.send(packet)
        end = time.monotonic() + PING_S
        while (left := end - time.monotonic()) > 0:
            pinger.settimeout(left)
            if pinger.recv(2048)[20:21] == b"\0":
                return True
    return False


def _checksum(data: bytes) -> bytes:
    total = sum(int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2))
    return (~((total & 0xFFFF) + (total >> 16)) & 0xFFFF).to_bytes(2, "big")
