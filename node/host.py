"""This node: every operation of the contract, carried out by the part that has a method of its name."""

from collections.abc import AsyncIterator, Sequence
from inspect import iscoroutinefunction
from typing import Any

from node.api.contract import NodeApi
from node.api.handlers import check_parts, handlers_of
from node.api.operation import Arguments, Operation
from node.ha_service import HaService
from node.network.host_network import HostNetwork
from node.network.names import Names
from node.observe.capabilities import CapabilitiesReader
from node.observe.hub import Hub
from node.observe.statistics import StatisticsReader
from node.registration.inviting import Inviting
from node.registration.leaving import Leaving
from node.registration.membership import Membership
from node.registration.migration_trust import MigrationTrust
from node.storage.domain_metadata import DomainMetadata
from node.storage.gluster_pool import GlusterPool
from node.storage.image_chains import ImageChains
from node.storage.images import Images
from node.storage.lease_timers import LeaseTimers
from node.storage.leases import Leases
from node.storage.mounts import Mounts
from node.storage.pool_state_watch import PoolStateWatch
from node.storage.site_files import SiteFiles
from node.system.threads import Threads
from node.transfers.transfers import Transfers
from node.vms.cdroms import Cdroms
from node.vms.consoles import Consoles
from node.vms.freezing import Freezing
from node.vms.hotplug import HotPlug
from node.vms.lifecycle import Vms
from node.vms.live_images import LiveImages
from node.vms.memory_snapshots import MemorySnapshots
from node.vms.resizing import Resizing
from node.vms.suspending import Suspending

check_parts(
    (
        Membership,
        Leaving,
        Inviting,
        CapabilitiesReader,
        StatisticsReader,
        Hub,
        Names,
        HostNetwork,
        GlusterPool,
        PoolStateWatch,
        Mounts,
        DomainMetadata,
        Images,
        ImageChains,
        Leases,
        LeaseTimers,
        SiteFiles,
        Transfers,
        HaService,
        MigrationTrust,
        Vms,
        Consoles,
        Freezing,
        HotPlug,
        Resizing,
        Cdroms,
        Suspending,
        LiveImages,
        MemorySnapshots,
    )
)


class Host(NodeApi):
    """The contract on the machine itself. A method that is no coroutine blocks: it has one of `threads`."""

    def __init__(self, threads: Threads, parts: Sequence[object]) -> None:
        self._threads = threads
        self._handlers = handlers_of(parts)

    async def call(self, operation: Operation, arguments: Arguments) -> Any:
        handler = self._handlers[operation.name]
        if iscoroutinefunction(handler):
            return await handler(**arguments)
        return await self._threads(handler, **arguments)

    def stream(self, operation: Operation, arguments: Arguments) -> AsyncIterator[Any]:
        lines: AsyncIterator[Any] = self._handlers[operation.name](**arguments)
        return lines
