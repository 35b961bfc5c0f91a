"""A change is confirmed over a connection made after it, and only once that carries a look at the whole network."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from node.api.contract import NodeApi
from node.api.messages.network import NetworkRequest
from node.api.problems import NodeNonResponsive
from node.changes import change_and_confirm
from tests.fakes.clock import FakeClock
from tests.fakes.node.fake import FakeNode

REQUEST = NetworkRequest(document={"interfaces": [{"name": "ovirtmgmt"}]}, confirm_within_s=5)


class Ways:
    """Connections to a node; how many were made."""

    def __init__(self, node: FakeNode) -> None:
        self.node = node
        self.made = 0

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[NodeApi]:
        self.made += 1
        yield self.node


def unresponsive(request: str) -> NodeNonResponsive:
    return NodeNonResponsive(node="node1", request=request, reason="it came to nothing")


async def test_it_is_confirmed_over_connections_of_its_own() -> None:
    ways = Ways(FakeNode())
    assert (await change_and_confirm(ways.connect, REQUEST, FakeClock())).changed
    assert (ways.made, ways.node.net.checkpoints) == (3, {})
    assert not (await change_and_confirm(ways.connect, REQUEST, FakeClock())).changed
    assert ways.made == 4


async def test_the_proof_is_tried_again() -> None:
    ways = Ways(FakeNode())
    ways.node.fail("network", unresponsive("network"))
    assert (await change_and_confirm(ways.connect, REQUEST, FakeClock())).changed
    assert ways.node.net.checkpoints == {}


async def test_a_confirmation_whose_answer_was_lost_is_said_again() -> None:
    ways = Ways(FakeNode())
    ways.node.lose_answer("confirm_network")
    assert (await change_and_confirm(ways.connect, REQUEST, FakeClock())).changed
    assert ways.node.net.checkpoints == {}


async def test_without_a_proof_it_is_not_confirmed() -> None:
    ways = Ways(FakeNode())
    ways.node.fail("network", unresponsive("network"), times=100)
    with pytest.raises(NodeNonResponsive, match="it came to nothing"):
        await change_and_confirm(ways.connect, REQUEST, FakeClock())
    assert len(ways.node.net.checkpoints) == 1


async def test_a_witness_is_asked_instead_of_the_node_itself() -> None:
    ways, others = Ways(FakeNode()), Ways(FakeNode("node2"))
    others.node.fail("network", unresponsive("network"), times=100)
    with pytest.raises(NodeNonResponsive):
        await change_and_confirm(ways.connect, REQUEST, FakeClock(), witness=others.connect)
    assert len(ways.node.net.checkpoints) == 1
