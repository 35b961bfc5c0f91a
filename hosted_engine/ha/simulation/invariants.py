"""What may never be and what has to be, judged after every step of a simulation."""

from __future__ import annotations

from dataclasses import dataclass

from hosted_engine.ha.profiles import Profile
from hosted_engine.ha.simulation.host import Host, World, read_maintenance
from hosted_engine.ha.simulation.storage import Access
from hosted_engine.ha.states import Action, State
from hosted_engine.ha.view import Decision

_MATTERS = frozenset({Action.STOP, Action.DESTROY, Action.MIGRATE})  # a start that finds the lease held does nothing
MOST_MOVES = 3
MOST_STARTS = 3  # without an event in between


@dataclass(frozen=True, slots=True)
class Violation:
    """`kind`: two_engines, stale_engine, without_lease, no_engine, maintenance or flapping."""

    kind: str
    at: float
    text: str


def recovery_s(profile: Profile, nodes: int, boot_s: float) -> float:
    """Within so long after the last event an engine has to be up, and nothing happens after it.

    The longest way: a host freezes and its engine with it, the lease is waited for, the first hosts in rank turn out
    unable, the next one starts it; or a sick engine is stopped by force first.
    """
    boot_of_host = 25 + 4 * profile.io_timeout_s
    lease = profile.host_dead_s + 2 * profile.renewal_s + profile.ping_timeout_s
    heal = profile.bad_health_s + profile.stop_timeout_s + 2 * profile.health_period_s
    turn = 2 * profile.lost_after_s + (nodes + 1) * profile.start_backoff_s
    return boot_of_host + lease + heal + turn + profile.move_after_s + 2 * boot_s + 30


class Checker:
    def __init__(self, cluster: World) -> None:
        self._cluster = cluster
        self.violations: list[Violation] = []
        self.recovery_s = recovery_s(cluster.profile, len(cluster.peers), cluster.boot_s)
        self.disturbed_at = 0.0
        self.acted_at = 0.0
        self._starts = self._moves = 0
        self._without_since: float | None = None
        self.up_since: float | None = None
        self.excused = False  # by a scenario in which nobody can have an engine

    def disturbed(self) -> None:
        self.disturbed_at, self._starts, self._moves = self._cluster.now, 0, 0

    def started(self) -> None:
        self._starts += 1
        if self._starts > MOST_STARTS:
            self._found("flapping", f"the engine was started {self._starts} times without anything happening")

    def acts(self, host: Host, decision: Decision) -> None:
        if self._cluster.global_maintenance and decision.action not in (Action.NONE,):
            self._found("maintenance", f"{host.name} does {decision.action} in global maintenance")
        if decision.action in _MATTERS:
            self.acted_at = self._cluster.now
        if decision.action is Action.STOP and host.vm is not None and not host.vm.was_well:
            self._without_since = self._cluster.now
        self._moves += decision.action is Action.MIGRATE
        if self._moves > MOST_MOVES:
            self._found("flapping", f"the engine was moved {self._moves} times without anything happening")
        quiet_s = self._cluster.now - self.disturbed_at
        was_up = self.up_since is not None and self._cluster.now - self.up_since > self._cluster.profile.move_after_s
        excused = host.faults.lies or (host.vm is not None and host.vm.stuck)  # who cannot end it tries again and again
        if quiet_s > self.recovery_s and was_up and decision.action in _MATTERS and not excused:
            self._found("flapping", f"{host.name} does {decision.action}, {quiet_s:.0f} s after the last event")

    def after_host(self) -> None:
        cluster = self._cluster
        running = [
            h for h in cluster.hosts.values() if h.vm is not None and h.vm.executes and h.is_running(cluster.now)
        ]
        if len(running) > 1:
            self._found("two_engines", "the engine runs on " + " and ".join(h.name for h in running))
        for host in running:
            owner = cluster.volume.owner
            if host.vm is not None and host.vm.life < cluster.volume.lives:
                self._found(
                    "stale_engine", f"a VM goes on on {host.name} though the engine was started elsewhere since"
                )
            if owner is not None and owner[0] != host.host_id:
                self._found("without_lease", f"the engine runs on {host.name}, its lease belongs to node{owner[0]}")

    def after_second(self) -> None:
        now = self._cluster.now
        up = any(h.vm is not None and h.vm.is_well(now) and h.is_running(now) for h in self._cluster.hosts.values())
        if not up:
            self.up_since = None
        elif self.up_since is None:
            self.up_since = now
        able = not up and not self._is_hopeless() and any(self._is_able(h, now) for h in self._cluster.hosts.values())
        if not able or self._cluster.global_maintenance:
            self._without_since = None
            return
        if self._without_since is None:
            self._without_since = now
        begin = max(self._without_since, self.disturbed_at)
        if now - begin > self.recovery_s + self._may_boot_s():
            self._found(
                "no_engine", f"no engine for {now - begin:.0f} s though nothing happened and a host could run it"
            )
            self._without_since = None

    def _may_boot_s(self) -> float:
        """A VM that was never well, for it hangs while it boots, gets its time."""
        vms = (host.vm for host in self._cluster.hosts.values() if host.vm is not None)
        return self._cluster.profile.boot_timeout_s if any(not vm.was_well for vm in vms) else 0.0

    def _is_hopeless(self) -> bool:
        """Who has the VM cannot end it or is told lies about it, or nobody knows whether there is maintenance."""
        if read_maintenance(*self._cluster.volume.cluster) is None:
            return True
        holders = [host for host in self._cluster.hosts.values() if host.vm is not None]
        return self.excused or any(host.faults.lies or (host.vm is not None and host.vm.stuck) for host in holders)

    def _is_able(self, host: Host, now: float) -> bool:
        """It could run the engine, as far as it is up to the host."""
        faults = host.faults
        works = host.client.access(now) is Access.WORKS and not self._cluster.volume.full
        return (
            host.is_running(now)
            and works
            and not faults.lies
            and host.daemon is not None
            and not faults.broken_start
            and not host.local_maintenance
            and self._cluster.volume.lease_readable
            and host.daemon.memory.state is not State.ENGINE_UNEXPECTEDLY_DOWN
            and not host.daemon.memory.failed_starts
        )

    def _found(self, kind: str, text: str) -> None:
        if not any(v.kind == kind for v in self.violations):
            self.violations.append(Violation(kind, self._cluster.now, text))
