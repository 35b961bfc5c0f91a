"""The network of this node in the contract's words."""

from netconf import document
from netconf.facade import Network
from netconf.model import Checkpoint
from node.api.messages import NetworkChange, NetworkReport, NetworkRequest
from node.api.refusals import Malformed

LONGEST_S = 600


class HostNetwork:
    """Errors are those of netconf; the server words them for callers."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def report(self) -> NetworkReport:
        return NetworkReport(document=document.render(await self._network.observe()))

    async def change(self, request: NetworkRequest) -> NetworkChange:
        if not 1 <= request.confirm_within_s <= LONGEST_S:
            raise Malformed(reason=f"a change is confirmed within 1 to {LONGEST_S} s, not {request.confirm_within_s}")
        change = await self._network.change(request.document, confirm_within_s=request.confirm_within_s)
        checkpoint = change.checkpoint.id if change.checkpoint is not None else ""
        return NetworkChange(changed=change.changed, checkpoint=checkpoint, says=change.says)

    async def confirm(self, checkpoint: str) -> None:
        await self._network.confirm(Checkpoint(checkpoint))
