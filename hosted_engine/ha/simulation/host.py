"""One simulated host: its power, its clock-driven parts, and what its daemon can see and do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from hosted_engine.ha.profiles import Profile
from hosted_engine.ha.score import Measurements
from hosted_engine.ha.simulation.daemon import Daemon
from hosted_engine.ha.simulation.sanlock import Sanlock
from hosted_engine.ha.simulation.storage import Access, Client, Volume
from hosted_engine.ha.simulation.vm import Vm
from hosted_engine.ha.states import Action, Fencing, Health, LeaseState, Outcome, VmState
from hosted_engine.ha.view import Decision, Facts, View
from hosted_engine.ha.whiteboard import BadBlock, ClusterBlock, HostBlock, decode_cluster, decode_host, latest

EMPTY = bytes(512)
BOOTS_IN_S = 20
DAEMON_RESTARTS_IN_S = 5
FIT = Measurements(memory_free_mib=8192, memory_needed_mib=1024)

_decode_host = lru_cache(maxsize=256)(decode_host)


@lru_cache(maxsize=16)
def read_maintenance(*copies: bytes) -> bool | None:
    """What the whiteboard says about global maintenance; None: nothing."""
    word = latest(decode_cluster(copy) for copy in copies)
    return word.global_maintenance if isinstance(word, ClusterBlock) else None


@dataclass(slots=True)
class Faults:
    """What is wrong with a host's parts, by events."""

    broken_start: bool = False
    broken_migration: bool = False
    broken_fence_device: bool = False
    crash: tuple[str, Action | None] | None = None  # power fails after this step of a round (with this action)
    vm: VmState | None = None  # monitors that lie
    health: Health | None = None
    lease: tuple[LeaseState, int | None] | None = None
    health_lag_s: float = 0.0

    @property
    def lies(self) -> bool:
        return self.vm is not None or self.health is not None or self.lease is not None


class World(Protocol):
    """What a host has around it."""

    now: float
    profile: Profile
    volume: Volume
    hosts: dict[int, Host]
    peers: dict[int, tuple[int, ...]]
    fences: bool
    boot_s: float
    global_maintenance: bool

    @property
    def decide(self) -> Callable[[View], Decision]: ...
    def log(self, source: str, text: str) -> None: ...
    def answers(self, own: int, peer: int) -> bool: ...
    def topology_changed(self) -> None: ...
    def begin(self, host: Host, decision: Decision) -> Operation | None: ...
    def started(self, host: Host) -> None: ...


class Operation(Protocol):
    """An action under way; None when it has ended."""

    def tick(self, host: Host, now: float) -> Operation | None: ...


@dataclass(slots=True)
class Host:
    cluster: World
    host_id: int
    client: Client
    sanlock: Sanlock
    measurements: Measurements = FIT
    local_maintenance: bool = False
    restart_asked_at: float | None = None
    wall_offset_s: float = 0.0
    powered: bool = True
    boots: int = 0
    on_at: float | None = None  # it has power and is booting until then
    frozen_until: float = 0.0
    daemon: Daemon | None = None
    daemon_at: float | None = None  # it starts then
    vm: Vm | None = None
    operation: Operation | None = None
    faults: Faults = field(default_factory=Faults)
    off: dict[int, int] = field(default_factory=dict)  # peers confirmed to be off, with their sequence then
    renewed: dict[int, tuple[int, int]] = field(default_factory=dict)  # and their last renewal, read after that
    observed_health: tuple[float, Health] = (-1e9, Health.UNKNOWN)

    @property
    def name(self) -> str:
        return f"node{self.host_id}"

    @property
    def wall_s(self) -> float:
        return self.cluster.now + self.wall_offset_s

    @property
    def boot_id(self) -> str:
        return f"{self.name}.{self.boots}"

    def is_running(self, now: float) -> bool:
        return self.powered and self.on_at is None and now >= self.frozen_until

    def is_idle(self, now: float) -> bool:
        """It is off, or its daemon does nothing and nothing is about to start or to end."""
        if not self.powered:
            return True
        busy = self.operation is not None or self.daemon_at is not None or now < self.frozen_until
        coming = self.daemon is not None and self.daemon.memory.better_since is not None
        return not busy and not coming and self.on_at is None

    def log(self, text: str) -> None:
        self.cluster.log(f"{self.name}/ha", text)

    def power_off(self, why: str) -> None:
        if self.powered:
            self.cluster.log(self.name, why)
        self.powered, self.on_at, self.daemon, self.daemon_at, self.operation = False, None, None, None, None
        self.vm, self.frozen_until = None, 0.0
        self.sanlock.leave()
        self.faults.crash = None
        self.cluster.topology_changed()

    def power_on(self, now: float) -> None:
        if not self.powered:
            self.powered, self.on_at = True, now + BOOTS_IN_S

    def kill_daemon(self, now: float) -> None:
        """systemd starts it again; what libvirt is doing for it goes on."""
        self.daemon = None
        self.daemon_at = now + DAEMON_RESTARTS_IN_S

    def stop_daemon(self) -> None:
        """In order: its last word is that it has stopped."""
        if self.daemon is not None:
            self.daemon.stop()
        self.daemon, self.daemon_at = None, None

    def start_daemon(self, now: float) -> None:
        self.daemon_at = None
        self.daemon = Daemon(self, self.cluster.decide, self.cluster.profile, self.boot_id, now)
        if self.client.access(now) is Access.WORKS:
            self.daemon.remember(self.cluster.volume.blocks.get(self.host_id, EMPTY), now)

    def tick(self, now: float) -> None:
        if not self.powered:
            return
        if self.on_at is not None:
            self._boot(now)
            return
        if self.sanlock.is_watchdog_due(now):
            self.power_off("its watchdog resets it")
            self.power_on(now)
            return
        if now < self.frozen_until:
            return
        works = self.client.access(now) is Access.WORKS
        self._tick_vm(now, works)
        self.sanlock.tick(now, works)
        if self.sanlock.owns() and works and (self.vm is None or self.vm.state is VmState.PAUSED):
            self.cluster.volume.owner = None  # what held it has ended, or libvirt gave it back at the pause
        if self.operation is not None:
            self.operation = self.operation.tick(self, now)
        if self.daemon_at is not None and now >= self.daemon_at:
            self.start_daemon(now)
        if self.daemon is not None and self.powered:
            self._rounds(self.daemon, now)

    def _rounds(self, daemon: Daemon, now: float) -> None:
        daemon.eager = False
        daemon.round(now)
        if daemon.eager and self.daemon is daemon:
            daemon.round(now)

    def _boot(self, now: float) -> None:
        if self.on_at is not None and now >= self.on_at:
            self.on_at, self.boots, self.daemon_at = None, self.boots + 1, now + 1
            self.cluster.log(self.name, "is on")
            self.cluster.topology_changed()

    def _tick_vm(self, now: float, works: bool) -> None:
        vm = self.vm
        if vm is not None:
            vm.tick(now, works)
            failed = self.client.access(now) is Access.FAILS or self.cluster.volume.full
            if failed and vm.executes:
                vm.state = VmState.PAUSED
                self.cluster.log(f"{self.name}/vm", "paused: its disk fails")
            if vm.has_stopped(now):
                self.end_vm("stopped")
        if self.sanlock.has_failed(now):
            if self.vm is not None and not self.vm.stuck and self.vm.state is not VmState.PAUSED:
                self.end_vm("killed by sanlock: the lease is lost")
            if self.vm is None or self.vm.state is VmState.PAUSED:  # a paused one holds nothing
                self.sanlock.leave()

    def end_vm(self, why: str) -> None:
        self.cluster.log(f"{self.name}/vm", why)
        self.vm = None

    # what its daemon sees and does

    def observe(self, now: float, running: Action | None) -> Facts:
        cluster, faults = self.cluster, self.faults
        access = self.client.access(now)
        works = access is Access.WORKS
        lease = self.sanlock.observed(now) if works else (LeaseState.UNREADABLE, None)
        return Facts(
            now=now,
            storage_readable=works,
            storage_writable=works and self.sanlock.joined,
            storage_full=cluster.volume.full if works else None,
            blocks=tuple((peer, self._read(peer, works)) for peer in cluster.peers[self.host_id]),
            vm=faults.vm or (VmState.ABSENT if self.vm is None else self.vm.state),
            lease=faults.lease or lease,
            measurements=self.measurements,
            health=faults.health or self._health(now),
            global_maintenance=read_maintenance(*self.cluster.volume.cluster) if works else None,
            local_maintenance=self.local_maintenance,
            restart_asked_at=self.restart_asked_at,
            answering=tuple((peer, cluster.answers(self.host_id, peer)) for peer in cluster.peers[self.host_id]),
            fencing=tuple((peer, self._fencing(peer)) for peer in cluster.peers[self.host_id])
            if cluster.fences
            else (),
            running=running,
            booted_at=None if self.vm is None else self.vm.booted_at,
        )

    def write(self, block: bytes) -> bool:
        if self.client.access(self.cluster.now) is not Access.WORKS:
            return False
        if self.faults.crash is not None and self.faults.crash[0] == "torn":
            before = self.cluster.volume.blocks.get(self.host_id, EMPTY)
            self.cluster.volume.blocks[self.host_id] = block[:96] + before[96:]
            self.power_off("loses power in the middle of its write")
            return False
        self.cluster.volume.blocks[self.host_id] = block
        return True

    def reached(self, step: str, action: Action | None) -> bool:
        crash = self.faults.crash
        if self.powered and crash is not None and crash[0] == step and crash[1] in (None, action):
            self.power_off(f"loses power after the step {step}")
        return not self.powered

    def begin(self, decision: Decision, now: float) -> None:
        self.log(f"does {decision.action}" + (f", host {decision.target}" if decision.target else ""))
        self.operation = self.cluster.begin(self, decision)

    def finish(self, outcome: Outcome, now: float) -> None:
        """An operation has ended and the daemon hears of it."""
        if self.daemon is not None:
            self.daemon.ended(outcome, now)

    def _read(self, peer: int, works: bool) -> HostBlock | BadBlock:
        return _decode_host(self.cluster.volume.blocks.get(peer, EMPTY), peer) if works else BadBlock.UNREADABLE

    def _health(self, now: float) -> Health:
        """As it was when the monitor looked last."""
        if self.vm is None:
            return Health.UNKNOWN
        if now - self.observed_health[0] >= self.cluster.profile.health_period_s + self.faults.health_lag_s:
            self.observed_health = (now, self.vm.health(now))
        return self.observed_health[1]

    def _fencing(self, peer: int) -> Fencing:
        if peer in self.off:
            block = self._read(peer, works=True)
            if not isinstance(block, HostBlock) or block.sequence == self.off[peer]:
                return Fencing.CONFIRMED
            del self.off[peer]
        return Fencing.READY
