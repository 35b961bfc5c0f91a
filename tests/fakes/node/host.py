"""The machine of one fake node: who it is, whether it belongs to a site, how it does."""

from collections.abc import Callable

from node.api.messages.identity import Claim, Identity, Leave
from node.api.messages.machine import Accelerator, Capabilities, Nic, Statistics
from node.api.messages.registration import Invitation, InvitationReport
from node.api.messages.vms import VmState
from node.api.refusals import ClaimRejected, NotBare
from node.api.version import API_VERSION
from node.proof import claim_proof
from tests.fakes.node.site import GIB
from tests.fakes.node.storage import FakeStorage
from tests.fakes.node.vms import FakeVms


class FakeHost:
    """`claimed` is how it was, None without a site. `asking`: whether it goes on asking an engine to
    take it. `api_version`: of a node that was not upgraded, an older one."""

    def __init__(
        self,
        name: str,
        node_id: str,
        machines: FakeVms,
        storage: FakeStorage,
        *,
        claim_code: str,
        memory_bytes: int,
        now: Callable[[], float],
    ) -> None:
        self.name = name
        self.node_id = node_id
        self.claim_code = claim_code
        self.memory_bytes = memory_bytes
        self.claimed: Claim | None = None
        self.boots = 1
        self.api_version = API_VERSION
        self.fingerprint = f"{sum(name.encode()):064x}"
        self.request_pem = "-----BEGIN CERTIFICATE REQUEST-----\n"
        self.machine_id = ""
        self.serial_number = ""
        self.waiting_version = ""
        self.asking = False
        self.asked_engine = ""
        self._machines = machines
        self._storage = storage
        self._now = now

    def identity(self) -> Identity:
        return Identity(
            node_id=self.node_id,
            name=self.name,
            fingerprint=self.fingerprint,
            claimed=self.claimed is not None,
            certificate_request_pem=self.request_pem,
            api_version=self.api_version,
            certificate_pem=self.claimed.certificate_pem if self.claimed is not None else "",
        )

    def claim(self, claim: Claim) -> None:
        self.claimed = claim

    def leave(self, leave: Leave) -> None:
        vms = (vm for vm in self._machines.vms() if vm.state is not VmState.DOWN)
        things = [*vms, *self._storage.mounted, *self._storage.joined]
        if things:
            raise NotBare(things=f"{len(things)} things of the site")
        self._machines.allow(())
        if self.claimed is not None:
            self.claimed, self.claim_code = None, leave.claim_code or "MADE-UPBY-THEN-ODE1"
        self.asking = leave.continue_asking

    def invite(self, invitation: Invitation) -> InvitationReport:
        if self.claimed is not None:
            raise ClaimRejected(reason="this node belongs to a site already")
        self.asking = True
        self.asked_engine = invitation.engine_fingerprint
        return InvitationReport(proof=claim_proof(self.claim_code, "node", invitation.nonce, self.fingerprint))

    def capabilities(self) -> Capabilities:
        return Capabilities(
            node_id=self.node_id,
            name=self.name,
            version="0.1.0",
            api_version=self.api_version,
            os="Debian GNU/Linux 13 (trixie)",
            kernel="6.12.0-amd64",
            libvirt="11.3.0",
            qemu="10.0.2",
            gluster="11.1",
            cpu_model="EPYC",
            cpu_sockets=1,
            cpu_cores=4,
            cpu_threads=2,
            memory_bytes=self.memory_bytes,
            accelerator=Accelerator.TCG,
            nics=(Nic(name="host0", mac="02:00:00:00:00:01", up=True, speed_mbps=10_000),),
            machine_id=self.machine_id,
            serial_number=self.serial_number,
            waiting_version=self.waiting_version,
        )

    def statistics(self) -> Statistics:
        used = min(self.memory_bytes, GIB + self._machines.memory_bytes())
        return Statistics(
            at=self._now(),
            boot_id=f"boot-{self.boots}",
            uptime_s=60.0,
            memory_free_bytes=self.memory_bytes - used,
            memory_used_bytes=used,
            swap_total_bytes=0,
            swap_free_bytes=0,
            load_1min=0.1,
            cpu_user_percent=1.0,
            cpu_system_percent=1.0,
            cpu_idle_percent=98.0,
            vms_running=self._machines.running(),
        )
