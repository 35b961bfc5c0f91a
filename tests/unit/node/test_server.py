"""The contract over real TLS: client, server and gate between a caller and a fake node."""

import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import msgspec
import pytest

from node.api.messages.events import EventKind
from node.api.messages.ha import EngineVmConfig
from node.api.messages.mounts import MountRequest, MountSpec
from node.api.messages.vms import VmSpec
from node.api.operation import POST, Operations, operation, operations_of
from node.api.problems import NodeNonResponsive, RemoteFailed, RemoteRefused
from node.api.refusals import NodeTooOld
from node.api.version import API_VERSION
from node.client import NodeClient
from node.tls import client_context
from tests.fakes.authority import FakeAuthority
from tests.fakes.node.fake import FakeNode
from tests.fakes.node.network import FakeCable
from tests.fakes.node.site import FakeSite
from tests.node_contract.contract import NodeContract
from tests.unit.node.served import member
from tests.unit.node.test_fake_node import ready
from tests.unit.node.vm_settings import BASE


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
        fake.fail("vms", NodeNonResponsive(node="inner", request="x", reason="a node behind it"))
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
            with pytest.raises(NodeNonResponsive):
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


async def test_an_event_stream_that_ends_is_silence_to_its_caller(
    authority: FakeAuthority, tmp_path: Path, caller: Callable[[str], ssl.SSLContext]
) -> None:
    fake = FakeNode()
    async with member(fake, authority, tmp_path) as port:
        client = NodeClient("127.0.0.1", caller("engine"), port=port)
        events = client.events()
        assert (await anext(events)).kind is EventKind.HELLO
        fake.stop_answering()
        with pytest.raises(NodeNonResponsive):
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
    fake.fail("identity", NodeNonResponsive(node="node1", request="identity", reason="nobody asks"))
    async with member(fake, authority, tmp_path) as port:
        client = NodeClient("127.0.0.1", caller("engine"), port=port)
        assert await client.vms() == ()
        await client.close()
