"""The contract over real TLS: client, server and gate between a caller and a fake node."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from node.api.messages.events import EventKind
from node.api.messages.ha import EngineVmConfig
from node.api.messages.identity import Claim, Leave
from node.api.messages.mounts import MountRequest, MountSpec
from node.api.messages.vms import VmSpec
from node.api.operation import POST, Arguments, Operation, Operations, operation, operations_of
from node.api.problems import NodeSilent, RemoteFailed, RemoteRefused
from node.api.refusals import NodeTooOld
from node.api.version import API_VERSION
from node.client import NodeClient
from node.clock import SystemClock
from node.registration.inviting import Inviting
from node.registration.join_files import JoinFiles
from node.registration.membership import Membership
from node.server.app import make_app
from node.server.serve import Service
from node.tls import WrongFingerprint, client_context, disregard_time, fetch_certificate, pinned_context, server_context
from tests.fakes.authority import DAY, FakeAuthority
from tests.fakes.glusterd_unit import FakeGlusterdUnit
from tests.fakes.node.fake import FakeNode
from tests.fakes.node.network import FakeCable
from tests.fakes.node.site import FakeSite
from tests.node_contract.contract import NodeContract
from tests.ports import free_port
from tests.unit.node.test_fake_node import ready
from tests.unit.node.vm_settings import BASE


class Hosted(FakeNode):
    """A fake node whose identity is a real membership, served as the agent serves it."""

    def __init__(self, folder: Path) -> None:
        super().__init__("node1")
        self.port = free_port()
        self.service = Service(self._make, port=self.port, hosts="127.0.0.1", drain_s=0)
        self.membership = Membership(
            folder,
            "node1",
            clock=SystemClock(),
            addresses=lambda: ["127.0.0.1"],
            claimed_anew=self.service.again,
            trusts=[FakeGlusterdUnit(folder).trust(folder)],
        )
        self.membership.prepare()
        self.join_files = JoinFiles(folder, folder)
        self._real: dict[str, Callable[..., Any]] = {
            "identity": self.membership.identity,
            "claim": self.membership.claim,
            "leave": self.membership.end,
            "invite": Inviting(self.membership, self.join_files).invite,
        }

    async def call(self, operation: Operation, arguments: Arguments) -> Any:
        if operation.name in self._real:
            return self._real[operation.name](**arguments)
        return await super().call(operation, arguments)

    def _make(self) -> tuple[Any, ssl.SSLContext]:
        own = self.membership
        if not own.claimed:
            return make_app(self, own, mutual=False), server_context(own.certificate_file, own.key_file, None)
        tls = server_context(own.certificate_file, own.key_file, own.authority_file)
        return make_app(self, own, mutual=True), tls


class Open:
    claimed = True

    def knows_claim_code(self, code: str) -> bool:
        return False

    def believes_claim_proof(self, nonce: str, proof: str) -> bool:
        return False

    def is_member(self, name: str) -> bool:
        return True


async def settle(service: Service) -> None:
    async with asyncio.timeout(60):
        while not service.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
            await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(service: Service) -> AsyncIterator[None]:
    task = asyncio.create_task(service.run())
    try:
        await settle(service)
        yield
    finally:
        service.stop()
        await task


@pytest.fixture(scope="module")
def authority() -> FakeAuthority:
    return FakeAuthority()


@pytest.fixture
def caller(authority: FakeAuthority, tmp_path: Path) -> Callable[[str], ssl.SSLContext]:
    return lambda role: client_context(*authority.issue(tmp_path, f"a-{role}", role))


@asynccontextmanager
async def member(fake: FakeNode, authority: FakeAuthority, folder: Path) -> AsyncIterator[int]:
    """Serves `fake` as a claimed node; gives the port."""
    certificate, key, ca = authority.issue(folder, "node1", "node")
    port = free_port()
    tls = server_context(certificate, key, ca)
    async with serving(
        Service(lambda: (make_app(fake, Open(), mutual=True), tls), port=port, hosts="127.0.0.1", drain_s=0)
    ):
        yield port


class TestTheContractHoldsOverHttps(NodeContract):
    @pytest.fixture
    async def fake(self) -> FakeNode:
        return await ready("node1", FakeSite(), 1)

    @pytest.fixture
    def cable(self, fake: FakeNode) -> FakeCable:
        return FakeCable(fake.change_link, fake.lose_link)

    @pytest.fixture
    async def node(
        self, fake: FakeNode, authority: FakeAuthority, tmp_path: Path, caller: Callable[[str], ssl.SSLContext]
    ) -> AsyncIterator[NodeClient]:
        async with member(fake, authority, tmp_path) as port:
            client = NodeClient("127.0.0.1", caller("deploy"), port=port)
            yield client
            await client.close()


async def test_problems_keep_their_kind_and_words(
    authority: FakeAuthority, tmp_path: Path, caller: Callable[[str], ssl.SSLContext]
) -> None:
    fake = FakeNode()
    async with member(fake, authority, tmp_path) as port:
        client = NodeClient("127.0.0.1", caller("deploy"), port=port)
        fake.fail("vms", NodeSilent(node="inner", request="x", reason="a node behind it"))
        with pytest.raises(RemoteFailed, match="a node behind it"):
            await client.vms()
        with pytest.raises(RemoteRefused, match="mounts no storage of kind 'tape'"):
            await client.mount(MountRequest(storage_domain="one", spec=MountSpec(kind="tape", source="a:/b")))
        fake.machines._vms = None  # type: ignore[assignment]  # a defect inside the node
        with pytest.raises(RemoteFailed, match="AttributeError"):
            await client.vms()
        await client.close()


async def test_only_engine_and_deploy_get_in(
    authority: FakeAuthority, tmp_path: Path, caller: Callable[[str], ssl.SSLContext]
) -> None:
    async with member(FakeNode(), authority, tmp_path) as port:
        for role in ("node", "user", ""):
            client = NodeClient("127.0.0.1", caller(role), port=port)
            with pytest.raises(RemoteRefused) as refused:
                await client.vms()
            assert refused.value.text.status == 403
            await client.close()
        stranger = client_context(*FakeAuthority("another").issue(tmp_path, "stranger", "engine"))
        stranger.check_hostname, stranger.verify_mode = False, ssl.CERT_NONE
        nobody = ssl.create_default_context(cadata=authority.pem)
        for tls in (stranger, nobody):
            client = NodeClient("127.0.0.1", tls, port=port)
            with pytest.raises(NodeSilent):
                await client.vms()
            await client.close()


async def test_another_node_reads_what_this_one_says_of_its_storage_and_nothing_else(
    authority: FakeAuthority, tmp_path: Path, caller: Callable[[str], ssl.SSLContext]
) -> None:
    async with member(FakeNode(), authority, tmp_path) as port:
        for role, statuses in (("node", (200, 403, 403, 403)), ("user", (403, 403, 403, 403))):
            async with httpx.AsyncClient(base_url=f"https://127.0.0.1:{port}", verify=caller(role)) as client:
                answers = [
                    await client.request(method, path)
                    for method, path in (
                        ("GET", "/v1/gluster/facts"),
                        ("PUT", "/v1/gluster/facts"),
                        ("GET", "/v1/gluster/facts/"),
                        ("GET", "/v1/gluster/state"),
                    )
                ]
            assert tuple(answer.status_code for answer in answers) == statuses


async def test_nonsense_is_refused_in_words(
    authority: FakeAuthority, tmp_path: Path, caller: Callable[[str], ssl.SSLContext]
) -> None:
    vm = "11111111-1111-4111-8111-111111111111"
    cases: list[tuple[str, str, bytes, int, str]] = [
        ("GET", "/v1/nothing", b"", 404, "NoSuchPath"),
        ("PATCH", "/v1/vms", b"", 405, "BadRequest"),
        ("POST", f"/v1/vms/{vm}/start", b"{", 400, "Malformed"),
        ("POST", f"/v1/vms/{vm}/start", b'{"id": 5}', 400, "Malformed"),
        ("POST", f"/v1/vms/{vm}/start", b'{"id": "x", "name": "n", "memory_bytes": 1}', 400, "Malformed"),
        ("GET", "/v1/vms/not-a-uuid", b"", 400, "Malformed"),
        ("PUT", "/v1/names", b"x" * (9 << 20), 400, "Malformed"),
    ]
    async with (
        member(FakeNode(), authority, tmp_path) as port,
        httpx.AsyncClient(base_url=f"https://127.0.0.1:{port}", verify=caller("engine"), trust_env=False) as http,
    ):
        for method, path, content, status, code in cases:
            answer = await http.request(method, path, content=content)
            assert (answer.status_code, answer.json()["code"]) == (status, code), path
            assert answer.json()["changed"] is False


async def test_a_setting_of_a_vm_that_the_node_does_not_know_is_refused_by_its_name(
    authority: FakeAuthority, tmp_path: Path, caller: Callable[[str], ssl.SSLContext]
) -> None:
    newer = msgspec.to_builtins(BASE) | {"tpm": True}
    newer["disks"][1]["wwn"] = "5000c5001234abcd"
    async with (
        member(FakeNode(), authority, tmp_path) as port,
        httpx.AsyncClient(base_url=f"https://127.0.0.1:{port}", verify=caller("engine"), trust_env=False) as http,
    ):
        refused = (await http.post(f"/v1/vms/{BASE.id}/start", content=msgspec.json.encode(newer))).json()
        assert (refused["code"], refused["changed"]) == ("SettingsUnknown", False)
        assert "know: disks.wwn, tpm" in refused["why"]
        assert (await http.get(f"/v1/vms/{BASE.id}")).status_code == 404
        # Of what is no setting a newer peer may say more.
        assert (await http.put("/v1/names", content=b'{"names": {}, "newer": true}')).status_code == 204


async def test_the_engine_vm_is_started_by_its_configuration(
    authority: FakeAuthority, tmp_path: Path, caller: Callable[[str], ssl.SSLContext]
) -> None:
    """It says more than a VM's specification does, to trivet-ha."""
    spec = msgspec.structs.replace(BASE, disks=())
    values = {name: getattr(spec, name) for name in VmSpec.__struct_fields__}
    fake = FakeNode()
    async with member(fake, authority, tmp_path) as port:
        client = NodeClient("127.0.0.1", caller("engine"), port=port)
        await client.start_vm(EngineVmConfig(**values, edit="more memory"))
        await client.close()
    assert fake.machines.spec(BASE.id) == spec


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
        await settle(node.service)
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
        await settle(node.service)
        pem = await asyncio.to_thread(fetch_certificate, "127.0.0.1", node.port, fingerprint)
        newcomer = NodeClient("127.0.0.1", pinned_context(pem), port=node.port, claim_code=code)
        assert not (await newcomer.identity()).claimed
        await newcomer.claim(claim)
        await settle(node.service)
        assert (await deploy.identity()).claimed
        await engine.leave(Leave())
        await settle(node.service)
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
        await settle(service)
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
        await settle(service)
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
    await settle(service)
    service.again()
    async with asyncio.timeout(60):
        await serving
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 60)


async def test_an_event_stream_that_ends_is_silence_to_its_caller(
    authority: FakeAuthority, tmp_path: Path, caller: Callable[[str], ssl.SSLContext]
) -> None:
    fake = FakeNode()
    async with member(fake, authority, tmp_path) as port:
        client = NodeClient("127.0.0.1", caller("engine"), port=port)
        events = client.events()
        assert (await anext(events)).kind is EventKind.HELLO
        fake.fall_silent()
        with pytest.raises(NodeSilent):
            await anext(events)
        await client.close()


class Later(Operations):
    """Operations of a contract that is newer than any node's."""

    @operation(POST, "/later", since=API_VERSION + 1)
    async def later(self) -> None:
        """What nodes of today cannot."""


async def test_what_came_after_the_version_of_a_node_is_refused_by_name_until_the_node_is_upgraded(
    authority: FakeAuthority, tmp_path: Path, caller: Callable[[str], ssl.SSLContext]
) -> None:
    fake, later = FakeNode(), operations_of(Later)["later"]
    async with member(fake, authority, tmp_path) as port:
        client = NodeClient("127.0.0.1", caller("engine"), port=port)
        for node in (client, fake):
            with pytest.raises(NodeTooOld, match="was not asked for later: it has version"):
                await node.call(later, {})
        fake.host.api_version = API_VERSION + 1
        with pytest.raises(RemoteRefused, match="There is nothing at /v1/later"):
            await client.call(later, {})
        await client.close()


async def test_a_node_is_not_asked_for_its_version_before_what_every_node_can(
    authority: FakeAuthority, tmp_path: Path, caller: Callable[[str], ssl.SSLContext]
) -> None:
    fake = FakeNode()
    fake.fail("identity", NodeSilent(node="node1", request="identity", reason="nobody asks"))
    async with member(fake, authority, tmp_path) as port:
        client = NodeClient("127.0.0.1", caller("engine"), port=port)
        assert await client.vms() == ()
        await client.close()


# --- certificates whose time is over -------------------------------------------------------------------------------


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
        with pytest.raises(NodeSilent, match="certificate has expired"):
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
        with pytest.raises(NodeSilent):
            await client.identity()
        await client.close()
