"""Wires trivet-ha, which keeps the engine VM alive on this node and works while engine, DNS and agent are dead."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TypeVar

from hosted_engine.ha import host_probes
from hosted_engine.ha.actions import Actor
from hosted_engine.ha.board import Board
from hosted_engine.ha.clock_probe import ClockProbe
from hosted_engine.ha.clocks import is_cared_for, offsets_of_hosts
from hosted_engine.ha.domain import booted_at, vm_state
from hosted_engine.ha.engine_vm_config import EngineVmFolder, EngineVmNotes
from hosted_engine.ha.failover_file import NAME as FAILOVER_FILE
from hosted_engine.ha.failover_file import FailoverRecorder
from hosted_engine.ha.fence_agents import FenceAgents
from hosted_engine.ha.fence_file import read_fencing
from hosted_engine.ha.fence_settings import NAME as FENCE_FILE
from hosted_engine.ha.fence_settings import FenceSettings
from hosted_engine.ha.fencer import Fencer
from hosted_engine.ha.host_id_lease import HostIdLeases
from hosted_engine.ha.lease_grace import LeaseGrace
from hosted_engine.ha.lease_reader import LeaseReader
from hosted_engine.ha.loop import Identity, Loop, Monitors, ObservedVm
from hosted_engine.ha.memory import restore
from hosted_engine.ha.monitor import Monitor
from hosted_engine.ha.network_probes import HealthProbe, NetworkProbe
from hosted_engine.ha.notifier import Notifier, Sender
from hosted_engine.ha.notify import notify
from hosted_engine.ha.notify_file import read_settings
from hosted_engine.ha.notify_settings import NAME as NOTIFY_FILE
from hosted_engine.ha.notify_settings import NotifySettings
from hosted_engine.ha.profiles import Profile
from hosted_engine.ha.records import Records
from hosted_engine.ha.secret_file import LastKnown
from hosted_engine.ha.site_files import HaSite
from hosted_engine.ha.site_folder import read_site
from hosted_engine.ha.states import Health, VmState
from hosted_engine.ha.storage_guard import StorageGuard
from hosted_engine.ha.whiteboard_file import NAME, WhiteboardFile
from node import config
from node.api.messages.machine import Accelerator
from node.api.messages.mounts import HOSTED_ENGINE
from node.api.messages.vms import VmReport
from node.clock import SystemClock
from node.ha_service import LOCAL_MAINTENANCE, RESTART
from node.needs import Needs
from node.observe.capabilities import accelerator, own_version
from node.storage import engine_vm_files, layout
from node.storage.sanlock_daemon import SanlockDaemon
from node.system.process import run, run_as_group
from node.system.threads import Threads
from node.vms.domain_xml import DomainPaths
from node.vms.libvirt_hypervisor import LibvirtHypervisor
from node.vms.lifecycle import Vms
from node.vms.runs import Runs

T = TypeVar("T")
log = logging.getLogger(__name__)

RUNTIME = Path(os.environ.get("RUNTIME_DIRECTORY", "/run/trivet-ha"))
LAST_WORD_S = 3.0
CLOCK_PERIOD_S = 10.0
OBSERVED_WRITES = 30  # looks at the whiteboard: a host that writes is seen to within them
EMULATED, EMULATED_BOOT = 2, 3  # so much more time for a guest without KVM


@dataclass(frozen=True, slots=True)
class Written:
    """What the engine volume says of the site, and which VM is the engine's."""

    site: HaSite
    vm_id: str


class HaAgent:
    def __init__(self, settings: config.Config) -> None:
        self._settings = settings
        self._clock = SystemClock()
        self._threads = Threads("storage", 8)
        self._footing = StorageGuard(settings, run, self._threads, SanlockDaemon(run), self._clock)
        self._folder = Path(layout.site_files(PurePosixPath(settings.volumes), HOSTED_ENGINE))
        self._written = self._monitor("site files", self._read_site, period_s=5.0, limit_s=10.0)
        self._loop: Loop | None = None
        for folder in (settings.ha_folder, RUNTIME):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, lambda: loop.create_task(self._end()))
        notify("READY=1\nSTATUS=Waiting for the engine volume")
        footing = loop.create_task(self._footing.run())
        footing.add_done_callback(_die_with)
        self._written.start()
        written = await self._wait_for_site()
        self._loop = keeper = await self._wire(written)
        log.info("keeping the engine of site %s alive as host %s", written.site.name, self._settings.node_name)
        notify("STATUS=Keeping the engine alive")
        await keeper.run(lambda: self._still(written))

    def _still(self, written: Written) -> None:
        notify("WATCHDOG=1")
        now = self._written.latest().value
        if now is not None and now != written:
            log.info("the site's files have changed: starting anew")
            os._exit(0)

    async def _wait_for_site(self) -> Written:
        while (written := self._written.latest().value) is None:
            notify("WATCHDOG=1")
            await self._clock.sleep(1.0)
        return written

    def _read_site(self) -> Written:
        """Raises when the volume is not mounted or a file is damaged."""
        return Written(read_site(self._folder), engine_vm_files.read(self._folder).wanted.id)

    async def _wire(self, written: Written) -> Loop:
        site, vm_id, settings = written.site, written.vm_id, self._settings
        own = site.node(settings.node_name)
        if own is None:
            raise SystemExit(f"site.json names no node {settings.node_name}")
        hypervisor = LibvirtHypervisor()
        board = Board(
            WhiteboardFile(self._folder / NAME),
            own.host_id,
            tuple(node.host_id for node in site.nodes if node.host_id != own.host_id),
        )
        profile = self._profile(site)
        files = EngineVmFolder(self._folder, own.name, self._clock.now)
        lease = self._lease(site)
        fencer = self._fencer(site, own.host_id, lease)
        monitors = self._monitors(
            site, vm_id, files, board, hypervisor, own.host_id, profile, lease=lease, fencer=fencer
        )
        identity = Identity(
            host_id=own.host_id,
            name=own.name,
            boot_id=host_probes.boot_id(),
            local_maintenance=settings.ha_folder / LOCAL_MAINTENANCE,
            restart=RUNTIME / RESTART,
            version=own_version(),
        )
        for monitor in monitors.all():
            monitor.start()
        return Loop(
            identity,
            profile,
            restore(await self._own_block(board), identity.boot_id, self._clock.monotonic()),
            monitors=monitors,
            board=board,
            actor=Actor(
                self._vms(hypervisor),
                vm_id,
                files,
                threads=self._threads,
                clock=self._clock,
                fencer=fencer,
                addresses={node.host_id: node.address for node in site.nodes},
            ),
            records=Records(RUNTIME, settings.ha_folder),
            clock=self._clock,
            on_failover=FailoverRecorder(self._folder / FAILOVER_FILE).note,
            notifier=self._notifier(site, own.name),
            fencer=fencer,
        )

    def _lease(self, site: HaSite) -> LeaseReader:
        path = layout.lease(PurePosixPath(self._settings.volumes), HOSTED_ENGINE, site.lockspace, site.lease)
        return LeaseReader(site.lockspace, site.lease, str(path))

    def _fencer(self, site: HaSite, host_id: int, lease: LeaseReader) -> Fencer:
        path = self._folder / FENCE_FILE
        settings = self._monitor("fence settings", lambda: read_fencing(path), period_s=30.0, limit_s=10.0)
        settings.start()
        lockspace = layout.lockspace(PurePosixPath(self._settings.volumes), HOSTED_ENGINE, site.lockspace)
        return Fencer(
            {node.host_id: node.name for node in site.nodes if node.host_id != host_id},
            LastKnown(settings, FenceSettings()),
            FenceAgents(run_as_group),
            HostIdLeases(site.lockspace, str(lockspace), run),
            note_over=lease.note_over,
            monotonic=self._clock.monotonic,
        )

    def _notifier(self, site: HaSite, name: str) -> Notifier:
        path = self._folder / NOTIFY_FILE
        settings = self._monitor("notify settings", lambda: read_settings(path), period_s=30.0, limit_s=10.0)
        settings.start()
        names = {node.host_id: node.name for node in site.nodes}
        return Notifier(Sender(site.name, name), names, LastKnown(settings, NotifySettings()))

    def _profile(self, site: HaSite) -> Profile:
        """An emulated engine answers late when its host is busy: it gets more time before it counts as sick."""
        profile = site.timers
        if accelerator(self._settings.accelerator) is Accelerator.KVM:
            return profile
        return replace(
            profile,
            health_timeout_s=EMULATED * profile.health_timeout_s,
            bad_health_s=EMULATED * profile.bad_health_s,
            boot_timeout_s=EMULATED_BOOT * profile.boot_timeout_s,
            stop_timeout_s=EMULATED * profile.stop_timeout_s,
        )

    async def _own_block(self, board: Board) -> object:
        """What this host wrote last; nothing where it cannot be read in time."""
        try:
            return await asyncio.wait_for(self._threads(board.read_own), LAST_WORD_S)
        except (OSError, TimeoutError):
            return None

    def _monitors(
        self,
        site: HaSite,
        vm_id: str,
        files: EngineVmFolder,
        board: Board,
        hypervisor: LibvirtHypervisor,
        host_id: int,
        profile: Profile,
        *,
        lease: LeaseReader,
        fencer: Fencer,
    ) -> Monitors:
        waited = LeaseGrace(lease, site.lease_grace_s, self._clock.monotonic)
        volume_s = profile.longest_ping_timeout_s  # Gluster stalls for so long when a brick's host dies
        vm = self._monitor("engine VM", lambda: observe_vm(hypervisor, vm_id), period_s=1.0, limit_s=10.0)

        def pid() -> int | None:
            known = vm.latest().value
            return known.pid if known is not None else None

        def state() -> VmState:
            known = vm.latest().value
            return known.state if known is not None else VmState.UNKNOWN

        def health() -> Health:
            return probe() if state().is_here else Health.UNKNOWN

        probe = HealthProbe(site, profile.health_timeout_s)
        written = self._monitor("whiteboard", board, period_s=profile.period_s, limit_s=volume_s)
        clock = self._clock
        clocks = ClockProbe(
            probe.date,
            lambda: offsets_of_hosts(written.history()[-OBSERVED_WRITES:], clock.now() - clock.monotonic()),
            lambda: is_cared_for(state(), written.latest().value),
            lambda at: hypervisor.set_time(vm_id, at),
            clock,
        )
        healthy = self._monitor(
            "engine health", health, period_s=profile.health_period_s, limit_s=3 * profile.health_timeout_s
        )
        notes = EngineVmNotes(
            files,
            running=lambda: look.shape if (look := vm.latest().value) is not None else None,
            health=lambda: healthy.latest().value or Health.UNKNOWN,
        )
        return Monitors(
            board=written,
            lease=self._monitor("lease", waited, period_s=1.0, limit_s=volume_s),
            vm=vm,
            health=healthy,
            network=self._monitor("network", NetworkProbe(site, host_id, run), period_s=2.0, limit_s=12.0),
            cpu=self._monitor("CPU load", host_probes.CpuLoad(pid), period_s=15.0, limit_s=5.0),
            memory=self._monitor("free memory", host_probes.free_memory_mib, period_s=10.0, limit_s=5.0),
            bridge=self._monitor(
                "management bridge", lambda: host_probes.bridge_is_up(site.bridge), period_s=5.0, limit_s=5.0
            ),
            configuration=self._monitor("engine VM configuration", notes, period_s=2.0, limit_s=volume_s),
            clock=self._monitor("clocks", clocks, period_s=CLOCK_PERIOD_S, limit_s=20.0),
            fencing=self._monitor("fence devices", fencer.observe, period_s=10.0, limit_s=60.0),
        )

    def _vms(self, hypervisor: LibvirtHypervisor) -> Vms:
        settings, mounts = self._settings, self._footing.mounts()
        leases = self._footing.leases(mounts)
        vms = Vms(
            hypervisor,
            Threads("vms", 8),
            DomainPaths(
                accelerator=accelerator(settings.accelerator),
                volumes=PurePosixPath(settings.volumes),
                console_logs=PurePosixPath(settings.console_logs),
            ),
            Runs(settings.ha_folder / "vms"),
            ready=Needs(
                self._threads, volumes=settings.volumes, need=mounts.need, need_joined=leases.need_joined
            ).check,
            holder=leases.held_elsewhere,
            taker=leases.taken_elsewhere,
            notify=_notify,
            clock=self._clock,
        )
        vms.watch()
        return vms

    def _monitor(self, name: str, ask: Callable[[], T], *, period_s: float, limit_s: float) -> Monitor[T]:
        return Monitor(name, ask, period_s=period_s, limit_s=limit_s, monotonic=self._clock.monotonic)

    async def _end(self) -> None:
        """Say that this host is out of the game, wait a moment for the storage, and go: threads may hang for ever."""
        if self._loop is not None:
            self._loop.publish_stop()
            await asyncio.sleep(LAST_WORD_S)
        os._exit(0)


def observe_vm(hypervisor: LibvirtHypervisor, vm_id: str) -> ObservedVm:
    domain = hypervisor.find(vm_id)
    pid = domain.pid if domain is not None else None
    started_at = host_probes.started_at(pid) if pid is not None else None
    state = vm_state(domain)
    shape = domain.shape if domain is not None and state.is_here else None
    return ObservedVm(state, pid, booted_at(started_at, hypervisor.rebooted_at(vm_id)), shape)


def _notify(report: VmReport) -> None:
    log.info("VM %s is %s %s", report.name, report.state, report.detail)


def _die_with(task: "asyncio.Task[None]") -> None:
    """Half a daemon would lie: systemd starts it anew."""
    if not task.cancelled() and task.exception() is not None:
        log.critical("a part of trivet-ha died", exc_info=task.exception())
        os._exit(1)


def main() -> None:
    """Entry point `trivet-ha`."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a webhook's address may be a secret
    os.umask(0o077)
    try:
        asyncio.run(HaAgent(config.load()).run())
    except BaseException:
        log.critical("trivet-ha ends", exc_info=True)
        os._exit(1)  # not the usual way out: that waits for threads that may hang
