"""A node of the lab keeps the contract, over mutual TLS."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ci.lab.relay import Relay
from hosted_engine.deploy.decisions import LOCKSPACE
from hosted_engine.deploy.folder import DEFAULT_FOLDER
from node.api.contract import NodeApi
from node.api.paths import PORT
from node.client import NodeClient
from node.tls import client_context
from tests.lab.under_test import LabUnderTest
from tests.node_contract import NodeContract
from tests.ports import free_port


class TestANodeOfTheLabKeepsTheContract(NodeContract):
    volume = "data"
    lockspace = LOCKSPACE

    @pytest.fixture
    async def node(self, lab: LabUnderTest, tmp_path: Path) -> AsyncIterator[NodeApi]:
        files = [_copy(lab, name, tmp_path) for name in ("deploy.crt", "deploy.key", "ca.crt")]
        tls = client_context(*files)
        tls.check_hostname = False  # the relay has another address than the node
        machine = lab.node(lab.nodes[0]).node
        port = free_port()
        relay = asyncio.create_task(Relay(machine.lab.netns_path, (machine.address, PORT)).serve(port))
        await _listens(port)
        client = NodeClient("127.0.0.1", tls, port=port)
        yield client
        await client.close()
        relay.cancel()


async def _listens(port: int) -> None:
    for _ in range(100):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    pytest.fail("the relay does not listen")


def _copy(lab: LabUnderTest, name: str, folder: Path) -> Path:
    """The deploy keeps its certificate on the first node."""
    path = folder / name
    path.touch(mode=0o600)
    path.write_text(lab.exec(lab.nodes[0], "cat", str(DEFAULT_FOLDER / name)))
    return path
