"""A fleet of fake nodes without connections: every node that is not silent is up, nothing is waited for."""

from collections.abc import Mapping

from hosted_engine.engine.problems import NodeNotUp
from node.api.contract import NodeApi
from tests.fakes.node.fake import FakeNode


class FakeFleet:
    """Implements hosted_engine.engine.ports.Fleet over FakeNodes by id."""

    def __init__(self, nodes: Mapping[str, FakeNode]) -> None:
        self.nodes = nodes

    async def node(self, node_id: str) -> NodeApi:
        return self.nodes[node_id]

    async def carrier(self, volume: str) -> NodeApi:
        for node in self.nodes.values():
            if volume in node.storage.mounted and not node.silent:
                return node
        raise NodeNotUp(node=f"a node with volume {volume}", reason="none is up")
