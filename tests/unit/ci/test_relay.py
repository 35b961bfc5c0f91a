import asyncio
import os
from pathlib import Path

import pytest

from ci.lab.relay import Relay
from tests.ports import free_port

HERE = Path("/proc/self/ns/net")


@pytest.mark.skipif(os.geteuid() != 0, reason="going into a network namespace needs root")
async def test_bytes_pass_in_both_directions_and_the_end_too() -> None:
    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read()).upper())
        writer.close()

    server = await asyncio.start_server(shout, "127.0.0.1", 0)
    port = free_port()
    serving = asyncio.create_task(Relay(HERE, server.sockets[0].getsockname()).serve(port))
    reader, writer = await connected(port)
    writer.write(b"hello" * 100_000)
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(), 10) == b"HELLO" * 100_000
    writer.close()
    serving.cancel()
    server.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="going into a network namespace needs root")
async def test_a_client_is_sent_away_when_nobody_listens_there() -> None:
    port = free_port()
    serving = asyncio.create_task(Relay(HERE, ("127.0.0.1", free_port())).serve(port))
    reader, writer = await connected(port)
    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()
    serving.cancel()


async def connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    for _ in range(500):
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.01)
    raise AssertionError("the relay does not listen")
