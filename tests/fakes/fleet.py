"""A fleet of fake nodes without connections: every node that is not silent is up, nothing is waited for."""

from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.problems import NodeNotUp
from hosted_engine.fleet.inviting import BelongsToSite, OtherFingerprint, WrongCode
from node.api.contract import NodeApi
from node.api.problems import NodeNonResponsive
from node.fingerprint import format_proquints, is_meant
from tests.fakes.machine import FakeMachine
from tests.fakes.node.fake import FakeNode


class FakeFleet:
    """Implements hosted_engine.engine.ports.Fleet over FakeNodes by id. `hear` is called for a node that is followed
    from now on, as if it had said HELLO."""

    def __init__(self, nodes: MutableMapping[str, FakeNode], hear: Callable[[str], None] = lambda _: None) -> None:
        self.nodes = nodes
        self._hear = hear

    async def node(self, node_id: str) -> NodeApi:
        return self.nodes[node_id]

    async def carrier(self, storage_domain: str) -> NodeApi:
        for node in self.nodes.values():
            if storage_domain in node.storage.mounted and not node.unresponsive:
                return node
        raise NodeNotUp(node=f"a node with storage domain {storage_domain}", reason="none is up")

    @asynccontextmanager
    async def connect(self, node: Node) -> AsyncIterator[NodeApi]:
        there = self.nodes.get(node.id)
        if there is None or there.host.claimed is None:
            raise NodeNonResponsive(node=node.name, request="a member's question", reason="its certificate is not ours")
        yield there

    def connect_out_of_time(self, node: Node) -> AbstractAsyncContextManager[NodeApi]:
        return self.connect(node)

    async def is_unclaimed(self, node: Node) -> bool:
        there = self.nodes.get(node.id)
        return there is not None and there.host.claimed is None and not there.unresponsive

    async def invite(self, node: Node, claim_code: str, fingerprint: str) -> str:
        """The machine at its address, which is that host from now on."""
        machines = [one for one in self.nodes.values() if isinstance(one, FakeMachine)]
        found = next((one for one in machines if node.address in (one.address, *one.known_as)), None)
        if found is None or found.unresponsive:
            raise NodeNonResponsive(node=node.address, request="a connection", reason="nobody answers there")
        if found.host.claimed is not None:
            raise BelongsToSite(address=node.address)
        if fingerprint and not is_meant(fingerprint, found.fingerprint):
            raise OtherFingerprint(
                address=node.address, found=format_proquints(found.fingerprint), expected=fingerprint
            )
        if claim_code != found.host.claim_code:
            raise WrongCode(address=node.address)
        found.host.asking = True
        for id_ in [known for known, one in self.nodes.items() if one is found]:
            del self.nodes[id_]
        self.nodes[node.id] = found
        return found.fingerprint

    def follow(self, node_id: str) -> None:
        self._hear(node_id)

    async def forget(self, node_id: str) -> None:
        return None
