"""A fleet of fake nodes without connections: every node that is not silent is up, nothing is waited for."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.problems import NodeNotUp
from node.api.contract import NodeApi
from node.api.problems import NodeSilent
from tests.fakes.node.fake import FakeNode


class FakeFleet:
    """Implements hosted_engine.engine.ports.Fleet over FakeNodes by id. `hear` is called for a node that is followed
    from now on, as if it had said HELLO."""

    def __init__(self, nodes: Mapping[str, FakeNode], hear: Callable[[str], None] = lambda _: None) -> None:
        self.nodes = nodes
        self._hear = hear

    async def node(self, node_id: str) -> NodeApi:
        return self.nodes[node_id]

    async def carrier(self, storage_domain: str) -> NodeApi:
        for node in self.nodes.values():
            if storage_domain in node.storage.mounted and not node.silent:
                return node
        raise NodeNotUp(node=f"a node with storage domain {storage_domain}", reason="none is up")

    @asynccontextmanager
    async def connect(self, node: Node) -> AsyncIterator[NodeApi]:
        there = self.nodes.get(node.id)
        if there is None or there.host.claimed is None:
            raise NodeSilent(node=node.name, request="a member's question", reason="its certificate is not ours")
        yield there

    async def is_unclaimed(self, node: Node) -> bool:
        there = self.nodes.get(node.id)
        return there is not None and there.host.claimed is None and not there.silent

    def follow(self, node_id: str) -> None:
        self._hear(node_id)

    async def forget(self, node_id: str) -> None:
        return None
