"""The proof by name servers: where one answered before the change, one does after it."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from netconf.model import NetworkState

_ANSWER_S = 2.0
Servers = Callable[[], Awaitable[tuple[str, ...]]]
Asks = Callable[[str], Awaitable[bool]]


async def asks(server: str, *, port: int = 53) -> bool:
    """Whether the name server at that address says anything, if only that it knows no answer."""
    import dns.asyncbackend  # takes a moment to load, and most of `trivet net` does without
    import dns.asyncquery
    import dns.exception
    import dns.inet
    import dns.message

    question = dns.message.make_query(".", "NS")
    with contextlib.suppress(OSError, ValueError, dns.exception.DNSException):  # ValueError: it is no address
        family = dns.inet.af_for_address(server)
        make_socket: Any = dns.asyncbackend.get_default_backend().make_socket
        # Connected, it hears at once that nobody listens there.
        async with await make_socket(family, socket.SOCK_DGRAM, destination=(server, port)) as datagrams:
            await dns.asyncquery.udp(question, server, port=port, timeout=_ANSWER_S, sock=datagrams)
            return True
    return False


class NameServersStillAnswer:
    """`servers` gives the addresses of those in force, `desired` is what is to change: who wants none has none."""

    description = "a name server answers, if one did before"

    def __init__(self, servers: Servers, desired: NetworkState, *, asks: Asks = asks) -> None:
        self._servers, self._asks = servers, asks
        self._none_desired = desired.dns is not None and not desired.dns.servers
        self._answered = False

    async def observe(self) -> None:
        self._answered = not self._none_desired and await self._any(await self._servers())

    async def why_not(self) -> str | None:
        if not self._answered:
            return None
        found = await self._servers()
        if await self._any(found):
            return None
        if not found:
            return "there is no name server any more"
        return f"no name server answers any more, of {', '.join(found)}"

    async def _any(self, servers: tuple[str, ...]) -> bool:
        """As soon as one does."""
        asking = [asyncio.ensure_future(self._asks(server)) for server in servers]
        try:
            for answer in asyncio.as_completed(asking):
                if await answer:
                    return True
            return False
        finally:
            for task in asking:
                task.cancel()
