"""A real node keeps the contract, over mutual TLS. `TRIVET_NODE` names it: address, and a folder with the caller's
deploy.crt, deploy.key and ca.crt, as `192.0.2.11=/path`."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node.client import NodeClient
from node.tls import client_context
from tests.node_contract import NodeContract

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif("TRIVET_NODE" not in os.environ, reason="TRIVET_NODE names no node"),
]


class TestARealNodeKeepsTheContract(NodeContract):
    volume = os.environ.get("TRIVET_NODE_VOLUME", "data")
    lockspace = os.environ.get("TRIVET_NODE_LOCKSPACE", "trivet")

    @pytest.fixture
    async def node(self) -> AsyncIterator[NodeClient]:
        address, _, folder = os.environ["TRIVET_NODE"].partition("=")
        files = (Path(folder) / name for name in ("deploy.crt", "deploy.key", "ca.crt"))
        client = NodeClient(address, client_context(*files))
        yield client
        await client.close()
