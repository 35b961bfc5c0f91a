"""Serves one application over TLS with bounded connections: the engine's API, and the node's agent."""

import asyncio
import socket
import ssl
from asyncio import sslproto
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn

from node.serving.bounds import Bounds
from node.serving.connections import Connections
from node.serving.guard import BODILESS, Guard
from node.serving.listening import bind, listener
from node.serving.protocol import BoundedProtocol

DEFAULTS = Bounds()

# asyncio gives every TLS connection a buffer of 256 KiB before its client has said a word: 1,000 of them took 410 MiB,
# and 110 so. A record of TLS has 16 KiB.
sslproto.SSLProtocol.max_size = 32 << 10


class Server(uvicorn.Server):
    """`serve()` until `should_exit` is set. `on_started` is called when it listens, `on_stopping` first of all when it
    is to end. Without `own_signals` SIGTERM and SIGINT are somebody else's."""

    def __init__(
        self,
        app: Any,
        tls: ssl.SSLContext,
        *,
        hosts: str | Sequence[str] | None = None,
        port: int = 0,
        bounds: Bounds = DEFAULTS,
        bodiless: Collection[str] = BODILESS,
        protocol: type[BoundedProtocol] = BoundedProtocol,
        drain_s: int = 5,
        own_signals: bool = True,
        on_started: Callable[[], None] = lambda: None,
        on_stopping: Callable[[], None] = lambda: None,
    ) -> None:
        self.connections = Connections(bounds)
        config = _config(Guard(app, self.connections, bodiless), protocol, bounds, drain_s)
        config.load()
        config.ssl = tls  # uvicorn's own way takes file names and cannot choose the oldest TLS version
        super().__init__(config)
        self._where = hosts, port
        self._own_signals = own_signals
        self._on_started = on_started
        self._on_stopping = on_stopping

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """On bound sockets, which are closed at its end; without them on `hosts` and `port`. Raises CannotListen."""
        listeners: list[socket.socket] = [listener(sock, self.connections) for sock in sockets or bind(*self._where)]
        watch = asyncio.create_task(self.connections.watch())
        try:
            await super().serve(listeners)
        finally:
            watch.cancel()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stopping()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn raises a signal once more when it is done with it, and that ends the process in the middle."""
        if not self._own_signals:
            yield
            return
        with super().capture_signals():
            yield


def _config(app: Guard, protocol: type[BoundedProtocol], bounds: Bounds, drain_s: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nobody stands in front; a header must not say who is asking
        timeout_keep_alive=int(bounds.idle_s),
        timeout_graceful_shutdown=drain_s,
    )
