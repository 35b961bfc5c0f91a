"""The proof by gateway: every default gateway answers, by frames as large as the link to it claims to carry."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from ipaddress import ip_address

from netconf.kernel.gateways import Gateway, gateways, has_answered
from netconf.proofs.proof import Run, run

_PING = ("ping", "-n", "-q", "-c", "1", "-W", "2")
_AROUND_4, _AROUND_6 = 28, 48  # headers of IP and ICMP, in bytes
_LARGEST_4, _LARGEST_6 = 65507, 65487


class GatewayAnswers:
    """By ping, however it answered right before the change; one that drops pings counts when it answers by ARP or
    neighbour discovery. ARP alone would not show an address of another network.

    A ping that is bound to the interface gets past rules and routes that drop it (the kernel then takes the gateway to
    be on the link), one that is bound to the address may go elsewhere: both are asked.
    """

    def __init__(
        self,
        *,
        gateways: Callable[[], tuple[Gateway, ...]] = gateways,
        has_answered: Callable[[Gateway], bool] = has_answered,
        run: Run = run,
    ) -> None:
        self._gateways, self._has_answered, self._run = gateways, has_answered, run
        self._pinged: frozenset[str] = frozenset()
        self._pinged_from: frozenset[str] = frozenset()

    @property
    def description(self) -> str:
        return "the gateway answers"

    async def observe(self) -> None:
        found = await asyncio.to_thread(self._gateways)
        self._pinged, self._pinged_from = await asyncio.gather(
            _those(found, lambda gateway: self._pings(gateway, 0)), _those(found, self._pings_from)
        )

    async def why_not(self) -> str | None:
        found = await asyncio.to_thread(self._gateways)
        if not found:
            return "there is no default gateway"
        reasons = [await self._why_not(gateway) for gateway in found]
        return next((reason for reason in reasons if reason is not None), None)

    async def _why_not(self, gateway: Gateway) -> str | None:
        if not await self._pings(gateway, 0):
            if not await asyncio.to_thread(self._has_answered, gateway):
                return f"the gateway {gateway.address} does not answer on {gateway.interface}"
            if gateway.address in self._pinged:
                return f"the gateway {gateway.address} is there on {gateway.interface}, but answers no ping any more"
            return None
        around, largest = (_AROUND_6, _LARGEST_6) if ":" in gateway.address else (_AROUND_4, _LARGEST_4)
        if not await self._pings(gateway, min(largest, gateway.mtu - around)):
            return (
                f"the gateway {gateway.address} does not answer packets of {gateway.mtu} bytes, the MTU of"
                f" {gateway.interface}: something between carries less"
            )
        if gateway.address in self._pinged_from and not await self._pings_from(gateway):
            here = gateway.source or "any address of this machine"
            return f"the gateway {gateway.address} does not answer any more to what comes from {here}"
        return None

    async def _pings(self, gateway: Gateway, size: int) -> bool:
        return await self._run(*_PING, "-M", "do", "-s", str(size), "-I", gateway.interface, gateway.address)

    async def _pings_from(self, gateway: Gateway) -> bool:
        if not gateway.source:
            return False
        scope = f"%{gateway.interface}" if ip_address(gateway.address).is_link_local else ""
        return await self._run(*_PING, "-I", gateway.source + scope, gateway.address)


async def _those(found: Collection[Gateway], answers: Callable[[Gateway], Awaitable[bool]]) -> frozenset[str]:
    """The addresses at which every gateway does: there may be several at one, each on a link of its own, and the change
    may give one another interface."""
    heard = list(zip(found, await asyncio.gather(*map(answers, found)), strict=True))
    silent = {gateway.address for gateway, good in heard if not good}
    return frozenset(gateway.address for gateway, _ in heard) - silent
