"""A node of the lab keeps the contract, over mutual TLS."""

import asyncio
from collections.abc import AsyncIterator, Iterator
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

    @pytest.fixture
    def cable(self, lab: LabUnderTest) -> Iterator["LabCable"]:
        made = LabCable(lab)
        yield made
        made.clean_up()


class LabCable:
    """A bridge that has a carrier as long as the far end of its only port is up."""

    link = "probe"

    def __init__(self, lab: LabUnderTest) -> None:
        self._lab = lab

    async def plug(self) -> None:
        await self._run(
            "ip link add probe type bridge && ip link add probe1 type veth peer name probe2 && "
            "ip link set probe1 master probe && for link in probe probe1 probe2; do ip link set $link up; done"
        )

    async def pull(self) -> None:
        await self._run("ip link set probe2 down")

    async def remove(self) -> None:
        await self._run("ip link del probe1; ip link del probe")

    def clean_up(self) -> None:
        self._lab.exec(self._lab.nodes[0], "sh", "-c", "ip link del probe1; ip link del probe; true")

    async def _run(self, script: str) -> None:
        await asyncio.to_thread(self._lab.exec, self._lab.nodes[0], "sh", "-c", script)


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
