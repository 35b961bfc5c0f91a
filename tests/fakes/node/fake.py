"""The node itself: every operation of the contract, and what a test can do to it: refuse, fail, silence, slow down."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import TypeVar

import msgspec

from gluster.report import StorageReport, make_report
from gluster.state import PoolState, ServerFacts
from node.api.engine_vm import shape_of
from node.api.messages.events import Event, EventKind
from node.api.messages.gluster import (
    BrickRemoval,
    BrickRequest,
    GlusterReport,
    PeerRequest,
    StorageNews,
    StorageState,
    VolumeReport,
    VolumeRequest,
)
from node.api.messages.ha import (
    EngineVmEdit,
    EngineVmReport,
    HaReport,
    MaintenanceRequest,
    SiteFilesReport,
    SiteFilesRequest,
)
from node.api.messages.identity import Claim, Identity, Leave
from node.api.messages.images import Contents, ImageRef, ImageReport, ImageRequest, ImageResize, SeedRequest, WipeReport
from node.api.messages.leases import (
    LeaseReport,
    LeaseRequest,
    LeaseTimersReport,
    LeaseTimersRequest,
    LockspaceReport,
    LockspaceRequest,
)
from node.api.messages.machine import Accelerator, Capabilities, Nic, Statistics
from node.api.messages.migration import MigrationReport, MigrationRequest
from node.api.messages.mounts import MountReport, MountRequest
from node.api.messages.network import (
    LinkReport,
    NamesRequest,
    NetworkChange,
    NetworkEvent,
    NetworkNews,
    NetworkReport,
    NetworkRequest,
)
from node.api.messages.vms import ConsoleLog, VmReport, VmSpec, VmState
from node.api.problems import Problem
from node.api.refusals import NotBare
from node.api.version import API_VERSION
from tests.fakes.node.calling import Calling
from tests.fakes.node.network import FakeNodeNetwork
from tests.fakes.node.site import GIB, FakeSite
from tests.fakes.node.storage import FakeStorage
from tests.fakes.node.stream import FakeStream
from tests.fakes.node.vms import FakeVms

T = TypeVar("T")


class FakeNode:
    """Implements node.api.contract.NodeApi. What it shares with other nodes lies in `site`.

    The knobs are the public methods under "what a test does".
    """

    def __init__(
        self,
        name: str = "node1",
        *,
        site: FakeSite | None = None,
        node_id: str = "",
        claim_code: str = "",
        memory_bytes: int = 16 * GIB,
        now: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.name = name
        self.node_id = node_id or f"00000000-0000-4000-8000-{sum(name.encode()):012d}"
        self.site = site if site is not None else FakeSite()
        self.claim_code = claim_code
        self.memory_bytes = memory_bytes
        self.claimed: Claim | None = None
        self.boots = 1
        self.own_storage: PoolState | None = None  # as this node alone sees it
        self.keeps_engine = False
        self.maintenance: str | None = None  # the reason for it
        self.global_maintenance = False
        self.score = 3400
        self.movable: MigrationReport = MigrationReport(members=(), listening=False)
        self.machines = FakeVms(self.site, now, self._vm_changed)
        self.storage = FakeStorage(self.site, self.machines)
        self.net = FakeNodeNetwork()
        self._calling = Calling(name)
        self._stream = FakeStream()
        self._now = now

    # --- what a test does ----------------------------------------------------------------------------------------

    def fail(self, operation: str, problem: Problem, *, times: int = 1, skip: int = 0) -> None:
        """Let the next `times` calls of `operation`, after `skip` good ones, end with `problem`, before anything is
        done."""
        self._calling.fail(operation, problem, times=times, skip=skip)

    def lose_answer(self, operation: str, *, times: int = 1) -> None:
        """Carry the next `times` calls of `operation` out and then let them end with NodeSilent."""
        self._calling.lose_answer(operation, times=times)

    def mend(self, operation: str) -> None:
        """No failure of `operation` is left to come."""
        self._calling.mend(operation)

    @property
    def silent(self) -> bool:
        return self._calling.silent

    def fall_silent(self) -> None:
        """No answer to anything, streams end; VMs go on running."""
        self._calling.silent = True
        self._stream.end()

    def speak_again(self) -> None:
        self._calling.silent = False

    def be_slow(self, delay_s: float) -> None:
        self._calling.delay_s = delay_s

    def lose_power(self) -> None:
        """The machine is gone at once with its VMs; `start` brings it back."""
        self.fall_silent()
        self.machines.lose_all()
        self.net.checkpoints.clear()

    def start(self) -> None:
        """Boot again: wished mounts and lockspaces come back by themselves, VMs do not."""
        self.boots += 1
        self.speak_again()

    def heartbeat(self) -> None:
        """Heartbeats come only when a test asks for one."""
        self.tell(
            Event(
                number=0,
                kind=EventKind.HEARTBEAT,
                at=self._now(),
                statistics=self._statistics(),
                counters=dict(self.net.counters),
                ha=self._ha(),
            )
        )

    def tell(self, event: Event) -> None:
        """To all who listen; the number is given here."""
        self._stream.push(event)

    def change_link(self, link: LinkReport, *says: NetworkEvent) -> None:
        """It is so from now on, and who listens hears of it with the words `says`."""
        self.net.links[link.name] = link
        news = NetworkNews(links=(link,), events=says, drift=self.net.drift)
        self.tell(Event(number=0, kind=EventKind.NETWORK, at=self._now(), network=news))

    def lose_link(self, name: str) -> None:
        self.net.links.pop(name)
        says = NetworkEvent(kind="link-removed", says=f"{name} is gone", interface=name)
        news = NetworkNews(gone=(name,), events=(says,), drift=self.net.drift)
        self.tell(Event(number=0, kind=EventKind.NETWORK, at=self._now(), network=news))

    def report_storage(self) -> None:
        """Who listens hears that the state of the storage, `site.storage`, has changed."""
        report = self._storage_report()
        news = StorageNews(health=report.health, problems=tuple(problem.key for problem in report.problems))
        self.tell(Event(number=0, kind=EventKind.HEARTBEAT, at=self._now(), storage=news))

    def end_checkpoint(self) -> None:
        """The time to confirm a change of the network is over: it goes back."""
        self.net.go_back()

    # --- identity, capabilities, events --------------------------------------------------------------------------

    async def identity(self) -> Identity:
        return await self._do("identity", self._identity)

    def _identity(self) -> Identity:
        return Identity(
            node_id=self.node_id,
            name=self.name,
            fingerprint=f"{sum(self.name.encode()):064x}",
            claimed=self.claimed is not None,
            certificate_request_pem="-----BEGIN CERTIFICATE REQUEST-----\n",
            api_version=API_VERSION,
        )

    async def claim(self, claim: Claim) -> None:
        await self._do("claim", lambda: setattr(self, "claimed", claim))

    async def leave(self, leave: Leave) -> None:
        await self._do("leave", lambda: self._leave(leave))

    def _leave(self, leave: Leave) -> None:
        things = [*self.machines.all(), *self.storage.mounted, *self.storage.joined]
        if things:
            raise NotBare(things=f"{len(things)} things of the site")
        self._allow(())
        if self.claimed is not None:
            self.claimed, self.claim_code = None, leave.claim_code

    async def capabilities(self) -> Capabilities:
        return await self._do("capabilities", self._capabilities)

    def _capabilities(self) -> Capabilities:
        return Capabilities(
            node_id=self.node_id,
            name=self.name,
            version="0.1.0",
            api_version=API_VERSION,
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
        )

    async def statistics(self) -> Statistics:
        return await self._do("statistics", self._statistics)

    def _statistics(self) -> Statistics:
        used = min(self.memory_bytes, GIB + self.machines.memory_bytes())
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
            vms_running=self.machines.running(),
        )

    async def events(self) -> AsyncIterator[Event]:
        await self._do("events", lambda: None)
        async with aclosing(self._stream.listen(self.hello)) as stream:
            async for event in stream:
                yield event
        raise self._calling.silence("the event stream")

    def hello(self) -> Event:
        return Event(
            number=self._stream.number,
            kind=EventKind.HELLO,
            at=self._now(),
            vms=self.machines.all(),
            statistics=self._statistics(),
            mounts=self.storage.mounts(),
            network=self.net.news(),
            counters=dict(self.net.counters),
            ha=self._ha(),
        )

    async def names(self) -> NamesRequest:
        return await self._do("names", lambda: NamesRequest(names=dict(self.net.names)))

    async def set_names(self, request: NamesRequest) -> None:
        await self._do("set_names", lambda: setattr(self.net, "names", dict(request.names)))

    async def network(self) -> NetworkReport:
        return await self._do("network", self.net.report)

    async def change_network(self, request: NetworkRequest) -> NetworkChange:
        return await self._do("change_network", lambda: self._change_network(request))

    def _change_network(self, request: NetworkRequest) -> NetworkChange:
        return self.net.change(request)

    async def confirm_network(self, checkpoint: str) -> None:
        await self._do("confirm_network", lambda: self.net.confirm(checkpoint))

    async def roll_back_network(self, checkpoint: str) -> None:
        await self._do("roll_back_network", lambda: self.net.roll_back(checkpoint))

    # --- gluster -------------------------------------------------------------------------------------------------

    async def gluster(self) -> GlusterReport:
        return await self._do("gluster", lambda: self.site.gluster(self.name))

    async def gluster_state(self) -> StorageState:
        return await self._do("gluster_state", lambda: StorageState(at=self._now(), report=self._storage_report()))

    def _storage_report(self) -> StorageReport:
        return make_report(self.own_storage or self.site.pool_state(self.name))

    async def gluster_facts(self) -> ServerFacts:
        return await self._do("gluster_facts", lambda: self.site.facts(self.name))

    async def add_peer(self, request: PeerRequest) -> None:
        await self._do("add_peer", lambda: self.site.add_peers(self.name, request.hostname))

    async def remove_peer(self, hostname: str) -> None:
        await self._do("remove_peer", lambda: self.site.remove_peer(hostname))

    async def clear_brick(self, request: BrickRequest) -> None:
        await self._do("clear_brick", lambda: self.site.clear_brick(self.name, request.path))

    async def remove_brick(self, request: BrickRemoval) -> None:
        await self._do("remove_brick", lambda: self.site.remove_brick(self.name, request.path, request.volume_id))

    async def make_volume(self, request: VolumeRequest) -> VolumeReport:
        return await self._do("make_volume", lambda: self.site.make_volume(request))

    async def remove_volume(self, volume: str) -> None:
        await self._do("remove_volume", lambda: self.site.remove_volume(volume))

    # --- mounts, images, leases ----------------------------------------------------------------------------------

    async def mounts(self) -> tuple[MountReport, ...]:
        return await self._do("mounts", self.storage.mounts)

    async def mount(self, request: MountRequest) -> MountReport:
        return await self._do("mount", lambda: self.storage.mount(request))

    async def unmount(self, volume: str) -> None:
        await self._do("unmount", lambda: self.storage.unmount(volume))

    async def contents(self, volume: str) -> Contents:
        return await self._do("contents", lambda: self.storage.contents(volume))

    async def make_image(self, image: ImageRef, request: ImageRequest) -> ImageReport:
        return await self._do("make_image", lambda: self.storage.make_image(image, request))

    async def resize_image(self, image: ImageRef, request: ImageResize) -> ImageReport:
        return await self._do("resize_image", lambda: self.storage.resize_image(image, request))

    async def make_seed(self, image: ImageRef, request: SeedRequest) -> ImageReport:
        return await self._do("make_seed", lambda: self.storage.make_seed(image, request))

    async def image(self, image: ImageRef) -> ImageReport | None:
        return await self._do("image", lambda: self.storage.image(image))

    async def remove_image(self, image: ImageRef) -> None:
        await self._do("remove_image", lambda: self.storage.remove_image(image))

    async def wipe_image(self, image: ImageRef) -> WipeReport:
        return await self._do("wipe_image", lambda: self.storage.wipe_image(image))

    async def lockspaces(self) -> tuple[LockspaceReport, ...]:
        return await self._do("lockspaces", self.storage.lockspaces)

    async def join_lockspace(self, request: LockspaceRequest) -> LockspaceReport:
        return await self._do("join_lockspace", lambda: self.storage.join(request))

    async def leave_lockspace(self, lockspace: str) -> None:
        await self._do("leave_lockspace", lambda: self.storage.leave(lockspace))

    async def lease_timers(self) -> LeaseTimersReport:
        return await self._do("lease_timers", self.storage.lease_timers)

    async def set_lease_timers(self, request: LeaseTimersRequest) -> LeaseTimersReport:
        return await self._do("set_lease_timers", lambda: self.storage.set_lease_timers(request))

    async def make_lease(self, request: LeaseRequest) -> LeaseReport:
        return await self._do("make_lease", lambda: self.storage.make_lease(request))

    async def lease(self, volume: str, lockspace: str, resource: str) -> LeaseReport:
        return await self._do("lease", lambda: self.storage.lease(volume, lockspace, resource))

    # --- high availability of the engine --------------------------------------------------------------------------

    async def site_files(self, volume: str) -> SiteFilesReport:
        return await self._do("site_files", lambda: self.storage.site_files(volume))

    async def write_site_files(self, volume: str, request: SiteFilesRequest) -> SiteFilesReport:
        return await self._do("write_site_files", lambda: self.storage.write_site_files(volume, request))

    async def engine_vm(self, volume: str) -> EngineVmReport:
        return await self._do("engine_vm", lambda: self._with_running(self.storage.engine_vm(volume)))

    async def edit_engine_vm(self, volume: str, edit: EngineVmEdit) -> EngineVmReport:
        return await self._do("edit_engine_vm", lambda: self._with_running(self.storage.edit_engine_vm(volume, edit)))

    def _with_running(self, report: EngineVmReport) -> EngineVmReport:
        found = self.machines.find(report.wanted.id)
        runs = found is not None and found.state is not VmState.DOWN
        running = shape_of(self.machines.spec(report.wanted.id)) if runs else None
        return msgspec.structs.replace(report, running=running)

    async def ha(self) -> HaReport:
        return await self._do("ha", self._ha)

    async def keep_engine(self) -> HaReport:
        return await self._do("keep_engine", lambda: self._keep(True))

    async def release_engine(self) -> HaReport:
        return await self._do("release_engine", lambda: self._keep(False))

    def _keep(self, keeps: bool) -> HaReport:
        self.keeps_engine = keeps
        if not keeps:
            self.maintenance = None
        return self._ha()

    async def begin_maintenance(self, request: MaintenanceRequest) -> HaReport:
        return await self._do("begin_maintenance", lambda: self._maintain(request.reason))

    async def end_maintenance(self) -> HaReport:
        return await self._do("end_maintenance", lambda: self._maintain(None))

    def _maintain(self, reason: str | None) -> HaReport:
        self.maintenance = reason
        return self._ha()

    def _ha(self) -> HaReport:
        """trivet-ha counts the host's score at once, not in its next round."""
        return HaReport(
            keeps=self.keeps_engine,
            active=self.keeps_engine,
            at=self._now(),
            maintenance=self.maintenance is not None,
            reason=self.maintenance or "",
            score=(self.score if self.maintenance is None else 0) if self.keeps_engine else None,
            global_maintenance=self.global_maintenance if self.keeps_engine else None,
        )

    async def migration(self) -> MigrationReport:
        return await self._do("migration", lambda: self.movable)

    async def allow_migration(self, request: MigrationRequest) -> MigrationReport:
        return await self._do("allow_migration", lambda: self._allow(request.members))

    def _allow(self, members: tuple[str, ...]) -> MigrationReport:
        self.movable = MigrationReport(members=tuple(sorted(set(members))), listening=bool(members))
        return self.movable

    # --- virtual machines ----------------------------------------------------------------------------------------

    async def vms(self) -> tuple[VmReport, ...]:
        return await self._do("vms", self.machines.all)

    async def vm(self, vm_id: str) -> VmReport | None:
        return await self._do("vm", lambda: self.machines.find(vm_id))

    async def define_vm(self, spec: VmSpec) -> VmReport:
        return await self._do("define_vm", lambda: self.machines.define(spec))

    async def start_vm(self, vm_id: str) -> VmReport:
        return await self._do("start_vm", lambda: self.machines.start(vm_id, self.storage.mounted))

    async def resume_vm(self, vm_id: str) -> VmReport:
        return await self._do("resume_vm", lambda: self.machines.resume(vm_id))

    async def shutdown_vm(self, vm_id: str) -> VmReport:
        return await self._do("shutdown_vm", lambda: self.machines.shut_down(vm_id))

    async def destroy_vm(self, vm_id: str) -> VmReport:
        return await self._do("destroy_vm", lambda: self.machines.destroy(vm_id))

    async def undefine_vm(self, vm_id: str) -> None:
        await self._do("undefine_vm", lambda: self.machines.undefine(vm_id))

    async def console_log(self, vm_id: str) -> ConsoleLog:
        return await self._do("console_log", lambda: self.machines.console(vm_id))

    # --- how a call arrives --------------------------------------------------------------------------------------

    async def _do(self, operation: str, act: Callable[[], T]) -> T:
        return await self._calling.do(operation, act)

    def _vm_changed(self, vm: VmReport) -> None:
        self.tell(Event(number=0, kind=EventKind.VM, at=self._now(), vm=vm))
