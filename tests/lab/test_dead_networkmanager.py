"""A node whose NetworkManager is dead takes a change from its sandboxed agent, and takes it back without either."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from node.api.messages.network import NetworkRequest
from tests.lab.member import member
from tests.lab.under_test import LabUnderTest

WITHIN_S, BACK_S = 20, 60
MORE = {"ip": "198.51.100.77", "prefix-length": 32}


@pytest.fixture
def name(lab: LabUnderTest) -> Iterator[str]:
    """A node without NetworkManager."""
    node = lab.nodes[-1]
    lab.exec(node, "systemctl", "mask", "--runtime", "--now", "NetworkManager")
    yield node
    lab.exec(node, "systemctl", "unmask", "--runtime", "NetworkManager")
    lab.exec(node, "systemctl", "start", "NetworkManager", "trivet-node")


def with_another_address(document: dict[str, Any]) -> dict[str, Any]:
    (bridge,) = (one for one in document["interfaces"] if one["name"] == "ovirtmgmt")
    ipv4 = bridge["ipv4"] | {"address": [*bridge["ipv4"]["address"], MORE]}
    return {"interfaces": [{"name": "ovirtmgmt", "type": "linux-bridge", "ipv4": ipv4}]}


async def test_what_nobody_confirms_goes_back_though_the_agent_is_stopped(
    lab: LabUnderTest, name: str, tmp_path: Path
) -> None:
    async with member(lab, name, tmp_path) as node:
        before = lab.exec(name, "ip", "-4", "address", "show", "ovirtmgmt")
        wish = with_another_address((await node.network()).document)
        change = await node.change_network(NetworkRequest(document=wish, confirm_within_s=WITHIN_S))
    assert change.says[-1] == "All of it without networkmanager, which does not answer"
    lab.exec(name, "systemctl", "stop", "trivet-node")
    assert str(MORE["ip"]) in lab.exec(name, "ip", "-4", "address", "show", "ovirtmgmt")
    assert f"trivet-network-{change.checkpoint}" in lab.exec(name, "systemctl", "list-units", "trivet-network-*")
    for _ in range(BACK_S):
        await asyncio.sleep(1)
        if lab.exec(name, "ip", "-4", "address", "show", "ovirtmgmt") == before:
            return
    pytest.fail(lab.exec(name, "cat", "/run/trivet/netconf/kernel/watchdog.log"))
