"""A node of the lab keeps the contract, over mutual TLS."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from hosted_engine.deploy.decisions import LOCKSPACE
from node.api.contract import NodeApi
from tests.lab import ha_run
from tests.lab.member import member
from tests.lab.mounted import mount_point
from tests.lab.under_test import LabUnderTest
from tests.node_contract.contract import NodeContract


def node_of(lab: LabUnderTest) -> str:
    """One that does not run the engine, which would move away in a maintenance."""
    return next(name for name in lab.nodes if name not in ha_run.engine_hosts(lab))


class TestANodeOfTheLabKeepsTheContract(NodeContract):
    volume = "data"
    lockspace = LOCKSPACE

    @pytest.fixture
    async def node(self, lab: LabUnderTest, tmp_path: Path) -> AsyncIterator[NodeApi]:
        async with member(lab, node_of(lab), tmp_path) as client:
            self.domain = mount_point(lab, node_of(lab), self.volume).name
            yield client

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
        self._node = node_of(lab)

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
        self._lab.exec(self._node, "sh", "-c", "ip link del probe1; ip link del probe; true")

    async def _run(self, script: str) -> None:
        await asyncio.to_thread(self._lab.exec, self._node, "sh", "-c", script)
