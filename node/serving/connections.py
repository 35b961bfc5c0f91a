"""Knows the connections of a server, from the moment each is accepted: who holds how many, and what each waits for.

A connection that keeps the server waiting too long is shut down. Where there is one too many, the connection that has
waited longest for its client makes room: whoever is new has as long as others are new. Nobody is kept out by waiting.
"""

import asyncio
import ipaddress
import logging
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from enum import StrEnum
from typing import Any

from node.serving.bounds import Bounds

log = logging.getLogger(__name__)


class Phase(StrEnum):
    """What a connection waits for."""

    HEAD = "its first request"
    BODY = "the rest of a body"
    IDLE = "its next request"
    WRITE = "its client to take what is sent"
    ANSWER = "the server itself"  # never given up


class Connection:
    """`since` is when it began to wait, `deadline` when that has to have ended; both monotonic, in seconds."""

    __slots__ = ("deadline", "peer", "phase", "since", "sock", "source")

    def __init__(self, sock: socket.socket, address: Any, now: float, head_s: float) -> None:
        self.sock = sock
        self.peer = (str(address[0]), int(address[1]))
        self.source = source_of(self.peer[0])
        self.enter(Phase.HEAD, now, head_s)

    def enter(self, phase: Phase, since: float, within_s: float = float("inf")) -> None:
        self.phase, self.since, self.deadline = phase, since, since + within_s

    @property
    def closed(self) -> bool:
        return self.sock.fileno() < 0

    def shut_down(self) -> None:
        """Its transport finds the connection ended, whatever it waits for, and cleans up."""
        with suppress(OSError):  # the client was faster
            self.sock.shutdown(socket.SHUT_RDWR)


class Connections:
    def __init__(self, bounds: Bounds, clock: Callable[[], float] = time.monotonic) -> None:
        self.bounds = bounds
        self.clock = clock
        self._of_peer: dict[tuple[str, int], Connection] = {}
        self._of_source: dict[str, set[Connection]] = {}

    def __len__(self) -> int:
        return len(self._of_peer)

    def admit(self, sock: socket.socket, address: Any) -> bool:
        """Whether there is room for this new connection, made where need be."""
        new = Connection(sock, address, self.clock(), self.bounds.head_s)
        own = self._of_source.get(new.source, set())
        if len(own) >= self.bounds.of_address and not self._make_room(own):
            return False
        if len(self._of_peer) >= self.bounds.in_all and not self._make_room(self._of_peer.values()):
            return False
        self._forget(self._of_peer.get(new.peer))
        self._of_peer[new.peer] = new
        self._of_source.setdefault(new.source, set()).add(new)
        return True

    def find(self, peer: Any) -> Connection | None:
        """By the client's address and port."""
        return self._of_peer.get((peer[0], peer[1])) if peer else None

    def sweep(self) -> None:
        """Forget what was closed, shut down what is overdue."""
        now = self.clock()
        for connection in list(self._of_peer.values()):
            if connection.closed:
                self._forget(connection)
            elif connection.deadline <= now:
                self._end(connection)

    async def watch(self) -> None:
        """Sweep for ever."""
        while True:
            self.sweep()
            await asyncio.sleep(self.bounds.sweep_s)

    def _make_room(self, among: Iterable[Connection]) -> bool:
        among = list(among)
        for connection in among:
            if connection.closed:
                self._forget(connection)
                return True
        victim = choose_victim(among)
        if victim is not None:
            self._end(victim)
        return victim is not None

    def _end(self, connection: Connection) -> None:
        log.debug("shutting down a connection of %s: it waits for %s", connection.source, connection.phase)
        connection.shut_down()
        self._forget(connection)

    def _forget(self, connection: Connection | None) -> None:
        if connection is None:
            return
        if self._of_peer.get(connection.peer) is connection:
            del self._of_peer[connection.peer]
        own = self._of_source.get(connection.source, set())
        own.discard(connection)
        if not own:
            self._of_source.pop(connection.source, None)


def choose_victim(among: Iterable[Connection]) -> Connection | None:
    """Who has to go: of the source with the most connections that wait for their client, the one that has waited
    longest. What it waits for does not matter: a kind that went first could be crowded out by another."""
    waiting: dict[str, list[Connection]] = {}
    for connection in among:
        if connection.phase is not Phase.ANSWER:
            waiting.setdefault(connection.source, []).append(connection)
    if not waiting:
        return None
    most = max(waiting.values(), key=lambda connections: len(connections))
    return min(most, key=lambda connection: connection.since)


def source_of(host: str) -> str:
    """Who counts as one: an IPv4 address, or an IPv6 network of 64 bits, which one machine has all for itself."""
    if ":" not in host:
        return host
    return str(ipaddress.ip_network((host.partition("%")[0], 64), strict=False))
