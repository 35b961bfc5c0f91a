"""A host that is lost, and what the others can do without it."""

from hosted_engine.engine.nodes.joining.base import NodeWork
from node.api.messages.gluster import PeerRequest
from node.api.problems import Failed, NodeNonResponsive


class StillThere(Failed):
    what = "Host {node} was not removed by force"
    why = "it answers"
    mend = "Deactivate it, and remove it without force"


class LostWork(NodeWork):
    async def check_unresponsive(self) -> None:
        """A machine that belongs to no site any more, such as one that was installed anew, counts as silent."""
        try:
            async with self.connect() as api:
                await api.identity()
        except NodeNonResponsive:
            return
        raise StillThere(node=self.node().name)

    async def give_up_server(self) -> None:
        await (await self.lead()).give_up_server(PeerRequest(hostname=self.node().hostname))
