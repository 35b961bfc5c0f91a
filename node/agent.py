"""Wires the parts of the node agent and serves them."""

import asyncio
import faulthandler
import logging
import os
import shutil
import ssl
from pathlib import Path, PurePosixPath
from typing import Any

from gluster.facade import Gluster
from gluster.facts import connected_bricks
from netconf.change_store import ChangeStore
from netconf.choose import default_network
from netconf.networkmanager.link_info import nm_link_info
from netconf.watch.drift import Drift
from netconf.watch.watch import Watch
from node import config
from node.api.messages.images import ImageRef
from node.api.messages.vms import VmState
from node.clock import SystemClock
from node.ha_service import HaService
from node.host import Host
from node.needs import Needs
from node.network.host_network import BACKEND_WAIT_S, HostNetwork
from node.network.names import Names
from node.observe.capabilities import CapabilitiesReader, accelerator
from node.observe.hub import Hub
from node.observe.network_watch import NetworkWatch
from node.observe.statistics import StatisticsReader, read_memory
from node.server.app import make_app
from node.server.serve import Service
from node.serving.watchdog import notify, pet
from node.storage.brick_marks import BrickMarks
from node.storage.desired import NAME as DESIRED
from node.storage.desired import DesiredStorage
from node.storage.domain_metadata import DomainMetadata
from node.storage.gluster_pool import GlusterPool
from node.storage.image_chains import ImageChains
from node.storage.images import Images
from node.storage.lease_timers import LeaseTimers
from node.storage.leases import Leases
from node.storage.mounts import Mounts
from node.storage.qemu_img import QemuImg
from node.storage.reconciler import StorageReconciler
from node.storage.sanlock_daemon import SanlockDaemon
from node.storage.seed import SeedMaker
from node.storage.site_files import SiteFiles
from node.storage.works import Works
from node.system.long_command import run_while
from node.system.process import run, run_as_group
from node.tls import server_context
from node.transfers.machine import make_transfers
from node.upgrade.disk import Places, SystemDisk
from node.upgrade.waiting import waiting_version
from node.vms.balloon_controller import BalloonController
from node.vms.cdroms import Cdroms
from node.vms.consoles import Consoles
from node.vms.domain_xml import DomainPaths
from node.vms.freezing import Freezing
from node.vms.guest_watch import GuestWatch
from node.vms.hotplug import HotPlug
from node.vms.lease_holders import lease_holders
from node.vms.libvirt_hypervisor import LibvirtHypervisor
from node.vms.lifecycle import Vms
from node.vms.live_images import LiveImages
from node.vms.memory_snapshots import MemorySnapshots
from node.vms.resizing import Resizing
from node.vms.runs import Runs
from node.vms.seed_discs import SeedDiscs
from node.vms.suspending import Suspending
from node.wiring.pool_state import make_pool_watch
from node.wiring.pools import Pools
from node.wiring.site import SiteParts, until_usable
from node.wiring.tasks import Tasks

log = logging.getLogger(__name__)


class Agent:
    """The agent of this machine. Threads are apart by what they wait for: see node.system.threads."""

    def __init__(self, settings: config.Config) -> None:
        self._settings = settings
        self._clock = SystemClock()
        self._pools, self._tasks = Pools(), Tasks()
        self._service = Service(
            self._make_server,
            port=settings.port,
            ready=lambda: notify("READY=1"),
            stopping=lambda: self._hub.close(),
        )
        self._site = SiteParts(settings, self._clock, self._service.again)
        self._membership = self._site.membership
        self._prepare()
        self._wire()

    def _prepare(self) -> None:
        settings = self._settings
        for folder, mode in ((Path(settings.state), 0o711), (settings.volumes, 0o711), (Path(settings.scratch), 0o700)):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(mode)  # sanlock and QEMU have to get through to the volumes, and see nothing else
        self._membership.prepare(settings.node_id)

    def _wire(self) -> None:
        settings = self._settings
        desired = DesiredStorage(settings.own_folder / DESIRED)
        mounts = Mounts(
            run,
            self._pools.storage,
            desired,
            volumes=settings.volumes,
            units=Path(settings.units),
            notify=lambda: self._tasks.spawn(self._notify_mounts(mounts)),
        )
        leases = Leases(
            SanlockDaemon(run),
            self._pools.storage,
            desired,
            volumes=settings.volumes,
            need=mounts.need,
            own=lambda path: shutil.chown(path, "sanlock", "sanlock"),
        )
        hypervisor, bricks = LibvirtHypervisor(), BrickMarks(run)
        network, ha = (
            default_network(ChangeStore(), wait_s=BACKEND_WAIT_S),
            HaService(run, settings.ha_folder, self._clock),
        )
        statistics = StatisticsReader(self._clock, lambda: self._vms.count_running())
        self._network_watch = NetworkWatch(
            lambda: Watch(nm_link_info=nm_link_info, drift=Drift(network)),
            lambda update: self._hub.network_changed(update),
            self._clock,
        )
        self._hub = Hub(
            self._clock,
            vms=lambda: self._vms.vms(),
            mounts=mounts.mounts,
            statistics=statistics.statistics,
            network=self._network_watch.update,
            counters=self._network_watch.counters,
            ha=lambda: self._pools.quick(ha.ha),
            guests=lambda: self._guests.guests(),
        )
        needs = Needs(self._pools.storage, volumes=settings.volumes, need=mounts.need, need_joined=leases.need_joined)
        self._vms = Vms(
            hypervisor,
            self._pools.vms,
            DomainPaths(
                accelerator=accelerator(settings.accelerator),
                volumes=PurePosixPath(settings.volumes),
                console_logs=PurePosixPath(settings.console_logs),
                seeds=PurePosixPath(settings.seeds),
            ),
            Runs(settings.own_folder / "vms"),
            ready=needs.check,
            holder=leases.held_elsewhere,
            taker=leases.taken_elsewhere,
            notify=self._hub.vm_changed,
            clock=self._clock,
            seeds=SeedDiscs(Path(settings.seeds)),
        )
        self._guests = GuestWatch(
            hypervisor, self._pools.guests, self._pools.vms, self._clock, notify=self._hub.guest_changed
        )
        self._freezing = Freezing(hypervisor, self._pools.guests, self._clock, settings.own_folder / "frozen")
        gluster = Gluster(run_as_group, clear=bricks.clear, remove=bricks.remove)
        self._network = HostNetwork(network, self._clock, self._network_watch.observed)
        self._pool_watch = make_pool_watch(
            settings,
            gluster,
            bricks,
            self._membership,
            self._pools.pool,
            self._clock,
            notify=lambda update: self._hub.storage_changed(update),
        )
        works: Works[ImageRef, Path] = Works(self._pools.copies, self._clock)
        live = LiveImages(hypervisor, self._pools.vms, PurePosixPath(settings.volumes), self._clock)
        qemu_img = QemuImg(run, run_while)
        images = Images(
            qemu_img,
            SeedMaker(run, Path(settings.scratch)),
            self._pools.storage,
            volumes=settings.volumes,
            shipped=Path(settings.shipped_images),
            need=mounts.need,
            running_on=self._vms.running_on,
            connected_bricks=connected_bricks,
            drop_work=works.drop,
            clock=self._clock,
        )
        self._transfers = make_transfers(
            run,
            self._pools.storage,
            node_name=settings.node_name,
            volumes=settings.volumes,
            need=mounts.need,
            running_on=self._vms.running_on,
            clock=self._clock,
        )
        self._host = Host(
            self._pools.quick,
            (
                *self._site.operations(self._pools.quick, lambda: self._things(mounts, leases)),
                CapabilitiesReader(
                    run,
                    hypervisor,
                    accelerator(settings.accelerator),
                    settings.node_name,
                    node_id=lambda: self._membership.node_id,
                    waiting_version=lambda: waiting_version(SystemDisk(run, Places())),
                ),
                statistics,
                self._hub,
                Names(),
                self._network,
                GlusterPool(gluster, self._pools.storage),
                self._pool_watch,
                mounts,
                DomainMetadata(self._pools.storage, volumes=settings.volumes, need=mounts.need),
                images,
                ImageChains(images, qemu_img, self._pools.storage, works, merge_live=live.merge),
                live,
                leases,
                LeaseTimers(
                    run, self._pools.storage, leases, holders=lambda: lease_holders(hypervisor), clock=self._clock
                ),
                SiteFiles(
                    self._pools.storage,
                    volumes=settings.volumes,
                    need=mounts.need,
                    running_shape=self._vms.running_shape,
                ),
                self._transfers,
                ha,
                self._vms,
                Consoles(hypervisor, self._pools.vms, self._clock),
                self._freezing,
                HotPlug(hypervisor, self._pools.vms, self._clock, PurePosixPath(settings.volumes), ready=needs.check),
                Resizing(hypervisor, self._pools.vms),
                Cdroms(hypervisor, self._pools.vms, volumes=settings.volumes, need=mounts.need),
                Suspending(
                    self._vms,
                    hypervisor,
                    self._pools.suspending,
                    self._clock,
                    volumes=PurePosixPath(settings.volumes),
                    need=mounts.need,
                ),
                MemorySnapshots(
                    self._vms,
                    live,
                    hypervisor,
                    self._pools.suspending,
                    volumes=PurePosixPath(settings.volumes),
                    need=mounts.need,
                ),
            ),
        )
        self._joining = self._site.joining(self._host)
        self._balloons = BalloonController(hypervisor, self._pools.balloons, memory=read_memory, clock=self._clock)
        self._reconciler = StorageReconciler(
            desired, mounts, leases, self._clock, after_pass=self._vms.resume_paused_by_storage
        )

    async def run(self) -> None:
        self._vms.watch()
        self._tasks.spawn(
            self._network.run(),
            self._network_watch.run(),
            self._hub.beat(),
            self._reconciler.run(),
            self._transfers.run(),
            self._balloons.run(),
            self._guests.run(),
            self._freezing.thaw_left(),
            pet(),
            self._joining.run(),
            self._pool_watch.run(),
        )
        await until_usable(self._membership, self._clock)
        log.info("serving %s on port %d", self._settings.node_name, self._settings.port)
        await self._service.run()
        self._pools.close()

    def _make_server(self) -> tuple[Any, ssl.SSLContext]:
        own = self._membership
        authority = own.authority_file if own.claimed else None
        log.info("this node %s", "belongs to a site" if own.claimed else "waits to be claimed")
        tls = server_context(own.certificate_file, own.key_file, authority)
        return make_app(self._host, own, mutual=own.claimed), tls

    async def _things(self, mounts: Mounts, leases: Leases) -> tuple[str, ...]:
        """What of a site is here."""
        vms = (f"VM {vm.name}" for vm in await self._vms.vms() if vm.state is not VmState.DOWN)
        return (*vms, *mounts.format_desired(), *leases.format_desired())

    async def _notify_mounts(self, mounts: Mounts) -> None:
        self._hub.mounts_changed(await mounts.mounts())


def main() -> None:
    """Entry point `trivet-node`."""
    faulthandler.enable()  # where the loop stood is in the journal when systemd's watchdog ends it
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for chatty in ("uvicorn.error", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    os.umask(0o077)
    asyncio.run(Agent(config.load()).run())
