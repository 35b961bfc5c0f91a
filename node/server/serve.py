"""Serves the application over TLS, and anew when the node has become a member."""

import socket
import ssl
from collections.abc import Callable
from typing import Any

import uvicorn

from node.server.peer import PeerProtocol

KEEP_ALIVE_S = 75  # longer than callers keep idle connections, or a request meets its end on the way


class Service:
    """`make` gives the application and its TLS context; it is asked again after each `again()`. Requests under way
    get `drain_s` to end then; `stopping` is called first, to end those that would not by themselves."""

    def __init__(
        self,
        make: Callable[[], tuple[Any, ssl.SSLContext]],
        *,
        port: int,
        hosts: str | list[str] | None = None,
        drain_s: int = 2,
        stopping: Callable[[], None] = lambda: None,
    ) -> None:
        self._make = make
        self._port = port
        self._hosts = hosts
        self._drain_s = drain_s
        self._stopping = stopping
        self._server: uvicorn.Server | None = None
        self._again = False

    def again(self) -> None:
        """Let requests under way end, then serve what `make` gives now."""
        self._again = True
        if self._server is not None:
            self._server.should_exit = True

    async def run(self) -> None:
        """Serve until a signal to end comes."""
        while True:
            self._again = False
            self._server = self._new()
            await self._server.serve()
            if not self._again:
                return

    @property
    def started(self) -> bool:
        return self._server is not None and self._server.started and not self._server.should_exit

    def stop(self) -> None:
        if self._server is not None:
            self._server.should_exit = True

    def _new(self) -> uvicorn.Server:
        app, tls = self._make()
        config = uvicorn.Config(
            app,
            host=self._hosts,  # type: ignore[arg-type]  # None is every address of both families, as asyncio has it
            port=self._port,
            http=PeerProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=self._drain_s,
        )
        config.load()
        config.ssl = tls  # uvicorn's own way takes file names and cannot choose the oldest TLS version
        return _Server(config, self._stopping)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping = stopping

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping()
        await super().shutdown(sockets)
