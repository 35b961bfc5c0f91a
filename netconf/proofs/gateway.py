"""The proof by gateway: every default gateway answers, by frames as large as the link to it claims to carry."""

import asyncio
from collections.abc import Callable

from netconf.kernel.gateways import Gateway, gateways, has_answered
from netconf.proofs.proof import Run, run

_AROUND_4, _AROUND_6 = 28, 48  # headers of IP and ICMP, in bytes
_LARGEST_4, _LARGEST_6 = 65507, 65487


class GatewayAnswers:
    """A gateway that drops pings counts when it answers by ARP or neighbour discovery."""

    def __init__(
        self,
        *,
        gateways: Callable[[], tuple[Gateway, ...]] = gateways,
        has_answered: Callable[[Gateway], bool] = has_answered,
        run: Run = run,
    ) -> None:
        self._gateways, self._has_answered, self._run = gateways, has_answered, run

    @property
    def says(self) -> str:
        return "the gateway answers"

    async def why_not(self) -> str | None:
        found = await asyncio.to_thread(self._gateways)
        if not found:
            return "there is no default gateway"
        reasons = [await self._why_not(gateway) for gateway in found]
        return next((reason for reason in reasons if reason is not None), None)

    async def _why_not(self, gateway: Gateway) -> str | None:
        if not await self._pings(gateway, 0):
            if await asyncio.to_thread(self._has_answered, gateway):
                return None
            return f"the gateway {gateway.address} does not answer on {gateway.interface}"
        around, largest = (_AROUND_6, _LARGEST_6) if ":" in gateway.address else (_AROUND_4, _LARGEST_4)
        if not await self._pings(gateway, min(largest, gateway.mtu - around)):
            return (
                f"the gateway {gateway.address} does not answer packets of {gateway.mtu} bytes, the MTU of"
                f" {gateway.interface}: something between carries less"
            )
        return None

    async def _pings(self, gateway: Gateway, size: int) -> bool:
        said = ("ping", "-n", "-q", "-c", "1", "-W", "2", "-M", "do", "-s", str(size), "-I", gateway.interface)
        return await self._run(*said, gateway.address)
