"""Makes the engine's API, which lives in the lab's namespace, reachable on a loopback port of the host.

It passes bytes and nothing else: TLS is between the client and the engine.
"""

import asyncio
import ctypes
import os
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CLONE_NEWNET = 0x40000000
CHUNK = 1 << 16
CONNECT_S = 5.0


class Relay:
    """Listens here, connects there: sockets towards `target` are made by a thread that lives in the namespace."""

    def __init__(self, namespace: Path, target: tuple[str, int]) -> None:
        self._target = target
        # One thread for ever: a thread that has gone into a namespace must do nothing else.
        self._inside = ThreadPoolExecutor(1, initializer=enter, initargs=(namespace,))

    async def serve(self, port: int) -> None:
        server = await asyncio.start_server(self._relay, "127.0.0.1", port)
        async with server:
            await server.serve_forever()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            theirs, ours = await self._connect()
        except OSError as err:
            print(f"{self._target[0]}: {err}", flush=True)  # noqa: T201 - its output is its log
            writer.close()
            return
        await asyncio.gather(_pump(reader, ours), _pump(theirs, writer))

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        there = await asyncio.get_running_loop().run_in_executor(self._inside, _socket)
        try:
            async with asyncio.timeout(CONNECT_S):
                await asyncio.get_running_loop().sock_connect(there, self._target)
        except OSError:
            there.close()
            raise
        return await asyncio.open_connection(sock=there)


def _socket() -> socket.socket:
    made = socket.socket()
    made.setblocking(False)
    return made


def enter(namespace: Path) -> None:
    """Move the calling thread into the namespace; os.setns came with Python 3.12 only."""
    handle = os.open(namespace, os.O_RDONLY)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(handle, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns", str(namespace))
    finally:
        os.close(handle)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Pass on until the end of one direction; the other one may go on."""
    try:
        while data := await source.read(CHUNK):
            sink.write(data)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()
    except OSError:
        sink.close()


def main() -> None:
    namespace, address, target_port, port = sys.argv[1:]
    asyncio.run(Relay(Path(namespace), (address, int(target_port))).serve(int(port)))


if __name__ == "__main__":
    main()
