"""A machine joins over TLS with its own code, approved by the SDK; and what everybody else gets at that door."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types

from hosted_engine.engine.nodes.joining.model import host_id_of_key
from hosted_engine.engine.nodes.joining.preapprovals import WrongJoinCode, add_code
from hosted_engine.engine.nodes.joining.registrations import Asked
from hosted_engine.rest import limiter
from hosted_engine.rest.registration import NotProven, RegistrationResource, TooManyWrongCodes, TooOften, Unreadable
from node.api.messages.identity import Claim, Identity, Offer, OfferedAddress
from node.api.messages.registration import PATH, SIGNATURE, RegistrationState
from node.clock import SystemClock
from node.fingerprint import format_proquints
from node.proof import sign
from node.registration.engine_client import HttpEngineClient
from node.registration.join_files import JoinFiles, JoinState, WantedJoin
from node.registration.joining import Joining
from node.registration.membership import Membership
from node.registration.question import Questions
from node.tls import WrongFingerprint
from tests.fakes.engine import AUTHORITY, TINY_ID, World
from tests.fakes.glusterd_unit import FakeGlusterdUnit
from tests.fakes.machine import FakeMachine
from tests.unit.rest.server import Served, served

CODE = "ABCD-EFGH-JKLM-NPQR-STUV"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Served]:
    folder = tmp_path / "engine"
    folder.mkdir()
    with served(folder) as found:
        yield found


class Machine:
    """The node's own code for joining, on a machine whose other parts are a fake node of the engine's world."""

    def __init__(self, folder: Path, served: Served, name: str = "node4") -> None:
        self.folder = folder
        self.membership = Membership(
            folder / "node",
            name,
            clock=SystemClock(),
            addresses=lambda: ["127.0.0.1"],
            on_membership_changed=lambda: None,
            trusts=[FakeGlusterdUnit(folder).trust(folder / "node")],
            offer=lambda: Offer(addresses=(OfferedAddress(nic="host0", address="127.0.0.1/8"),)),
        )
        self.membership.prepare()
        self.files = JoinFiles(folder / "node", folder)
        self.fake = FakeMachine(
            name,
            site=served.world.shared,
            number=4,
            engine_fingerprint="",
            key=self.membership.key_file.read_bytes(),
        )
        self.fake.host.asking = False  # this class does
        self.fingerprint = self.fake.fingerprint
        served.world.nodes[host_id_of_key(self.fingerprint)] = self.fake
        self.wanted = self.files.want("localhost", served.port, AUTHORITY.engine_fingerprint)

    def joining(self, endpoint: HttpEngineClient | None = None) -> Joining:
        endpoint = endpoint or HttpEngineClient()
        questions = Questions(
            port=54321, identity=self._identity, capabilities=self.fake.capabilities, own_address=self._address
        )
        return Joining(self.files, self.membership, endpoint, SystemClock(), question=questions.make, take=self._take)

    def ask(self) -> JoinState:
        asyncio.run(self.joining().ask(self.wanted))
        status = self.files.status()
        assert status is not None
        return status.state

    @contextmanager
    def asking(self) -> Iterator[None]:
        """As the agent does it."""
        loop = asyncio.new_event_loop()
        task = loop.create_task(self.joining().run())
        thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.gather(task, return_exceptions=True)))
        thread.start()
        try:
            yield
        finally:
            loop.call_soon_threadsafe(task.cancel)
            thread.join(30)

    async def _identity(self) -> Identity:
        return self.membership.identity()

    async def _address(self, _: WantedJoin) -> str:
        return "127.0.0.1"

    async def _take(self, claim: Claim) -> None:
        self.membership.claim(claim)
        self.fake.host.claimed = claim


def until(ready: Callable[[], bool], within_s: float = 30) -> None:
    end = time.monotonic() + within_s
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_machine_joins_runs_a_vm_and_leaves(engine: Served, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "machine", engine)
    assert machine.ask() is JoinState.PENDING
    with engine.connection() as connection:
        hosts = connection.system_service().hosts_service()
        (host,) = hosts.list(search="status=pending_approval")
        assert (host.name, host.address) == ("node4", "127.0.0.1")
        assert host.ssh.fingerprint == format_proquints(machine.fingerprint)
        assert host.memory == machine.fake.host.memory_bytes
        service = hosts.host_service(host.id)
        with machine.asking():
            service.approve(cluster=types.Cluster(name="Default"), activate=True)
            until(lambda: service.get().status is types.HostStatus.UP)
        assert machine.membership.claimed
        vms = connection.system_service().vms_service()
        vm = vms.add(types.Vm(name="vm1", cluster=types.Cluster(name="Default"), template=types.Template(id=TINY_ID)))
        there = types.VmPlacementPolicy(hosts=[types.Host(id=host.id)])
        until(lambda: vms.vm_service(vm.id).get().status is types.VmStatus.DOWN)
        vms.vm_service(vm.id).start(vm=types.Vm(placement_policy=there))
        until(lambda: vms.vm_service(vm.id).get().status is types.VmStatus.UP)
        assert machine.fake.machines.running() == 1
        vms.vm_service(vm.id).stop()
        until(lambda: machine.fake.machines.running() == 0)
        codes = {event.code for event in connection.system_service().events_service().list()}
        assert {828, 498, 504, 13} <= codes


def test_a_rejected_machine_ends_its_asking(engine: Served, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "machine", engine)
    machine.ask()
    with engine.connection() as connection:
        hosts = connection.system_service().hosts_service()
        (host,) = hosts.list(search="name=node4")
        hosts.host_service(host.id).remove()
        with pytest.raises(sdk.NotFoundError):
            hosts.host_service(host.id).get()
    assert machine.ask() is JoinState.REJECTED
    assert machine.files.wanted() is None
    assert not machine.membership.claimed


def test_an_unknown_cluster_and_a_reboot_are_refused_by_name(engine: Served, tmp_path: Path) -> None:
    Machine(tmp_path / "machine", engine).ask()
    with engine.connection() as connection:
        hosts = connection.system_service().hosts_service()
        (host,) = hosts.list(search="name=node4")
        for given, word in (({"cluster": types.Cluster(name="nowhere")}, "nowhere"), ({"reboot": True}, "reboot")):
            with pytest.raises(sdk.Error, match=word):
                hosts.host_service(host.id).approve(**given)


def test_the_engine_that_people_confirmed_is_the_only_one_spoken_to(engine: Served, tmp_path: Path) -> None:
    """A machine in between has another key, whatever it forwards."""
    machine = Machine(tmp_path / "machine", engine)
    wrong = msgspec.structs.replace(machine.wanted, fingerprint="0" * 64)
    asyncio.run(machine.joining().ask(wrong))
    status = machine.files.status()
    assert status is not None
    assert (status.state, WrongFingerprint.what.partition("{")[0] in status.detail) == (JoinState.REFUSED, True)


def test_a_claim_of_an_authority_that_is_not_the_engines_is_not_taken(engine: Served, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "machine", engine)
    machine.ask()

    class OtherSite(HttpEngineClient):
        async def ask(self, wanted: WantedJoin, body: bytes, signature: str):  # type: ignore[no-untyped-def]
            answered = await super().ask(wanted, body, signature)
            claim = Claim(certificate_pem="", authority_pem=machine.membership.certificate_file.read_text())
            return type(answered)(msgspec.structs.replace(answered.report, claim=claim), answered.engine_certificate)

    asyncio.run(machine.joining(OtherSite()).ask(machine.wanted))
    status = machine.files.status()
    assert status is not None
    assert "has not signed the engine's own" in status.detail
    assert not machine.membership.claimed


def test_what_was_asked_for_goes_on_after_a_restart(engine: Served, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "machine", engine)
    machine.ask()
    again = Machine(tmp_path / "machine", engine)
    assert again.wanted == machine.wanted
    assert again.ask() is JoinState.PENDING
    with engine.connection() as connection:
        assert len(connection.system_service().hosts_service().list(search="status=pending_approval")) == 1


def test_a_machine_with_a_wrong_join_code_is_told_so_and_asks_no_more(engine: Served, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "machine", engine)
    machine.wanted = machine.files.want("localhost", engine.port, AUTHORITY.engine_fingerprint, CODE)
    assert machine.ask() is JoinState.REJECTED
    assert machine.files.wanted() is None
    with engine.connection() as connection:
        assert connection.system_service().hosts_service().list(search="name=node4") == []


def test_the_join_code_leaves_the_machines_disk_when_the_engine_has_noted_it(engine: Served, tmp_path: Path) -> None:
    with engine.world.store.transaction() as tx:
        _, code = add_code(tx, engine.world.cluster.id, 1, time.time())
    machine = Machine(tmp_path / "machine", engine)
    machine.wanted = machine.files.want("localhost", engine.port, AUTHORITY.engine_fingerprint, code)
    assert machine.ask() is JoinState.PENDING
    kept = machine.files.wanted()
    assert kept is not None
    assert (kept.attempt, kept.join_code) == (machine.wanted.attempt, "")
    machine.wanted = kept
    assert machine.ask() is JoinState.PENDING


# --- the door itself ------------------------------------------------------------------------------------------------


@dataclass
class RegistrationEndpoint:
    world: World
    resource: RegistrationResource
    machine: FakeMachine

    def post(self, *, challenge: str = "", signer: FakeMachine | None = None, **changes: Any) -> RegistrationState:
        body = self.body(challenge=challenge, **changes)
        return self.send(body, sign((signer or self.machine).key, body))

    def body(self, **changes: object) -> bytes:
        return msgspec.json.encode(self.machine.question(**changes))

    def send(self, body: bytes, signature: str) -> RegistrationState:
        self.report = self.resource.answer(body, signature, self.machine.address)
        return self.report.state


@pytest.fixture
def endpoint() -> RegistrationEndpoint:
    world = World()
    return RegistrationEndpoint(
        world, RegistrationResource(world.engine.registrations, world.engine.loop), world.add_machine("node4", 4)
    )


def count_of(endpoint: RegistrationEndpoint) -> int:
    with endpoint.world.store.transaction() as tx:
        return tx.node_registrations.count()


def test_nothing_is_noted_before_the_machine_has_proven_that_it_is_there_now(endpoint: RegistrationEndpoint) -> None:
    assert endpoint.post() is RegistrationState.PROVE
    assert count_of(endpoint) == 0
    assert endpoint.post(challenge=endpoint.report.challenge) is RegistrationState.PENDING
    assert endpoint.post(challenge=endpoint.report.challenge) is RegistrationState.PENDING
    assert count_of(endpoint) == 1


def test_what_was_sent_once_is_worth_nothing_a_second_time(endpoint: RegistrationEndpoint) -> None:
    endpoint.post()
    body = endpoint.body(challenge=endpoint.report.challenge)
    signature = sign(endpoint.machine.key, body)
    assert endpoint.send(body, signature) is RegistrationState.PENDING
    assert endpoint.send(body, signature) is RegistrationState.PROVE


def test_a_challenge_is_for_one_key(endpoint: RegistrationEndpoint) -> None:
    other = RegistrationEndpoint(endpoint.world, endpoint.resource, endpoint.world.add_machine("node5", 5))
    endpoint.post()
    assert other.post(challenge=endpoint.report.challenge) is RegistrationState.PROVE
    for made_up in ("x", "1.2.3", "..", "9" * 200):
        assert endpoint.post(challenge=made_up) is RegistrationState.PROVE


def test_nobody_asks_in_the_name_of_another_key(endpoint: RegistrationEndpoint) -> None:
    other = endpoint.world.add_machine("node5", 5)
    endpoint.post()
    with pytest.raises(NotProven):
        endpoint.post(challenge=endpoint.report.challenge, signer=other)
    with pytest.raises(NotProven):
        endpoint.send(endpoint.body(challenge=endpoint.report.challenge), "")
    assert count_of(endpoint) == 0


def test_a_body_that_was_changed_on_its_way_is_refused(endpoint: RegistrationEndpoint) -> None:
    endpoint.post()
    body = endpoint.body(challenge=endpoint.report.challenge)
    with pytest.raises(NotProven):
        endpoint.send(body.replace(b"node4", b"node6"), sign(endpoint.machine.key, body))


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"attempt":1}'])
def test_what_cannot_be_read_is_refused(body: bytes, endpoint: RegistrationEndpoint) -> None:
    with pytest.raises(Unreadable):
        endpoint.send(body, sign(endpoint.machine.key, body))


@pytest.mark.parametrize("changes", [
    {"name": "a b"}, {"name": "-x"}, {"name": "x" * 300}, {"name": ""}, {"attempt": "x" * 200},
    {"certificate_request_pem": "no"}, {"certificate_request_pem": "x" * 9000}, {"port": 0}, {"port": 70000},
])  # fmt: skip
def test_what_no_machine_says_is_refused(changes: dict[str, Any], endpoint: RegistrationEndpoint) -> None:
    with pytest.raises(Unreadable):
        endpoint.post(**changes)


def test_other_kinds_of_keys_are_refused(endpoint: RegistrationEndpoint) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import Encoding

    keys = (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP521R1()))
    for key in keys:
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
        with pytest.raises(Unreadable, match="P-256"):
            endpoint.post(certificate_request_pem=request.public_bytes(Encoding.PEM).decode())


def test_wrong_codes_of_an_address_are_looked_at_a_few_times(endpoint: RegistrationEndpoint) -> None:
    """Others' are looked at, and it may still ask without one."""
    other = RegistrationEndpoint(endpoint.world, endpoint.resource, endpoint.world.add_machine("node5", 5))
    for one in (endpoint, other):
        one.post()
    asked = Asked(endpoint.machine.question(join_code=CODE), endpoint.machine.fingerprint, endpoint.machine.address)
    for _ in range(int(limiter.WRONG_CODES.burst)):
        with pytest.raises(WrongJoinCode):
            endpoint.resource._ask(asked)
    with endpoint.world.store.transaction() as tx:
        _, code = add_code(tx, endpoint.world.cluster.id, 1, endpoint.world.now)
    with pytest.raises(TooManyWrongCodes):
        endpoint.post(challenge=endpoint.report.challenge, join_code=code)
    assert other.post(challenge=other.report.challenge, join_code=code) is RegistrationState.PENDING
    endpoint.post()
    assert endpoint.post(challenge=endpoint.report.challenge) is RegistrationState.PENDING


async def test_the_door_has_limits_of_its_own(engine: Served) -> None:
    url = f"https://localhost:{engine.port}{PATH}"
    async with httpx.AsyncClient(verify=False) as http:
        assert (await http.post(url, content=b"x" * (70 << 10))).status_code == 413
        assert (await http.get(url)).status_code == 405
        assert (await http.post(url, content=b"{}", headers={SIGNATURE: "x"})).status_code == 400
        codes = [(await http.post(url, content=b"{}")).status_code for _ in range(int(limiter.OF_ADDRESS.burst) + 5)]
    assert codes[-1] == TooOften.status
    assert codes[0] == 400


def test_an_address_over_its_limit_takes_nothing_from_others() -> None:
    now = 0.0
    found = limiter.Limiter(lambda: now)
    allowed = sum(found.allows("192.0.2.1") for _ in range(10_000))
    assert allowed == limiter.OF_ADDRESS.burst
    assert found.allows("192.0.2.2")
    now += 5
    assert sum(found.allows("192.0.2.1") for _ in range(100)) == 5


def test_all_together_have_a_limit_and_what_is_remembered_is_bounded() -> None:
    now = 0.0
    found = limiter.Limiter(lambda: now)
    allowed = sum(found.allows(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}") for n in range(5000))
    assert allowed == limiter.IN_ALL.burst
    assert len(found._addresses) <= limiter.MOST_ADDRESSES
    now += 1
    assert sum(found.allows(f"10.1.2.{n}") for n in range(200)) == limiter.IN_ALL.rate


def test_one_network_of_ipv6_is_one_address() -> None:
    found = limiter.Limiter(lambda: 0.0)
    assert sum(found.allows(f"2001:db8::{n:x}") for n in range(1000)) == limiter.OF_ADDRESS.burst
