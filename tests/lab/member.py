"""A node of the lab as the deploy talks to it: over mutual TLS, through a relay into the lab's own network."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ci.lab.relay import Relay
from hosted_engine.deploy.folder import DEFAULT_FOLDER
from node.api.paths import PORT
from node.api.problems import NodeNonResponsive
from node.client import NodeClient
from node.tls import client_context
from tests.lab.under_test import LabUnderTest
from tests.ports import free_port

_UP_S = 180


@asynccontextmanager
async def member(lab: LabUnderTest, name: str, folder: Path) -> AsyncIterator[NodeClient]:
    """`folder` gets the deploy's certificate. An agent that was started just now is waited for."""
    files = [_copy(lab, file, folder) for file in ("deploy.crt", "deploy.key", "ca.crt")]
    tls = client_context(*files)
    tls.check_hostname = False  # the relay has another address than the node
    machine = lab.node(name).node
    port = free_port()
    relay = asyncio.create_task(Relay(machine.lab.netns_path, (machine.address, PORT)).serve(port))
    await _listens(port)
    client = NodeClient("127.0.0.1", tls, port=port)
    await _answers(client)
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


async def _answers(client: NodeClient) -> None:
    async with asyncio.timeout(_UP_S):
        while True:
            try:
                await client.network()
                return
            except NodeNonResponsive:
                await asyncio.sleep(0.2)


def _copy(lab: LabUnderTest, name: str, folder: Path) -> Path:
    """The deploy keeps its certificate on the first node."""
    path = folder / name
    path.touch(mode=0o600)
    path.write_text(lab.exec(lab.nodes[0], "cat", str(DEFAULT_FOLDER / name)))
    return path
