"""The proofs by machines: one that is named, one of the site's, the site's engine, or the operator at the keys."""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Callable, Mapping

from netconf.proofs.proof import Run, run

_CONNECT_S = 5


async def _connects(address: str, port: int) -> bool:
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_CONNECT_S):
            _, writer = await asyncio.open_connection(address, port)
            writer.close()
            return True
    return False


class PeerAnswers:
    """`port` None: it answers a ping; else it takes a TCP connection there."""

    def __init__(self, address: str, port: int | None = None, *, run: Run = run) -> None:
        self._address, self._port, self._run = address, port, run

    @property
    def description(self) -> str:
        return f"{self._address} answers" + ("" if self._port is None else f" at port {self._port}")

    async def observe(self) -> None:
        """Whatever was before: it has to answer."""

    async def why_not(self) -> str | None:
        if self._port is None:
            good = await self._run("ping", "-n", "-q", "-c", "1", "-W", "2", self._address)
        else:
            good = await _connects(self._address, self._port)
        return None if good else f"not true: {self.description}"


class SiteAnswers:
    """One of the site's other machines takes a connection at `port`: the engine is the one that does at its own."""

    def __init__(self, what: str, site: Callable[[], Mapping[str, str]], port: int) -> None:
        self._what, self._site, self._port = what, site, port

    @property
    def description(self) -> str:
        return f"{self._what} answers"

    async def observe(self) -> None:
        """Whatever was before: it has to answer."""

    async def why_not(self) -> str | None:
        machines = {name: address for name, address in self._site().items() if not is_here(address)}
        if not machines:
            return "this node belongs to no site: it knows of no other machine"
        found = await asyncio.gather(*(_connects(address, self._port) for address in machines.values()))
        return None if any(found) else f"none of {', '.join(machines)} answers at port {self._port}"


class NameResolves:
    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def description(self) -> str:
        return f"the name {self._name} can be resolved"

    async def observe(self) -> None:
        """Whatever was before: it has to answer."""

    async def why_not(self) -> str | None:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_CONNECT_S):
                await asyncio.get_running_loop().getaddrinfo(self._name, None)
                return None
        return f"the name {self._name} cannot be resolved"


def is_here(address: str) -> bool:
    """Whether it is an address of this machine: a socket can be bound to those alone."""
    family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.bind((address, 0))
        return True
    return False
