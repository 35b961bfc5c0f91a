"""Wires the parts of the node agent and serves them."""

import asyncio
import faulthandler
import logging
import os
import shutil
import ssl
from collections.abc import Coroutine
from pathlib import Path, PurePosixPath
from typing import Any

from gluster.facade import Gluster
from gluster.facts import connected_bricks, read_facts
from gluster.state import ServerFacts
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
from node.network.host_network import PATIENCE_S, HostNetwork
from node.network.names import Names
from node.observe.addresses import own_addresses
from node.observe.capabilities import CapabilitiesReader, accelerator
from node.observe.hub import Hub
from node.observe.network_watch import NetworkWatch
from node.observe.statistics import StatisticsReader, read_memory
from node.registration.engine_door import EngineDoor
from node.registration.gluster_trust import GlusterTrust
from node.registration.imageio_trust import ImageioTrust
from node.registration.inviting import Inviting
from node.registration.join_files import join_files_of
from node.registration.joining import Joining
from node.registration.leaving import Leaving
from node.registration.membership import RECOVER, Membership
from node.registration.migration_trust import MigrationTrust
from node.registration.offer import read_offer
from node.registration.question import Questions
from node.server.app import make_app
from node.server.serve import Service
from node.serving.watchdog import notify, pet
from node.storage.brick_marks import BrickMarks, FolderLooks
from node.storage.domain_metadata import DomainMetadata
from node.storage.gluster_pool import GlusterPool
from node.storage.image_chains import ImageChains
from node.storage.images import Images
from node.storage.keeper import Keeper
from node.storage.lease_timers import LeaseTimers
from node.storage.leases import Leases
from node.storage.mounts import Mounts
from node.storage.pool_state import PoolStateReader, ask_agents
from node.storage.pool_state_watch import PoolStateWatch
from node.storage.qemu_img import QemuImg
from node.storage.sanlock_daemon import SanlockDaemon
from node.storage.seed import SeedMaker
from node.storage.site_files import SiteFiles
from node.storage.wishes import NAME as WISHES
from node.storage.wishes import Wishes
from node.storage.works import Works
from node.system.long_command import run_while
from node.system.process import run, run_as_group
from node.system.threads import Threads
from node.tls import client_context, server_context
from node.transfers.machine import make_transfers
from node.upgrade.disk import Places, SystemDisk
from node.upgrade.waiting import waiting_version
from node.vms.balloon_keeper import BalloonKeeper
from node.vms.cdroms import Cdroms
from node.vms.consoles import Consoles
from node.vms.domain_xml import Surroundings
from node.vms.freezing import Freezing
from node.vms.guest_watch import GuestWatch
from node.vms.hotplug import HotPlug
from node.vms.lease_holders import lease_holders
from node.vms.libvirt_hypervisor import LibvirtHypervisor
from node.vms.lifecycle import Vms
from node.vms.live_images import LiveImages
from node.vms.resizing import Resizing
from node.vms.runs import Runs
from node.vms.seed_discs import SeedDiscs
from node.vms.suspending import Suspending

log = logging.getLogger(__name__)

DAMAGED_S = 5.0  # between two looks at files that somebody may have mended


class Agent:
    """The agent of this machine. Threads are apart by what they wait for: see node.system.threads."""

    def __init__(self, settings: config.Config) -> None:
        self._settings = settings
        self._clock = SystemClock()
        self._quick = Threads("quick", 4)
        self._for_vms = Threads("vms", 8)
        self._for_storage = Threads("storage", 16)
        self._service = Service(
            self._make_server,
            port=settings.port,
            ready=lambda: notify("READY=1"),
            stopping=lambda: self._hub.close(),
        )
        self._join_files = join_files_of(settings)
        self._for_balloons = Threads("balloons", 1)
        self._for_copies = Threads("copies", 8)  # hours each
        self._for_guests = Threads("guests", 8)
        self._for_suspending = Threads("suspending", 4)  # as many VMs at a time, for minutes each
        self._for_pool = Threads("pool", 4)  # looks at the pool hang where a server does
        self._gluster_trust = GlusterTrust(run, identity=settings.own_folder)
        self._migration_trust = MigrationTrust(run, identity=settings.own_folder, tell=self._gluster_trust.allow)
        self._membership = Membership(
            settings.own_folder,
            settings.node_name,
            clock=self._clock,
            addresses=own_addresses,
            claimed_anew=self._service.again,
            trusts=(
                self._gluster_trust,
                self._migration_trust,
                ImageioTrust(run, identity=settings.own_folder),
            ),
            offer=read_offer,
            members=self._gluster_trust.members,
        )
        self._prepare()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._wire()

    def _prepare(self) -> None:
        settings = self._settings
        for folder, mode in ((Path(settings.state), 0o711), (settings.volumes, 0o711), (Path(settings.scratch), 0o700)):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(mode)  # sanlock and QEMU have to get through to the volumes, and see nothing else
        self._membership.prepare(settings.node_id)

    def _wire(self) -> None:
        settings = self._settings
        wishes = Wishes(settings.own_folder / WISHES)
        mounts = Mounts(
            run,
            self._for_storage,
            wishes,
            volumes=settings.volumes,
            units=Path(settings.units),
            tell=lambda: self._spawn(self._tell_mounts(mounts)),
        )
        leases = Leases(
            SanlockDaemon(run),
            self._for_storage,
            wishes,
            volumes=settings.volumes,
            need=mounts.need,
            own=lambda path: shutil.chown(path, "sanlock", "sanlock"),
        )
        hypervisor, bricks = LibvirtHypervisor(), BrickMarks(run)
        network, ha = default_network(ChangeStore(), wait_s=PATIENCE_S), HaService(run, settings.ha_folder, self._clock)
        statistics = StatisticsReader(self._clock, lambda: self._vms.count_running())
        self._network_watch = NetworkWatch(
            lambda: Watch(nm_link_info=nm_link_info, drift=Drift(network)),
            lambda news: self._hub.network_changed(news),
            self._clock,
        )
        self._hub = Hub(
            self._clock,
            vms=lambda: self._vms.vms(),
            mounts=mounts.mounts,
            statistics=statistics.statistics,
            network=self._network_watch.news,
            counters=self._network_watch.counters,
            ha=lambda: self._quick(ha.ha),
            guests=lambda: self._guests.guests(),
        )
        needs = Needs(self._for_storage, volumes=settings.volumes, need=mounts.need, need_joined=leases.need_joined)
        self._vms = Vms(
            hypervisor,
            self._for_vms,
            Surroundings(
                accelerator=accelerator(settings.accelerator),
                volumes=PurePosixPath(settings.volumes),
                console_logs=PurePosixPath(settings.console_logs),
                seeds=PurePosixPath(settings.seeds),
            ),
            Runs(settings.own_folder / "vms"),
            ready=needs.check,
            holder=leases.held_elsewhere,
            taker=leases.taken_elsewhere,
            tell=self._hub.vm_changed,
            clock=self._clock,
            seeds=SeedDiscs(Path(settings.seeds)),
        )
        self._guests = GuestWatch(
            hypervisor, self._for_guests, self._for_vms, self._clock, notify=self._hub.guest_changed
        )
        self._freezing = Freezing(hypervisor, self._for_guests, self._clock, settings.own_folder / "frozen")
        gluster = Gluster(run_as_group, clear=bricks.clear, remove=bricks.remove)
        self._network = HostNetwork(network, self._clock, self._network_watch.observed)
        self._pool_watch = self._pool_state(gluster, bricks)
        works: Works[ImageRef, Path] = Works(self._for_copies, self._clock)
        live = LiveImages(hypervisor, self._for_vms, PurePosixPath(settings.volumes), self._clock)
        qemu_img = QemuImg(run, run_while)
        images = Images(
            qemu_img,
            SeedMaker(run, Path(settings.scratch)),
            self._for_storage,
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
            self._for_storage,
            node_name=settings.node_name,
            volumes=settings.volumes,
            need=mounts.need,
            running_on=self._vms.running_on,
            clock=self._clock,
        )
        self._host = Host(
            self._quick,
            (
                self._membership,
                Leaving(
                    self._membership,
                    self._join_files,
                    self._quick,
                    things=lambda: self._things(mounts, leases),
                ),
                Inviting(self._membership, self._join_files),
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
                GlusterPool(gluster, self._for_storage),
                self._pool_watch,
                mounts,
                DomainMetadata(self._for_storage, volumes=settings.volumes, need=mounts.need),
                images,
                ImageChains(images, qemu_img, self._for_storage, works, merge_live=live.merge),
                live,
                leases,
                LeaseTimers(
                    run, self._for_storage, leases, holders=lambda: lease_holders(hypervisor), clock=self._clock
                ),
                SiteFiles(
                    self._for_storage,
                    volumes=settings.volumes,
                    need=mounts.need,
                    running_shape=self._vms.running_shape,
                ),
                self._transfers,
                ha,
                self._migration_trust,
                self._vms,
                Consoles(hypervisor, self._for_vms, self._clock),
                self._freezing,
                HotPlug(hypervisor, self._for_vms, self._clock, PurePosixPath(settings.volumes), ready=needs.check),
                Resizing(hypervisor, self._for_vms),
                Cdroms(hypervisor, self._for_vms, volumes=settings.volumes, need=mounts.need),
                Suspending(
                    self._vms,
                    hypervisor,
                    self._for_suspending,
                    self._clock,
                    volumes=PurePosixPath(settings.volumes),
                    need=mounts.need,
                ),
            ),
        )
        self._joining = self._make_joining(self._host)
        self._balloons = BalloonKeeper(hypervisor, self._for_balloons, memory=read_memory, clock=self._clock)
        self._keeper = Keeper(wishes, mounts, leases, self._clock, after_look=self._vms.resume_paused_by_storage)

    def _make_joining(self, host: Host) -> Joining:
        door = EngineDoor()
        questions = Questions(
            port=self._settings.port,
            identity=host.identity,
            capabilities=host.capabilities,
            own_address=door.own_address,
        )
        return Joining(self._join_files, self._membership, door, self._clock, question=questions.make, take=host.claim)

    def _pool_state(self, gluster: Gluster, bricks: BrickMarks) -> PoolStateWatch:
        own, folders = self._membership, FolderLooks(bricks.look_at, self._clock.monotonic)

        def own_facts() -> ServerFacts:
            return read_facts(folders.look_at)

        reader = PoolStateReader(
            gluster,
            self._for_pool,
            node_name=self._settings.node_name,
            own_facts=own_facts,
            ask_facts=ask_agents(
                lambda: client_context(own.certificate_file, own.key_file, own.authority_file), self._settings.port
            ),
        )
        return PoolStateWatch(
            reader.read,
            own_facts,
            read_signs=connected_bricks,
            is_first=gluster.is_first,
            is_member=lambda: own.claimed,
            threads=self._for_pool,
            notify=lambda news: self._hub.storage_changed(news),
            clock=self._clock,
        )

    async def run(self) -> None:
        self._vms.watch()
        self._spawn(self._network.keep())
        self._spawn(self._network_watch.run())
        self._spawn(self._hub.beat())
        self._spawn(self._keeper.run())
        self._spawn(self._transfers.run())
        self._spawn(self._balloons.run())
        self._spawn(self._guests.run())
        self._spawn(self._freezing.thaw_left())
        self._spawn(pet())
        self._spawn(self._joining.run())
        self._spawn(self._pool_watch.run())
        await self._until_usable()
        log.info("serving %s on port %d", self._settings.node_name, self._settings.port)
        await self._service.run()
        for threads in (
            self._quick,
            self._for_vms,
            self._for_storage,
            self._for_balloons,
            self._for_guests,
            self._for_suspending,
            self._for_pool,
            self._for_copies,
        ):
            threads.close()

    async def _until_usable(self) -> None:
        """A member whose files are damaged serves nobody; its VMs, mounts and leases are cared for all the same."""
        while (reason := self._membership.why_unusable()) is not None:
            notify(f"READY=1\nSTATUS={reason}. {RECOVER}")
            await self._clock.sleep(DAMAGED_S)

    def _make_server(self) -> tuple[Any, ssl.SSLContext]:
        own = self._membership
        authority = own.authority_file if own.claimed else None
        log.info("this node %s", "belongs to a site" if own.claimed else "waits to be claimed")
        tls = server_context(own.certificate_file, own.key_file, authority)
        return make_app(self._host, own, mutual=own.claimed), tls

    async def _things(self, mounts: Mounts, leases: Leases) -> tuple[str, ...]:
        """What of a site is here."""
        vms = (f"VM {vm.name}" for vm in await self._vms.vms() if vm.state is not VmState.DOWN)
        return (*vms, *mounts.wished(), *leases.wished())

    async def _tell_mounts(self, mounts: Mounts) -> None:
        self._hub.mounts_changed(await mounts.mounts())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        """A loop that died takes the agent with it: systemd starts it anew, half an agent would lie."""
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.critical("a part of the agent died", exc_info=task.exception())
            os._exit(1)


def main() -> None:
    """Entry point `trivet-node`."""
    faulthandler.enable()  # where the loop stood is in the journal when systemd's watchdog ends it
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for chatty in ("uvicorn.error", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    os.umask(0o077)
    asyncio.run(Agent(config.load()).run())
