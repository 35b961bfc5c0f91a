"""What an action of a daemon does on its simulated host, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass

from hosted_engine.ha.simulation.host import Host
from hosted_engine.ha.simulation.storage import Access
from hosted_engine.ha.simulation.vm import Vm
from hosted_engine.ha.states import Action, Outcome, VmState

TAKES_S = {Action.START: 1.0, Action.FENCE: 1.0, Action.MIGRATE: 5.0}


@dataclass(slots=True)
class Operation:
    """`gap`: of a live migration, the source has stopped and the lease is between the two."""

    action: Action
    target: int | None
    began_at: float
    gap: bool = False

    def tick(self, host: Host, now: float) -> Operation | None:
        """None when it has ended; the daemon was told how."""
        match self.action:
            case Action.MIGRATE:
                outcome = self._migrate(host, now)
            case _ if now - self.began_at < TAKES_S.get(self.action, 0.0):
                outcome = None
            case Action.START:
                outcome = _start(host, now)
            case Action.STOP:
                outcome = _stop(host, now)
            case Action.DESTROY:
                outcome = _destroy(host)
            case Action.RESUME:
                outcome = _resume(host, now)
            case Action.FENCE:
                outcome = _fence(host, self.target)
            case _:
                outcome = _free_host_id(host, self.target or 0)
        if outcome is None:
            return self
        if outcome is not Outcome.DONE:
            host.log(f"{self.action}: {outcome}")
        host.finish(outcome, now)
        return None

    def _migrate(self, host: Host, now: float) -> Outcome | None:
        to = host.cluster.hosts[self.target or 0]
        if self.gap:
            return self._arrive(host, to, now)
        if now == self.began_at:
            if (
                host.faults.broken_migration
                or to.vm is not None
                or host.vm is None
                or not self._both_fit(host, to, now)
            ):
                return Outcome.FAILED
            host.vm.state = VmState.OUTGOING
            to.vm = Vm(VmState.INCOMING, host.vm.booted_at, host.vm.boot_s)
            return None
        if host.vm is None or not self._both_fit(host, to, now) or to.vm is None:
            return self._back(host, to)
        if now - self.began_at >= TAKES_S[Action.MIGRATE]:
            host.vm.state, self.gap = VmState.PAUSED, True
            host.cluster.volume.owner = None
        return None

    def _arrive(self, host: Host, to: Host, now: float) -> Outcome:
        source = host.vm
        if source is None or to.vm is None or not self._both_fit(host, to, now) or not to.sanlock.acquire(now):
            if not host.sanlock.acquire(now) and source is not None:
                host.end_vm("lost: its lease was taken while it moved")
            return self._back(host, to)
        source.state = VmState.RUNNING
        to.vm, host.vm = source, None
        host.cluster.log(f"{to.name}/vm", f"has come from {host.name}")
        return Outcome.DONE

    def _both_fit(self, host: Host, to: Host, now: float) -> bool:
        works = host.client.access(now) is Access.WORKS and to.client.access(now) is Access.WORKS
        return works and to.is_running(now) and to.sanlock.joined and host.cluster.answers(host.host_id, to.host_id)

    def _back(self, host: Host, to: Host) -> Outcome:
        if to.vm is not None and to.vm.state is VmState.INCOMING:
            to.vm = None
        if host.vm is not None:
            host.vm.state = VmState.RUNNING
        return Outcome.FAILED


def _start(host: Host, now: float) -> Outcome | None:
    access = host.client.access(now)
    if access is Access.STALLS:
        return None
    if access is Access.FAILS or host.vm is not None:
        return Outcome.LEASE_HELD if access is Access.FAILS else Outcome.DONE
    if not host.sanlock.acquire(now):
        return Outcome.LEASE_HELD
    if host.faults.broken_start:
        return Outcome.FAILED
    host.cluster.volume.lives += 1
    host.vm = Vm(VmState.RUNNING, now, host.cluster.boot_s, life=host.cluster.volume.lives)
    host.cluster.started(host)
    return Outcome.DONE


def _stop(host: Host, now: float) -> Outcome:
    if host.vm is None:
        return Outcome.DONE
    host.vm.stop_asked_at = now
    return Outcome.DONE


def _destroy(host: Host) -> Outcome:
    if host.vm is None:
        return Outcome.DONE
    if host.vm.stuck:
        return Outcome.FAILED
    host.end_vm("destroyed")
    return Outcome.DONE


def _resume(host: Host, now: float) -> Outcome:
    if host.vm is None or host.client.access(now) is not Access.WORKS or host.cluster.volume.full:
        return Outcome.FAILED
    if host.cluster.volume.last_owner not in (None, host.host_id):
        host.end_vm("ended: another host has had its lease since it was paused")
        return Outcome.FAILED
    if not host.sanlock.owns() and not host.sanlock.acquire(now):
        return Outcome.LEASE_HELD
    host.vm.state = VmState.RUNNING
    return Outcome.DONE


def _fence(host: Host, target: int | None) -> Outcome:
    victim = host.cluster.hosts[target or 0]
    if victim.faults.broken_fence_device or target is None:
        return Outcome.FAILED
    block = host.daemon.view if host.daemon is not None else None
    victim.power_off(f"its power is cut by {host.name}")
    observed = next((p.sequence for p in block.peers if p.host_id == target), None) if block is not None else None
    host.off[target] = -1 if observed is None else observed
    host.renewed[target] = host.sanlock.renewal_of(target)
    return Outcome.DONE


def _free_host_id(host: Host, target: int) -> Outcome:
    freed = host.sanlock.free_host_id(target, host.renewed.get(target))
    return Outcome.DONE if freed else Outcome.FAILED
