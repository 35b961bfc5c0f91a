"""A node whose NetworkManager is dead takes a change from its sandboxed agent, and takes it back without either; and
one that dies in the middle is done without."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from node.api.messages.network import NetworkRequest
from tests.lab.member import member
from tests.lab.under_test import LabUnderTest

WITHIN_S, LONG_S, BACK_S = 20, 300, 60
MORE = {"ip": "198.51.100.77", "prefix-length": 32}


@pytest.fixture
def name(lab: LabUnderTest) -> Iterator[str]:
    """A node whose NetworkManager may be left dead."""
    node = lab.nodes[-1]
    yield node
    _let_live(lab, node)
    lab.exec(node, "systemctl", "start", "trivet-node")


def _mask(lab: LabUnderTest, node: str) -> None:
    lab.exec(node, "systemctl", "mask", "--runtime", "--now", "NetworkManager")


def _let_live(lab: LabUnderTest, node: str) -> None:
    lab.exec(node, "systemctl", "unmask", "--runtime", "NetworkManager")
    lab.exec(node, "systemctl", "start", "NetworkManager")


def _addresses(lab: LabUnderTest, node: str) -> str:
    return lab.exec(node, "ip", "-4", "address", "show", "ovirtmgmt")


def _profiles(lab: LabUnderTest, node: str) -> set[str]:
    """With the interface that each is in force on; nmcli has them in the order in which they were started."""
    return set(lab.exec(node, "nmcli", "-f", "UUID,DEVICE", "connection", "show").splitlines())


async def _becomes(lab: LabUnderTest, node: str, addresses: str) -> bool:
    for _ in range(BACK_S):
        if _addresses(lab, node) == addresses:
            return True
        await asyncio.sleep(1)
    return False


def with_another_address(document: dict[str, Any]) -> dict[str, Any]:
    (bridge,) = (one for one in document["interfaces"] if one["name"] == "ovirtmgmt")
    ipv4 = bridge["ipv4"] | {"address": [*bridge["ipv4"]["address"], MORE]}
    return {"interfaces": [{"name": "ovirtmgmt", "type": "linux-bridge", "ipv4": ipv4}]}


async def test_what_nobody_confirms_goes_back_though_the_agent_is_stopped(
    lab: LabUnderTest, name: str, tmp_path: Path
) -> None:
    _mask(lab, name)
    async with member(lab, name, tmp_path) as node:
        before = _addresses(lab, name)
        wish = with_another_address((await node.network()).document)
        change = await node.change_network(NetworkRequest(document=wish, confirm_within_s=WITHIN_S))
    assert change.descriptions[-1] == "All of it without networkmanager, which does not answer"
    lab.exec(name, "systemctl", "stop", "trivet-node")
    assert str(MORE["ip"]) in _addresses(lab, name)
    assert f"trivet-network-{change.checkpoint}" in lab.exec(name, "systemctl", "list-units", "trivet-network-*")
    assert await _becomes(lab, name, before), lab.exec(name, "cat", "/run/trivet/netconf/kernel/watchdog.log")


async def test_what_it_was_changing_when_it_died_goes_back_without_it(
    lab: LabUnderTest, name: str, tmp_path: Path
) -> None:
    """Long before the time is over; and it is told when it is there again."""
    async with member(lab, name, tmp_path) as node:
        before, profiles = _addresses(lab, name), _profiles(lab, name)
        wish = with_another_address((await node.network()).document)
        await node.change_network(NetworkRequest(document=wish, confirm_within_s=LONG_S))
        assert str(MORE["ip"]) in _addresses(lab, name)
        _mask(lab, name)
        assert await _becomes(lab, name, before), lab.exec(name, "journalctl", "-u", "trivet-node", "-n", "50")
        assert (await node.network()).pending is not None
        _let_live(lab, name)
        async with asyncio.timeout(BACK_S):
            while (await node.network()).pending is not None:  # noqa: ASYNC110 - it is another machine
                await asyncio.sleep(1)
    assert _addresses(lab, name) == before
    assert _profiles(lab, name) == profiles
