"""The proof by name servers: where one answered before the change, one does after it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

_ANSWER_S = 2.0
Servers = Callable[[], Awaitable[tuple[str, ...]]]
Asks = Callable[[str], Awaitable[bool]]


async def asks(server: str) -> bool:
    """Whether the name server at that address says anything, if only that it knows no answer."""
    import dns.asyncquery  # takes a moment to load, and most of `trivet net` does without
    import dns.exception
    import dns.message

    question = dns.message.make_query(".", "NS")
    with contextlib.suppress(OSError, ValueError, dns.exception.DNSException):  # ValueError: it is no address
        await dns.asyncquery.udp(question, server, timeout=_ANSWER_S)
        return True
    return False


class NameServersStillAnswer:
    """`servers` gives the addresses of those in force. Who is to have none any more has none to ask."""

    says = "a name server answers, if one did before"

    def __init__(self, servers: Servers, *, asks: Asks = asks) -> None:
        self._servers, self._asks = servers, asks
        self._answered = False

    async def look(self) -> None:
        self._answered = await self._any(await self._servers())

    async def why_not(self) -> str | None:
        if not self._answered:
            return None
        found = await self._servers()
        if not found or await self._any(found):
            return None
        return f"no name server answers any more, of {', '.join(found)}"

    async def _any(self, servers: tuple[str, ...]) -> bool:
        return any(await asyncio.gather(*map(self._asks, servers)))
