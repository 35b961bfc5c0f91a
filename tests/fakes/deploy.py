"""A whole site in memory for the deploy: bare nodes that can be claimed, and an engine that lives in their VM."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from hosted_engine.deploy.answers import Answers, NodeAnswers
from hosted_engine.deploy.decisions import ENGINE_VM, Decisions
from hosted_engine.deploy.engine_client import Engine
from hosted_engine.deploy.folder import Folder
from hosted_engine.passwords import matches
from hosted_engine.site import SITE_FILE, Site
from node.api.contract import NodeApi
from node.api.messages.identity import Claim
from node.api.messages.network import NetworkChange, NetworkRequest
from node.api.messages.vms import VmReport, VmState
from node.api.operation import Arguments, Operation
from node.api.problems import NodeNonResponsive, Refused, RemoteRefused
from node.api.refusals import JustClaimed
from node.tls import request_or_certificate_fingerprint
from tests.fakes.clock import FakeClock
from tests.fakes.node.fake import FakeNode
from tests.fakes.node.network import FakeNodeNetwork
from tests.fakes.node.site import FakeSite


class PowerCut(BaseException):
    """Not an Exception: nothing in the deploy may catch it."""


class ChangePending(Refused):
    what = "Cannot change the network now"
    why = "an earlier change waits to be confirmed or to go back by itself"
    mend = "Confirm it, or wait"


class BareNetwork(FakeNodeNetwork):
    """A change goes back when its time is over, and another one waits for that."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock
        self._expires_at = 0.0

    def change_network(self, request: NetworkRequest) -> NetworkChange:
        if self.checkpoints:
            raise ChangePending
        self._expires_at = self._clock.now() + request.confirm_within_s
        return super().change_network(request)

    def end_if_over(self) -> None:
        if self.checkpoints and self._clock.now() >= self._expires_at:
            self.roll_back()


class BareNode(FakeNode):
    """With a key of its own, and a network change that goes back when its time is over."""

    def __init__(
        self,
        name: str,
        *,
        site: FakeSite,
        clock: FakeClock,
        on_call: Callable[[], None],
        on_maintenance: Callable[[], None],
    ) -> None:
        self._network = BareNetwork(clock)
        super().__init__(name, site=site, claim_code=f"CODE-CODE-CODE-{name[-1]:0>4}", net=self._network, now=clock.now)
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
        self.host.request_pem = request.public_bytes(Encoding.PEM).decode()
        self.host.fingerprint = request_or_certificate_fingerprint(request)
        self.ha_service.on_maintenance = on_maintenance
        self._on_call = on_call
        self.claim_takes = 0
        """The next claim is under way for that many connections, while its caller is killed."""
        self._claim_in_progress: Claim | None = None

    async def call(self, operation: Operation, arguments: Arguments) -> Any:
        if operation.name == "claim":
            self._begin_claim(**arguments)
        self._network.end_if_over()
        self._on_call()
        answer = await super().call(operation, arguments)
        self._on_call()
        return answer

    def _begin_claim(self, claim: Claim) -> None:
        if self.claim_takes and self._claim_in_progress is None:
            self._claim_in_progress = claim
            raise PowerCut
        self._claim_in_progress, self.claim_takes = None, 0  # claims wait for each other

    def connected(self) -> None:
        """At the end of a claim the code does not count any more, and certificates are not asked for yet."""
        if self._claim_in_progress is None:
            return
        self.claim_takes -= 1
        if self.claim_takes == 0:
            self.host.claimed, self._claim_in_progress = self._claim_in_progress, None
            raise RemoteRefused(JustClaimed().text, self.name)


class World:
    """Implements hosted_engine.deploy.connector.Reach. `cut_at` pulls the plug at that call, counted before and
    after."""

    def __init__(self, folder: Folder, names: Sequence[str] = ("node1", "node2", "node3")) -> None:
        self.clock = FakeClock()
        self.site = FakeSite()
        self.calls = 0
        self.cut_at: int | None = None
        self.boots_in = 3
        self.on_observe: Callable[[], None] = lambda: None
        """Called before and after each operation of a node."""
        self.nodes = {
            n: BareNode(
                n, site=self.site, clock=self.clock, on_call=self._called, on_maintenance=self._start_engine_if_possible
            )
            for n in names
        }
        self._folder = folder

    @asynccontextmanager
    async def member(self, node: NodeAnswers) -> AsyncIterator[NodeApi]:
        there = self.nodes[node.name]
        there.connected()
        if there.host.claimed is None or there.host.claimed.authority_pem != self._folder.authority().certificate:
            raise NodeNonResponsive(node=node.name, request="a member's question", reason="its certificate is not ours")
        yield there

    @asynccontextmanager
    async def unclaimed(self, node: NodeAnswers) -> AsyncIterator[NodeApi]:
        there = self.nodes[node.name]
        there.connected()
        if there.host.claimed is not None or (node.fingerprint, node.claim_code) != (
            there.host.fingerprint,
            there.host.claim_code,
        ):
            raise NodeNonResponsive(node=node.name, request="a newcomer's question", reason="it belongs to somebody")
        yield there

    def engine(self, answers: Answers, decisions: Decisions) -> Engine:
        return FakeEngine(self, decisions)

    def own(self, answers: Answers) -> str | None:
        return answers.nodes[0].name

    def vms(self, vm_id: str) -> list[VmReport]:
        """The engine VM on every node that knows it."""
        found = [node.machines.vm(vm_id) for node in self.nodes.values()]
        return [report for report in found if report is not None]

    def _start_engine_if_possible(self) -> None:
        """What trivet-ha does where a maintenance begins or ends: the engine goes where there is none, if it can."""
        can = [
            n
            for n in self.nodes.values()
            if n.ha_service.hosted_engine_deployed and n.ha_service.maintenance is None and n.storage.joined
        ]
        for node in self.nodes.values():
            for vm in node.machines.vms():
                if node.ha_service.maintenance is not None and vm.state is VmState.UP and vm.name == ENGINE_VM and can:
                    spec = node.machines.spec(vm.id)
                    node.machines.destroy_vm(vm.id)
                    can[0].machines.start_vm(spec)
                    return
        known = {vm.id for node in can for vm in node.machines.vms() if vm.name == ENGINE_VM}
        for vm_id in known:
            if can and all(vm.state is VmState.DOWN for vm in self.vms(vm_id)):
                knows = next(node for node in self.nodes.values() if node.machines.vm(vm_id) is not None)
                can[0].machines.start_vm(knows.machines.spec(vm_id))

    def _called(self) -> None:
        self.on_observe()
        self.calls += 1
        if self.calls == self.cut_at:
            raise PowerCut


class FakeEngine:
    """Serves when its VM has been up for a few questions; knows what stands on its seed disk."""

    def __init__(self, world: World, decisions: Decisions) -> None:
        self._world, self._decisions = world, decisions

    async def why_not_healthy(self) -> str | None:
        vms = self._world.vms(self._decisions.engine_vm_id)
        if not any(vm.state is VmState.UP for vm in vms):
            return "no route to host"
        if self._world.boots_in > 0:
            self._world.boots_in -= 1
            return "connection refused"
        return None

    async def missing(self, hosts: Sequence[str], storage: Sequence[str]) -> tuple[str, ...]:
        site = self.site()
        assert matches(self._decisions.password, site.admin_password_hash)
        nodes, volumes = {node.name for node in site.nodes}, {volume.name for volume in site.volumes}
        return tuple(name for name in (*hosts, *storage) if name not in nodes | volumes)

    def site(self) -> Site:
        files = {file.path: file.text for file in self._world.site.seeds[self._decisions.seed].files}
        return msgspec.json.decode(files[SITE_FILE], type=Site)
