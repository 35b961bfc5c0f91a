"""Listens, and lets in whom the connections have room for: before TLS, so that nobody is asked anything first."""

import errno
import socket
from collections.abc import Sequence
from typing import Any

from node.api.problems import Failed
from node.serving.connections import Connections


class CannotListen(Failed):
    what = "Cannot listen on port {port}"
    why = "{reason}"
    mend = "Look who has the port, and whether the addresses to listen on are this machine's"


class Listener(socket.socket):
    """asyncio accepts by this method, and closes each socket that comes of it itself."""

    connections: Connections

    def accept(self) -> tuple[socket.socket, Any]:
        while True:
            sock, address = super().accept()
            if self.connections.admit(sock, address):
                return sock, address
            sock.close()


def listener(sock: socket.socket, connections: Connections) -> Listener:
    """In place of `sock`, which is no longer usable."""
    found = Listener(fileno=sock.detach())
    found.connections = connections
    return found


def bind(hosts: str | Sequence[str] | None, port: int) -> list[socket.socket]:
    """A bound socket for each address; None is every address of both families, as far as the machine has them. Raises
    CannotListen."""
    names = [hosts] if hosts is None or isinstance(hosts, str) else hosts
    found: list[socket.socket] = []
    try:
        for name in names:
            for family, kind, protocol, _, address in socket.getaddrinfo(
                name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            ):
                if (sock := _bound(family, kind, protocol, address)) is not None:
                    found.append(sock)
    except OSError as err:
        close(found)
        raise CannotListen(port=port, reason=err.strerror or err) from err
    if not found:
        raise CannotListen(port=port, reason="none of the addresses is there")
    return found


def close(sockets: Sequence[socket.socket]) -> None:
    for sock in sockets:
        sock.close()


def _bound(family: int, kind: int, protocol: int, address: Any) -> socket.socket | None:
    """None where the machine does not have that family."""
    try:
        sock = socket.socket(family, kind, protocol)
    except OSError:
        return None
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
    except OSError as err:
        sock.close()
        if err.errno == errno.EADDRNOTAVAIL and family == socket.AF_INET6:
            return None
        raise
    return sock
