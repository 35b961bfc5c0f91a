"""A node that becomes a member, leaves and is served anew, over real TLS."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from node.api.messages.identity import Claim, Leave
from node.api.problems import RemoteRefused
from node.client import NodeClient
from node.server.app import make_app
from node.server.serve import Service
from node.tls import WrongFingerprint, fetch_certificate, pinned_context, server_context
from tests.fakes.authority import FakeAuthority
from tests.fakes.node.fake import FakeNode
from tests.ports import free_port
from tests.unit.node.served import Hosted, Open, serving, wait_idle


async def test_from_a_claim_code_to_mutual_tls(
    authority: FakeAuthority, tmp_path: Path, caller: Callable[[str], ssl.SSLContext]
) -> None:
    node = Hosted(tmp_path / "node")
    code = (tmp_path / "node" / "claim").read_text()
    fingerprint = node.membership.identity().fingerprint
    async with serving(node.service):
        pem = await asyncio.to_thread(fetch_certificate, "127.0.0.1", node.port, fingerprint)
        with pytest.raises(WrongFingerprint):
            await asyncio.to_thread(fetch_certificate, "127.0.0.1", node.port, "0" * 64)
        for wrong in ("", "WRONG", code[:-1]):
            client = NodeClient("127.0.0.1", pinned_context(pem), port=node.port, claim_code=wrong)
            with pytest.raises(RemoteRefused) as refused:
                await client.identity()
            assert refused.value.text.status == 401
            await client.close()
        client = NodeClient("127.0.0.1", pinned_context(pem), port=node.port, claim_code=code)
        with pytest.raises(RemoteRefused):
            await client.vms()
        request = (await client.identity()).certificate_request_pem
        claim = Claim(certificate_pem=authority.sign_request(request, "node1"), authority_pem=authority.pem)
        await client.claim(claim)
        await client.close()
        await wait_idle(node.service)
        client = NodeClient("127.0.0.1", caller("deploy"), port=node.port)
        await client.claim(claim)
        assert (await client.identity()).claimed
        assert await client.vms() == ()
        await client.close()


async def test_out_of_the_site_and_in_again_with_the_same_code(
    authority: FakeAuthority, tmp_path: Path, caller: Callable[[str], ssl.SSLContext]
) -> None:
    node = Hosted(tmp_path / "node")
    code, fingerprint = (tmp_path / "node" / "claim").read_text(), node.membership.identity().fingerprint
    request = node.membership.identity().certificate_request_pem
    claim = Claim(certificate_pem=authority.sign_request(request, "node1"), authority_pem=authority.pem)
    node.membership.claim(claim)
    async with serving(node.service):
        engine = NodeClient("127.0.0.1", caller("engine"), port=node.port)
        deploy = NodeClient("127.0.0.1", caller("deploy"), port=node.port)
        with pytest.raises(RemoteRefused) as refused:
            await deploy.leave(Leave(claim_code="weak"))
        assert refused.value.text.code == "Malformed"
        assert node.membership.claimed
        await deploy.leave(Leave(claim_code=code))
        await wait_idle(node.service)
        pem = await asyncio.to_thread(fetch_certificate, "127.0.0.1", node.port, fingerprint)
        newcomer = NodeClient("127.0.0.1", pinned_context(pem), port=node.port, claim_code=code)
        assert not (await newcomer.identity()).claimed
        await newcomer.claim(claim)
        await wait_idle(node.service)
        assert (await deploy.identity()).claimed
        await engine.leave(Leave())
        await wait_idle(node.service)
        assert not node.membership.claimed
        made_up = (tmp_path / "node" / "claim").read_text()
        assert made_up != code
        assert node.membership.knows_claim_code(made_up)
        for client in (engine, deploy, newcomer):
            await client.close()


async def test_a_caller_does_not_notice_that_the_node_was_served_anew(
    authority: FakeAuthority, tmp_path: Path, caller: Callable[[str], ssl.SSLContext]
) -> None:
    app, tls = make_app(FakeNode(), Open(), mutual=True), server_context(*authority.issue(tmp_path, "node1", "node"))
    port = free_port()
    service = Service(lambda: (app, tls), port=port, hosts="127.0.0.1", drain_s=0)
    client = NodeClient("127.0.0.1", caller("engine"), port=port)
    async with serving(service):
        await client.vms()
        service.again()
        await wait_idle(service)
        assert await client.vms() == ()
    await client.close()


async def test_who_connects_while_the_node_is_served_anew_is_served(
    authority: FakeAuthority, tmp_path: Path, caller: Callable[[str], ssl.SSLContext]
) -> None:
    app, tls = make_app(FakeNode(), Open(), mutual=True), server_context(*authority.issue(tmp_path, "node1", "node"))
    port = free_port()
    connected: list[socket.socket] = []
    made = 0

    def make() -> tuple[Any, ssl.SSLContext]:
        """Nobody accepts meanwhile."""
        nonlocal made
        made += 1
        if made == 2:
            connected.append(socket.create_connection(("127.0.0.1", port), 60))
        return app, tls

    service = Service(make, port=port, hosts="127.0.0.1", drain_s=0)
    async with serving(service):
        service.again()
        await wait_idle(service)
        (sock,) = connected
        sock.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=sock, ssl=caller("engine"), server_hostname="127.0.0.1")
        writer.write(b"GET /v1/vms HTTP/1.1\r\nHost: node1\r\nConnection: close\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
        writer.close()


async def test_a_node_that_is_being_served_anew_can_be_stopped(authority: FakeAuthority, tmp_path: Path) -> None:
    app, tls = make_app(FakeNode(), Open(), mutual=True), server_context(*authority.issue(tmp_path, "node1", "node"))
    port, made = free_port(), 0

    def make() -> tuple[Any, ssl.SSLContext]:
        nonlocal made
        made += 1
        if made == 2:
            service.stop()
        return app, tls

    service = Service(make, port=port, hosts="127.0.0.1", drain_s=0)
    serving = asyncio.create_task(service.run())
    await wait_idle(service)
    service.again()
    async with asyncio.timeout(60):
        await serving
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 60)
