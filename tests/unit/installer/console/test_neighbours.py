"""Other machines through their real agents' server: an unclaimed one, one of a site, one that is none, nobody."""

import asyncio
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from installer.console.neighbours import AgentNeighbours, Claimed, CodeRefused, NotReached
from node.registration.membership import CLAIM
from tests.fakes.authority import FakeAuthority
from tests.fakes.node.fake import FakeNode
from tests.ports import free_port
from tests.unit.node.served import Hosted, member, serving


async def test_an_unclaimed_node_shows_its_key_and_with_its_code_what_it_offers(tmp_path: Path) -> None:
    node = Hosted(tmp_path)
    neighbours = AgentNeighbours(node.port)
    async with serving(node.service):
        presented = await asyncio.to_thread(neighbours.present, "127.0.0.1")
        assert presented.name == "node1"
        assert presented.fingerprint == node.membership.identity().fingerprint
        code = (tmp_path / CLAIM).read_text()
        identity = await asyncio.to_thread(neighbours.identity, presented, code)
        assert identity.fingerprint == presented.fingerprint
        assert identity.offer is not None
        with pytest.raises(CodeRefused, match="node1 did not take the claim code"):
            await asyncio.to_thread(neighbours.identity, presented, "WRON-GCOD-EWRO-NGCO")
        found = await asyncio.to_thread(neighbours.find, IPv4Network("127.0.0.0/29"), ["127.0.0.2"])
        assert [(one.address, one.name) for one in found] == [("127.0.0.1", "node1")]
        assert await asyncio.to_thread(neighbours.find, IPv4Network("127.0.0.0/30"), ["127.0.0.1"]) == ()


async def test_a_key_that_changes_after_it_was_compared_is_not_talked_to(tmp_path: Path) -> None:
    node, other = Hosted(tmp_path / "one"), Hosted(tmp_path / "other")
    async with serving(node.service):
        presented = await asyncio.to_thread(AgentNeighbours(node.port).present, "127.0.0.1")
    async with serving(other.service):
        with pytest.raises(NotReached, match="certificate verify failed"):
            await asyncio.to_thread(AgentNeighbours(other.port).identity, presented, "CODE")


async def test_a_member_of_a_site_is_refused_by_name(tmp_path: Path) -> None:
    async with member(FakeNode(), FakeAuthority(), tmp_path) as port:
        with pytest.raises(Claimed, match="cannot be taken into this site"):
            await asyncio.to_thread(AgentNeighbours(port).present, "127.0.0.1")


async def test_nobody_is_said_to_be_nobody() -> None:
    with pytest.raises(NotReached, match="Nothing was learned of"):
        await asyncio.to_thread(AgentNeighbours(free_port()).present, "127.0.0.1")


async def test_what_speaks_no_tls_is_no_node() -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        writer.close()

    port = free_port()
    async with await asyncio.start_server(answer, "127.0.0.1", port):
        with pytest.raises(NotReached):
            await asyncio.to_thread(AgentNeighbours(port).present, "127.0.0.1")
