"""What this machine tells an engine that is to take it."""

from collections.abc import Awaitable, Callable

from node.api.messages.identity import Identity, Offer
from node.api.messages.machine import Capabilities
from node.api.messages.registration import Registration
from node.registration.join_files import WantedJoin


class Questions:
    def __init__(
        self,
        *,
        port: int,
        identity: Callable[[], Awaitable[Identity]],
        capabilities: Callable[[], Awaitable[Capabilities]],
        own_address: Callable[[WantedJoin], Awaitable[str]],
    ) -> None:
        self._port = port
        self._identity = identity
        self._capabilities = capabilities
        self._own_address = own_address

    async def make(self, wanted: WantedJoin, challenge: str) -> Registration:
        """Where none of its addresses leads to the engine it says so, and is refused there."""
        identity = await self._identity()
        offer, own = identity.offer or Offer(), await self._own_address(wanted)
        with_length = next((one.address for one in offer.addresses if one.address.partition("/")[0] == own), own)
        return Registration(
            attempt=wanted.attempt,
            challenge=challenge,
            engine_fingerprint=wanted.fingerprint,
            name=identity.name,
            certificate_request_pem=identity.certificate_request_pem,
            address=with_length,
            port=self._port,
            offer=offer,
            capabilities=await self._capabilities(),
            join_code=wanted.join_code,
        )
