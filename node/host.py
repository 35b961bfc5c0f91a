"""This node: the whole contract, each operation handed to the part that does it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec

from gluster.state import ServerFacts
from node.api.messages.events import Event
from node.api.messages.gluster import (
    BrickRemoval,
    BrickRequest,
    GlusterReport,
    PeerRequest,
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
from node.api.messages.machine import Capabilities, Statistics
from node.api.messages.migration import MigrationReport, MigrationRequest
from node.api.messages.mounts import MountReport, MountRequest
from node.api.messages.network import NamesRequest, NetworkChange, NetworkReport, NetworkRequest
from node.api.messages.vms import ConsoleLog, VmReport, VmSpec, VmState
from node.api.refusals import Malformed, NotBare
from node.ha_service import HaService
from node.network.host_network import HostNetwork
from node.network.names import Names
from node.observe.capabilities import CapabilitiesReader
from node.observe.hub import Hub
from node.observe.statistics import StatisticsReader
from node.registration.membership import Membership
from node.registration.migration_trust import MigrationTrust
from node.storage.gluster_pool import GlusterPool
from node.storage.images import Images
from node.storage.lease_timers import LeaseTimers
from node.storage.leases import Leases
from node.storage.mounts import Mounts
from node.storage.pool_state_watch import PoolStateWatch
from node.storage.site_files import SiteFiles
from node.system.threads import Threads
from node.vms.lifecycle import Vms

LONGEST_REASON = 4000  # as long as any text of the API


@dataclass(frozen=True, slots=True)
class Host:
    """Implements node.api.contract.NodeApi on the machine itself."""

    membership: Membership
    threads: Threads
    capabilities_reader: CapabilitiesReader
    statistics_reader: StatisticsReader
    hub: Hub
    machine_names: Names
    host_network: HostNetwork
    pool: GlusterPool
    pool_state: PoolStateWatch
    volume_mounts: Mounts
    images: Images
    leases: Leases
    timers: LeaseTimers
    files: SiteFiles
    ha_service: HaService
    migration_trust: MigrationTrust
    machines: Vms

    async def identity(self) -> Identity:
        return await self.threads(self.membership.identity)

    async def claim(self, claim: Claim) -> None:
        await self.threads(self.membership.claim, claim)

    async def leave(self, leave: Leave) -> None:
        vms = [f"VM {vm.name}" for vm in await self.machines.all()]
        wished = (*self.volume_mounts.wished(), *self.leases.wished())
        if vms or wished:
            raise NotBare(things=", ".join((*vms, *wished)))
        await self.threads(self.membership.leave, leave)

    async def capabilities(self) -> Capabilities:
        return await self.threads(self.capabilities_reader.read, self.membership.node_id)

    async def statistics(self) -> Statistics:
        running = sum(vm.state is not VmState.DOWN for vm in await self.machines.all())
        return self.statistics_reader.read(vms_running=running)

    def events(self) -> AsyncIterator[Event]:
        return self.hub.listen()

    async def names(self) -> NamesRequest:
        return self.machine_names.get()

    async def set_names(self, request: NamesRequest) -> None:
        self.machine_names.set(request)

    async def network(self) -> NetworkReport:
        return await self.host_network.report()

    async def change_network(self, request: NetworkRequest) -> NetworkChange:
        return await self.host_network.change(request)

    async def confirm_network(self, checkpoint: str) -> None:
        await self.host_network.confirm(checkpoint)

    async def roll_back_network(self, checkpoint: str) -> None:
        await self.host_network.roll_back(checkpoint)

    async def gluster(self) -> GlusterReport:
        return await self.pool.report()

    async def gluster_state(self) -> StorageState:
        return await self.pool_state.current()

    async def gluster_facts(self) -> ServerFacts:
        return await self.pool_state.facts()

    async def add_peer(self, request: PeerRequest) -> None:
        await self.pool.add_peer(request)

    async def remove_peer(self, hostname: str) -> None:
        await self.pool.remove_peer(hostname)

    async def clear_brick(self, request: BrickRequest) -> None:
        await self.pool.clear_brick(request)

    async def remove_brick(self, request: BrickRemoval) -> None:
        await self.pool.remove_brick(request)

    async def make_volume(self, request: VolumeRequest) -> VolumeReport:
        return await self.pool.make_volume(request)

    async def remove_volume(self, volume: str) -> None:
        await self.pool.remove_volume(volume)

    async def mounts(self) -> tuple[MountReport, ...]:
        return await self.volume_mounts.all()

    async def mount(self, request: MountRequest) -> MountReport:
        return await self.volume_mounts.mount(request)

    async def unmount(self, volume: str) -> None:
        await self.volume_mounts.unmount(volume)

    async def contents(self, volume: str) -> Contents:
        return await self.images.contents(volume)

    async def make_image(self, image: ImageRef, request: ImageRequest) -> ImageReport:
        return await self.images.make(image, request)

    async def resize_image(self, image: ImageRef, request: ImageResize) -> ImageReport:
        return await self.images.resize(image, request)

    async def make_seed(self, image: ImageRef, request: SeedRequest) -> ImageReport:
        return await self.images.make_seed(image, request)

    async def image(self, image: ImageRef) -> ImageReport | None:
        return await self.images.find(image)

    async def remove_image(self, image: ImageRef) -> None:
        await self.images.remove(image)

    async def wipe_image(self, image: ImageRef) -> WipeReport:
        return await self.images.wipe(image)

    async def lockspaces(self) -> tuple[LockspaceReport, ...]:
        return await self.leases.lockspaces()

    async def join_lockspace(self, request: LockspaceRequest) -> LockspaceReport:
        return await self.leases.join(request)

    async def leave_lockspace(self, lockspace: str) -> None:
        await self.leases.leave(lockspace)

    async def lease_timers(self) -> LeaseTimersReport:
        return await self.timers.look()

    async def set_lease_timers(self, request: LeaseTimersRequest) -> LeaseTimersReport:
        return await self.timers.change(request)

    async def make_lease(self, request: LeaseRequest) -> LeaseReport:
        return await self.leases.make(request)

    async def lease(self, volume: str, lockspace: str, resource: str) -> LeaseReport:
        return await self.leases.look(volume, lockspace, resource)

    async def site_files(self, volume: str) -> SiteFilesReport:
        return await self.files.look(volume)

    async def write_site_files(self, volume: str, request: SiteFilesRequest) -> SiteFilesReport:
        return await self.files.write(volume, request)

    async def engine_vm(self, volume: str) -> EngineVmReport:
        return await self._with_running(await self.files.engine_vm(volume))

    async def edit_engine_vm(self, volume: str, edit: EngineVmEdit) -> EngineVmReport:
        return await self._with_running(await self.files.edit_engine_vm(volume, edit))

    async def _with_running(self, report: EngineVmReport) -> EngineVmReport:
        return msgspec.structs.replace(report, running=await self.machines.running_shape(report.wanted.id))

    async def ha(self) -> HaReport:
        return await self.threads(self.ha_service.look)

    async def keep_engine(self) -> HaReport:
        return await self.threads(self.ha_service.keep)

    async def release_engine(self) -> HaReport:
        return await self.threads(self.ha_service.release)

    async def begin_maintenance(self, request: MaintenanceRequest) -> HaReport:
        if len(request.reason) > LONGEST_REASON:
            raise Malformed(reason=f"the reason is longer than {LONGEST_REASON} characters")
        return await self.threads(self.ha_service.begin_maintenance, request.reason)

    async def end_maintenance(self) -> HaReport:
        return await self.threads(self.ha_service.end_maintenance)

    async def migration(self) -> MigrationReport:
        return await self.threads(self.migration_trust.look)

    async def allow_migration(self, request: MigrationRequest) -> MigrationReport:
        return await self.threads(self.migration_trust.allow, request.members)

    async def vms(self) -> tuple[VmReport, ...]:
        return await self.machines.all()

    async def vm(self, vm_id: str) -> VmReport | None:
        return await self.machines.find(vm_id)

    async def define_vm(self, spec: VmSpec) -> VmReport:
        return await self.machines.define(spec)

    async def start_vm(self, vm_id: str) -> VmReport:
        return await self.machines.start(vm_id)

    async def resume_vm(self, vm_id: str) -> VmReport:
        return await self.machines.resume(vm_id)

    async def shutdown_vm(self, vm_id: str) -> VmReport:
        return await self.machines.shut_down(vm_id)

    async def destroy_vm(self, vm_id: str) -> VmReport:
        return await self.machines.destroy(vm_id)

    async def undefine_vm(self, vm_id: str) -> None:
        await self.machines.undefine(vm_id)

    async def console_log(self, vm_id: str) -> ConsoleLog:
        return await self.machines.console(vm_id)
