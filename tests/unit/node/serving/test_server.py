"""The bounded server over real TLS: who waits too long is ended, and who works is not."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from node.serving.bounds import HEADERS, Bounds
from node.serving.listening import CannotListen
from node.serving.server import Server
from tests.fakes.authority import FakeAuthority
from tests.ports import free_port

QUICK = Bounds(head_s=0.3, body_s=0.3, write_s=0.3, idle_s=1, sweep_s=0.05)
PATIENT = Bounds(sweep_s=0.05)
HANG_S = 60
ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class App:
    """Answers what it was asked; `/wait` when it may go on, `/much` more than anybody takes, `/stream` line by line."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.waiting = asyncio.Event()
        self.whole: list[bytes] = []
        self.announced: list[bytes] = []

    async def __call__(self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body, more = body + message["body"], message["more_body"]
        self.whole.append(body)
        self.announced += [name for name, _ in scope["headers"] if name in (b"content-length", b"transfer-encoding")]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] == "/wait":
            self.waiting.set()
            await self.go_on.wait()
        for _ in range(2000 if scope["path"] == "/much" else 0):
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
        for _ in range(10 if scope["path"] == "/stream" else 0):
            await asyncio.sleep(0.1)
            await send({"type": "http.response.body", "body": b"line\n", "more_body": True})
        await send({"type": "http.response.body", "body": scope["method"].encode()})


class Place:
    def __init__(self, server: Server, port: int, app: App, tls: ssl.SSLContext) -> None:
        self.server, self.port, self.app, self._tls = server, port, app, tls

    async def connect(self, *, tls: bool = True, sock: socket.socket | None = None) -> "Client":
        context = self._tls if tls else None
        if sock is not None:
            return Client(*await asyncio.open_connection(sock=sock, ssl=context, server_hostname="x" if tls else None))
        return Client(*await asyncio.open_connection("127.0.0.1", self.port, ssl=context))


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def until(self, mark: bytes) -> bytes:
        async with asyncio.timeout(HANG_S):
            return await self._reader.readuntil(mark)

    async def end(self) -> bytes:
        """What comes until the other side ends it."""
        found = b""
        async with asyncio.timeout(HANG_S):
            with contextlib.suppress(OSError):
                while chunk := await self._reader.read(1 << 16):
                    found += chunk
        self._writer.transport.abort()
        return found


@asynccontextmanager
async def serving(folder: Path, bounds: Bounds) -> AsyncIterator[Place]:
    certificate, key, ca = FakeAuthority("site").issue(folder, "x", "engine")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=str(ca))
    trusting.check_hostname = False
    started, port, app = asyncio.Event(), free_port(), App()
    server = Server(
        app,
        tls,
        hosts="127.0.0.1",
        port=port,
        bounds=bounds,
        bodiless={"GET", "DELETE"},
        drain_s=0,
        own_signals=False,
        on_started=started.set,
    )
    task = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(HANG_S):
            await started.wait()
        yield Place(server, port, app, trusting)
    finally:
        app.go_on.set()
        server.should_exit = True
        async with asyncio.timeout(HANG_S):
            await task


@pytest.mark.parametrize("sent", [b"", b"\x16\x03", b"GET / HTTP/1.1"])
async def test_without_a_handshake_a_connection_ends(tmp_path: Path, sent: bytes) -> None:
    async with serving(tmp_path, QUICK) as place:
        client = await place.connect(tls=False)
        client.send(sent)
        await client.end()


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n", b"\r\n"])
async def test_half_a_head_ends(tmp_path: Path, sent: bytes) -> None:
    async with serving(tmp_path, QUICK) as place:
        client = await place.connect()
        client.send(sent)
        assert await client.end() == b""
        assert place.app.whole == []


async def test_a_head_that_comes_in_ever_smaller_pieces_ends(tmp_path: Path) -> None:
    async with serving(tmp_path, QUICK) as place:
        client = await place.connect()
        client.send(b"GET / HTTP/1.1\r\n")

        async def drip() -> None:
            while True:
                client.send(b"a: b\r\n")
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        assert await client.end() == b""
        dripping.cancel()


@pytest.mark.parametrize(
    "sent",
    [
        b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ],
)
async def test_half_a_body_ends(tmp_path: Path, sent: bytes) -> None:
    async with serving(tmp_path, QUICK) as place:
        client = await place.connect()
        client.send(sent)
        assert await client.end() == b""
        assert place.app.whole == []


@pytest.mark.parametrize("method", [b"GET", b"DELETE"])
@pytest.mark.parametrize("announced", [b"Content-Length: 1000000", b"Transfer-Encoding: chunked"])
async def test_a_body_that_nobody_wants_is_not_waited_for(tmp_path: Path, method: bytes, announced: bytes) -> None:
    async with serving(tmp_path, PATIENT) as place:
        client = await place.connect()
        client.send(method + b" / HTTP/1.1\r\n" + announced + b"\r\n\r\n")
        assert await client.until(b"0\r\n\r\n")
        assert place.app.whole == [b""]
        assert place.app.announced == []
        client._writer.transport.abort()


async def test_a_whole_body_that_nobody_wants_is_passed_over_and_the_next_request_is_answered(tmp_path: Path) -> None:
    async with serving(tmp_path, PATIENT) as place:
        client = await place.connect()
        for _ in range(2):
            client.send(b"DELETE / HTTP/1.1\r\nContent-Length: 9\r\n\r\n<action/>")
            assert b"DELETE" in await client.until(b"0\r\n\r\n")
        client.send(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n<action/>")
        assert b"POST" in await client.until(b"0\r\n\r\n")
        assert place.app.whole == [b"", b"", b"<action/>"]
        assert place.app.announced == [b"content-length"]
        client._writer.transport.abort()


async def test_after_an_answer_half_a_head_ends_too(tmp_path: Path) -> None:
    async with serving(tmp_path, QUICK) as place:
        client = await place.connect()
        client.send(ASK)
        await client.until(b"0\r\n\r\n")
        client.send(b"GET / HT")
        assert await client.end() == b""


async def test_who_takes_nothing_is_ended(tmp_path: Path) -> None:
    async with serving(tmp_path, QUICK) as place:
        client = await place.connect()
        client.send(b"GET /much HTTP/1.1\r\n\r\n")
        async with asyncio.timeout(HANG_S):
            while len(place.server.connections):  # noqa: ASYNC110 - nobody tells when a connection is gone
                await asyncio.sleep(0.02)
        client._writer.transport.abort()


async def test_long_answers_and_the_next_request_are_left_alone(tmp_path: Path) -> None:
    async with serving(tmp_path, QUICK) as place:
        client = await place.connect()
        client.send(b"GET /stream HTTP/1.1\r\n\r\n")
        answer = await client.until(b"0\r\n\r\n")
        assert answer.count(b"line\n") == 10
        await asyncio.sleep(0.5)  # idle, and longer than a head may take
        client.send(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nwhole")
        assert b"POST" in await client.until(b"0\r\n\r\n")
        client._writer.transport.abort()


async def test_one_too_many_makes_room_and_answers_are_seen_to_their_end(tmp_path: Path) -> None:
    async with serving(tmp_path, Bounds(of_address=5, in_all=8, sweep_s=0.05)) as place:
        worker = await place.connect()
        worker.send(b"GET /wait HTTP/1.1\r\n\r\n")
        async with asyncio.timeout(HANG_S):
            await place.app.waiting.wait()
        idle = [await place.connect(tls=False) for _ in range(30)]
        client = await place.connect()
        client.send(ASK)
        assert b"GET" in await client.until(b"0\r\n\r\n")
        place.app.go_on.set()
        assert b"GET" in await worker.until(b"0\r\n\r\n")
        for connection in (*idle[:20], worker, client):
            connection._writer.transport.abort()
        assert [await connection.end() for connection in idle[:20]] == [b""] * 20


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\na: " + b"x" * 70_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * (HEADERS + 1) + b"\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200_000,
        b"GET / HTTP/1.1\r\na: " + b"x" * 1_000_000,
    ],
)
async def test_a_head_that_is_too_long(tmp_path: Path, head: bytes) -> None:
    async with serving(tmp_path, PATIENT) as place:
        client = await place.connect()
        client.send(head)
        answer = await client.end()
        assert answer == b"" or answer.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))
        assert place.app.whole == []


async def test_requests_far_ahead_of_their_turn(tmp_path: Path) -> None:
    async with serving(tmp_path, PATIENT) as place:
        client = await place.connect()
        client.send(b"GET /wait HTTP/1.1\r\n\r\n" + ASK * 1000)
        assert (await client.end()).count(b"HTTP/1.1") <= 1
        client = await place.connect()
        place.app.go_on.set()
        client.send(ASK * 3)
        for _ in range(3):
            assert b"GET" in await client.until(b"0\r\n\r\n")
        client._writer.transport.abort()


async def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    async with serving(tmp_path, PATIENT) as place:
        taken = Server(App(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), hosts="127.0.0.1", port=place.port)
        with pytest.raises(CannotListen, match="Address already in use"):
            await taken.serve()


async def test_all_addresses_of_both_families(tmp_path: Path) -> None:
    port, started = free_port(), asyncio.Event()
    server = Server(
        App(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), hosts=None, port=port, drain_s=0, on_started=started.set
    )
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(HANG_S):
        await started.wait()
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.transport.abort()
        server.should_exit = True
        await task
