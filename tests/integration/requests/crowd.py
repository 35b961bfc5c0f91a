"""A crowd of connections that say nothing, half a request, or half of a body, from one address or from many."""

import asyncio
import itertools
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field

AT_A_TIME = 40  # handshakes under way
HALVES: Sequence[bytes | None] = (
    None,  # not even TLS
    None,
    b"",
    b"GET /ovirt-engine/api HTTP/1.1\r\nHost: localhost\r\nAuth",
    b"POST /ovirt-engine/sso/oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\ngrant_type=pass",
)


@dataclass
class Crowd:
    port: int
    tls: ssl.SSLContext
    members: list[tuple[bytes | None, asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)
    refused: int = 0

    async def gather(self, count: int, sources: Sequence[str]) -> None:
        """So many connections, whatever becomes of them."""
        turn = asyncio.Semaphore(AT_A_TIME)
        pairs = zip(range(count), itertools.cycle(sources), strict=False)
        await asyncio.gather(*(self._one(turn, HALVES[number % len(HALVES)], source) for number, source in pairs))

    async def _one(self, turn: asyncio.Semaphore, half: bytes | None, source: str) -> None:
        async with turn:
            try:
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1",
                    self.port,
                    local_addr=(source, 0),
                    ssl=None if half is None else self.tls,
                    server_hostname=None if half is None else "localhost",
                )
                writer.write(half or b"")
            except OSError:  # it had to make room before it was through with its handshake
                self.refused += 1
                return
        self.members.append((half, reader, writer))

    async def ends(self, within_s: float, *halves: bytes | None) -> int:
        """How many of those that sent one of `halves` are ended by the other side in that time."""
        waiting = [asyncio.create_task(_end(reader)) for half, reader, _ in self.members if half in halves]
        done, late = await asyncio.wait(waiting, timeout=within_s)
        for task in late:
            task.cancel()
        return len(done) if not late else -len(late)

    def go(self) -> None:
        for _, _, writer in self.members:
            writer.transport.abort()


async def _end(reader: asyncio.StreamReader) -> None:
    try:
        while await reader.read(1 << 16):
            pass
    except OSError:
        pass
