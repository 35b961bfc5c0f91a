"""Certificates whose time is over, over real TLS."""

from pathlib import Path

import pytest

from node.api.messages.identity import Claim, Leave
from node.api.problems import NodeNonResponsive, RemoteRefused
from node.client import NodeClient
from node.server.app import make_app
from node.server.serve import Service
from node.tls import client_context, disregard_time, server_context
from tests.fakes.authority import DAY, FakeAuthority
from tests.fakes.node.fake import FakeNode
from tests.ports import free_port
from tests.unit.node.served import Open, member, serving


async def test_an_engine_whose_time_is_over_may_renew_certificates_and_nothing_else(
    authority: FakeAuthority, tmp_path: Path
) -> None:
    tls = client_context(*authority.issue(tmp_path, "engine", "engine", until=-DAY))
    fake = FakeNode()
    async with member(fake, authority, tmp_path) as port:
        client = NodeClient("127.0.0.1", tls, port=port)
        assert (await client.identity()).name == "node1"
        await client.claim(Claim(certificate_pem="renewed", authority_pem="renewed"))
        for refused in (client.vms(), client.capabilities(), client.leave(Leave())):
            with pytest.raises(RemoteRefused) as caught:
                await refused
            assert caught.value.text.code == "OutOfTime"
        await client.close()
    assert fake.host.claimed == Claim(certificate_pem="renewed", authority_pem="renewed")


async def test_a_node_whose_time_is_over_is_reached_by_who_disregards_it(
    authority: FakeAuthority, tmp_path: Path
) -> None:
    certificate, key, ca = authority.issue(tmp_path, "node1", "node", until=-DAY)
    port, tls = free_port(), server_context(certificate, key, ca)
    own, late = (client_context(*authority.issue(tmp_path, "engine", "engine")) for _ in range(2))
    disregard_time(late)
    app = make_app(FakeNode(), Open(), mutual=True)
    async with serving(Service(lambda: (app, tls), port=port, hosts="127.0.0.1", drain_s=0)):
        client, renewing = (NodeClient("127.0.0.1", context, port=port) for context in (own, late))
        with pytest.raises(NodeNonResponsive, match="certificate has expired"):
            await client.identity()
        assert (await renewing.identity()).name == "node1"
        await client.close()
        await renewing.close()


async def test_who_disregards_time_still_knows_strangers(authority: FakeAuthority, tmp_path: Path) -> None:
    own = client_context(*authority.issue(tmp_path, "engine", "engine"))
    disregard_time(own)
    (tmp_path / "stranger").mkdir()
    async with member(FakeNode(), FakeAuthority(), tmp_path / "stranger") as port:
        client = NodeClient("127.0.0.1", own, port=port)
        with pytest.raises(NodeNonResponsive):
            await client.identity()
        await client.close()
