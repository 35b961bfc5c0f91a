"""Serves the application over TLS, and anew when the node has become a member: who connects meanwhile waits."""

import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Any

from node.server.peer import PeerProtocol
from node.serving.listening import bind, close
from node.serving.server import Server


class Service:
    """`make` gives the application and its TLS context; it is asked again after each `again()`. Requests under way
    get `drain_s` to end then; `stopping` is called first, to end those that would not by themselves. `ready` is called
    whenever it serves."""

    def __init__(
        self,
        make: Callable[[], tuple[Any, ssl.SSLContext]],
        *,
        port: int,
        hosts: str | Sequence[str] | None = None,
        drain_s: int = 2,
        ready: Callable[[], None] = lambda: None,
        stopping: Callable[[], None] = lambda: None,
    ) -> None:
        self._make = make
        self._port = port
        self._hosts = hosts
        self._drain_s = drain_s
        self._ready = ready
        self._stopping = stopping
        self._sockets: list[socket.socket] = []
        self._server: Server | None = None
        self._again = self._ended = False

    def again(self) -> None:
        """Let requests under way end, then serve what `make` gives now."""
        self._again = True
        if self._server is not None:
            self._server.should_exit = True

    async def run(self) -> None:
        """Serve until a signal to end comes, or `stop()`. Raises CannotListen."""
        self._sockets = bind(self._hosts, self._port)
        try:
            while not self._ended:
                self._again = False
                self._server = server = self._new()
                server.should_exit = self._ended
                await server.serve([sock.dup() for sock in self._sockets])
                self._ended = self._ended or not self._again
        finally:
            close(self._sockets)

    @property
    def started(self) -> bool:
        return self._server is not None and self._server.started and not self._server.should_exit

    def stop(self) -> None:
        """Let requests under way end, then be done; also while it is being served anew."""
        self._ended = True
        if self._server is not None:
            self._server.should_exit = True

    def _end_requests(self) -> None:
        if self._ended or not self._again:
            close(self._sockets)  # nobody is to wait for a server that does not come
        self._stopping()

    def _new(self) -> Server:
        app, tls = self._make()
        return Server(
            app,
            tls,
            protocol=PeerProtocol,
            drain_s=self._drain_s,
            on_started=self._ready,
            on_stopping=self._end_requests,
        )
