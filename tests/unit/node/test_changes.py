"""A change is confirmed over a connection made after it, and only once that carries a look at the whole network."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from node.api.contract import NodeApi
from node.api.messages.network import NetworkRequest
from node.api.problems import NodeSilent
from node.changes import change_and_confirm
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


async def test_it_is_confirmed_over_a_connection_of_its_own() -> None:
    ways = Ways(FakeNode())
    assert (await change_and_confirm(ways.connect, REQUEST)).changed
    assert (ways.made, ways.node.net.checkpoints) == (2, {})
    assert not (await change_and_confirm(ways.connect, REQUEST)).changed
    assert ways.made == 3


async def test_the_proof_is_tried_again() -> None:
    ways = Ways(FakeNode())
    ways.node.fail("network", NodeSilent(node="node1", request="network", reason="not yet"))
    assert (await change_and_confirm(ways.connect, REQUEST)).changed
    assert ways.node.net.checkpoints == {}


async def test_without_a_proof_it_is_not_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.changes._LONGER_S", -5 + 0.01)
    ways = Ways(FakeNode())
    ways.node.fail("network", NodeSilent(node="node1", request="network", reason="nothing"), times=100)
    with pytest.raises(NodeSilent):
        await change_and_confirm(ways.connect, REQUEST)
    assert len(ways.node.net.checkpoints) == 1
