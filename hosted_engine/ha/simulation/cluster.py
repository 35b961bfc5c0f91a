"""All hosts, the network between them and the volume, second by second."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from hosted_engine.ha.decide import decide as real_decide
from hosted_engine.ha.profiles import DEFAULT, Profile
from hosted_engine.ha.simulation.host import Host
from hosted_engine.ha.simulation.invariants import Checker
from hosted_engine.ha.simulation.operations import Operation
from hosted_engine.ha.simulation.sanlock import Sanlock
from hosted_engine.ha.simulation.storage import Client, HostId, Volume
from hosted_engine.ha.simulation.vm import Vm
from hosted_engine.ha.states import VmState
from hosted_engine.ha.view import Decision, View
from hosted_engine.ha.whiteboard import ClusterBlock, encode_cluster


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How a cluster begins. `engine_on`: the engine runs there, healthy for long; None: all hosts are off."""

    nodes: int = 3
    profile: Profile = DEFAULT
    engine_on: int | None = 1
    fences: bool = False
    boot_s: float = 20.0
    seed: int | None = None  # draws the hosts' order within a second and when each renews; None: by host id


class Cluster:
    def __init__(self, setup: Setup, decide: Callable[[View], Decision] = real_decide) -> None:
        self.now = 0.0
        self.profile, self.fences, self.boot_s, self.decide = setup.profile, setup.fences, setup.boot_s, decide
        self.volume = Volume()
        self.lines: list[str] = []
        self._reported: dict[str, deque[str]] = {}
        self.cut: set[frozenset[int]] = set()
        self._thaws: set[float] = set()
        ids = range(1, setup.nodes + 1)
        self.brick_hosts = tuple(ids)[: 3 if setup.nodes >= 3 else 1]
        self.peers = {own: tuple(peer for peer in ids if peer != own) for own in ids}
        self.hosts = {i: self._host(i) for i in ids}
        self._order = list(self.hosts.values())
        self._random = None if setup.seed is None else random.Random(setup.seed)
        self.set_maintenance(on=False)
        self.checker = Checker(self)
        self._begin(setup)

    def log(self, source: str, text: str) -> None:
        """A daemon that does the same thing every second is told of once."""
        told = self._reported.setdefault(source, deque(maxlen=3))
        is_news = not source.endswith("/ha") or "->" in text or text not in told
        told.append(text)
        if is_news:
            self.lines.append(f"{self.now:6.0f}  {source}: {text}")

    def tick(self) -> None:
        self.now += 1
        if self._thaws and self.now >= min(self._thaws):
            self._thaws = {at for at in self._thaws if at > self.now}
            self.topology_changed()
        if self._random is not None:
            self._random.shuffle(self._order)
        for host in self._order:
            host.tick(self.now)
            self.checker.after_host()
        self.checker.after_second()

    def begin(self, host: Host, decision: Decision) -> Operation | None:
        self.checker.acts(host, decision)
        if isinstance(host.operation, Operation):  # of an earlier life of the daemon; libvirt is still at it
            return host.operation
        return Operation(decision.action, decision.target, self.now).tick(host, self.now)

    def started(self, host: Host) -> None:
        self.log(f"{host.name}/vm", "started")
        self.checker.started()

    def engine_on(self) -> int | None:
        """Where it runs and is well."""
        well = (
            h for h in self.hosts.values() if h.vm is not None and h.vm.is_well(self.now) and h.is_running(self.now)
        )
        return next((host.host_id for host in well), None)

    def is_steady(self, seconds: float) -> bool:
        """The engine has been well for so long, and nobody is doing or about to do anything."""
        since = self.checker.up_since
        begin = self.now if since is None else max(since, self.checker.disturbed_at, self.checker.acted_at)
        return self.now - begin >= seconds and all(host.is_idle(self.now) for host in self.hosts.values())

    def disturbed(self) -> None:
        """An event happened."""
        self.checker.disturbed()

    # the network

    def answers(self, own: int, peer: int) -> bool:
        return self.hosts[peer].is_running(self.now) and self.is_linked(own, peer)

    def is_linked(self, own: int, peer: int) -> bool:
        return own == peer or frozenset((own, peer)) not in self.cut

    def freeze(self, host: Host, seconds: float) -> None:
        """Nothing on it goes on: as when its kernel hangs for a while."""
        host.frozen_until = self.now + seconds
        self._thaws.add(host.frozen_until)
        self.topology_changed()

    def topology_changed(self) -> None:
        """Hosts, links or bricks came or went: every client notices."""
        up = {b for b in self.brick_hosts if self.hosts[b].is_running(self.now)}
        for host in self.hosts.values():
            reachable = frozenset(b for b in up if self.is_linked(host.host_id, b))
            host.client.connect(reachable, self.now, self.profile.ping_timeout_s)

    # the whiteboard's block for all

    def set_maintenance(self, *, on: bool) -> None:
        sequence = getattr(self, "_cluster_sequence", 0) + 1
        self._cluster_sequence = sequence
        self.global_maintenance = on
        block = encode_cluster(ClusterBlock(sequence=sequence, global_maintenance=on), 512)
        self.volume.cluster = [block] * len(self.volume.cluster)

    def _host(self, host_id: int) -> Host:
        sanlock = Sanlock(host_id, self.profile, self.volume)
        return Host(self, host_id, Client(len(self.brick_hosts)), sanlock)

    def _begin(self, setup: Setup) -> None:
        for host in self.hosts.values():
            host.powered = setup.engine_on is not None
            host.boots = int(host.powered)
        if setup.engine_on is None:
            return
        self.topology_changed()
        for host in self.hosts.values():
            self.volume.host_ids[host.host_id] = HostId()
        for _ in range(2):  # so that each has seen the others
            for host in self.hosts.values():
                host.sanlock.join_now(self.now) if not host.sanlock.joined else host.sanlock.tick(self.now + 99, True)
        for host in self.hosts.values():
            ago = host.host_id if self._random is None else self._random.random() * self.profile.renewal_s
            host.sanlock.renewed_at = self.now - ago
        owner = self.hosts[setup.engine_on]
        self.volume.owner = (owner.host_id, owner.sanlock.generation)
        owner.vm = Vm(VmState.RUNNING, -1000.0, setup.boot_s)
        for host in self.hosts.values():
            host.start_daemon(self.now)
