"""The network of this node in the contract's words."""

import asyncio
import logging

from netconf import document
from netconf.errors import BadTimeLimit, Problem
from netconf.facade import Network
from netconf.model import Checkpoint
from node.api.messages import NetworkChange, NetworkReport, NetworkRequest
from node.api.refusals import Malformed

log = logging.getLogger(__name__)


class HostNetwork:
    """Errors are those of netconf; the server words them for callers. Changes wait for each other."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._changing = asyncio.Lock()

    async def settle(self) -> None:
        """For the start of the agent: a change that was never confirmed goes back. What cannot is only logged."""
        try:
            async with self._changing:
                await self._network.settle()
        except Problem as err:
            log.warning("an unconfirmed change of the network, if there is one, stays for now: %s", err)

    async def report(self) -> NetworkReport:
        return NetworkReport(document=document.render(await self._network.observe()))

    async def change(self, request: NetworkRequest) -> NetworkChange:
        try:
            async with self._changing:
                change = await self._network.change(request.document, confirm_within_s=request.confirm_within_s)
        except BadTimeLimit as err:
            raise Malformed(reason=f"{err.text.what}: {err.text.why}") from err
        checkpoint = change.checkpoint.id if change.checkpoint is not None else ""
        return NetworkChange(changed=change.changed, checkpoint=checkpoint, says=change.says)

    async def confirm(self, checkpoint: str) -> None:
        async with self._changing:
            await self._network.confirm(Checkpoint(checkpoint))
