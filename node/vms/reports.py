"""What is reported of the node's VMs: as the hypervisor has them, as their guests were asked, and as they ended."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from node.api.messages.vms import DownReason, IoError, VmReport, VmState
from node.clock import Clock
from node.system.threads import Threads
from node.vms.ends import MIGRATED
from node.vms.guest_requests import GuestRequests
from node.vms.hypervisor import Domain, Hypervisor, Move
from node.vms.runs import RETENTION_S, Run, Runs, ended_run
from node.vms.states import FULL, PAUSED_BY_STORAGE, state_of


class Reports:
    """libvirt forgets a VM with its end: `runs` keeps on the disk how each run went, so that its end is known also when
    nobody was there."""

    def __init__(
        self, hypervisor: Hypervisor, threads: Threads, runs: Runs, requests: GuestRequests, clock: Clock
    ) -> None:
        self._hypervisor = hypervisor
        self._threads = threads
        self._runs = runs
        self._requests = requests
        self._clock = clock
        self._starting: set[str] = set()

    async def all(self) -> tuple[VmReport, ...]:
        domains = await self._threads(self._hypervisor.domains)
        reports = [self.of(domain) for domain in domains]
        for vm_id in self._runs.all().keys() - {domain.id for domain in domains}:
            if (report := await self._of_absent(vm_id)) is not None:
                reports.append(report)
        return tuple(reports)

    async def one(self, vm_id: str) -> VmReport | None:
        domain = await self._threads(self._hypervisor.find, vm_id)
        return self.of(domain) if domain is not None else await self._of_absent(vm_id)

    def alive(self) -> Sequence[str]:
        """Those that were alive when they were looked at last."""
        return [vm_id for vm_id, run in self._runs.all().items() if run.state is not VmState.DOWN]

    @contextmanager
    def starting(self, vm_id: str, title: str, domain_name: str) -> Iterator[None]:
        """While this lasts it is being started; written down, for the agent may end before that is done."""
        self._requests.forget(vm_id)
        self._starting.add(vm_id)
        self._note(vm_id, VmState.STARTING, title, domain_name)
        try:
            yield
            self._note(vm_id, VmState.UP, title, domain_name)
        finally:
            self._starting.discard(vm_id)

    def failed(self, vm_id: str, title: str, reason: str) -> None:
        """It never was there."""
        now = self._clock.now()
        run = Run(state=VmState.DOWN, reason=DownReason.FAILED, detail=reason, since=now, name=title)
        self._runs.note(vm_id, run)

    def forget(self, vm_id: str) -> None:
        self._runs.forget(vm_id)

    def ended_long_ago(self) -> Sequence[str]:
        return self._runs.ended_before(self._clock.now() - RETENTION_S)

    def of(self, domain: Domain) -> VmReport:
        state, reason, detail = state_of(domain.state, domain.reason)
        if domain.move is not Move.NONE and state is VmState.PAUSED:
            # It runs on one of the two nodes, and that one says so.
            state, detail = VmState.UNKNOWN, "it is moving between two nodes"
        if domain.id in self._starting and state is not VmState.UP:
            state, reason, detail = VmState.STARTING, DownReason.NONE, ""
        shown = self._requests.shown(domain.id, state)
        run = self._note(domain.id, shown, domain.title, domain.name, reason)
        report = _report(domain.id, run)
        error = _io_error(domain) if state is VmState.PAUSED else IoError.NONE
        detail = FULL if error is IoError.ENOSPC else detail
        return msgspec.structs.replace(report, detail=detail, pid=domain.pid, graphics=domain.graphics, io_error=error)

    def since(self, domain: Domain) -> float:
        """Since when it is as it is."""
        return self.of(domain).since

    async def _of_absent(self, vm_id: str) -> VmReport | None:
        """How it ended here; None where it did not: it never ran here, or runs elsewhere."""
        run = self._runs.last(vm_id)
        if run is None or run.state is VmState.DOWN or vm_id in self._starting:
            return _report(vm_id, run) if run is not None else None
        end = await self._threads(self._hypervisor.end, vm_id, run.domain)
        if self._runs.last(vm_id) is not run:
            return await self.one(vm_id)  # it has been started anew meanwhile, or somebody else has written this down
        if end is not None and end.reason == MIGRATED:
            self.forget(vm_id)
            return None
        self._requests.forget(vm_id)
        return _report(vm_id, self._runs.note(vm_id, ended_run(run, end, self._clock.now())))

    def _note(
        self, vm_id: str, state: VmState, title: str, domain_name: str, reason: DownReason = DownReason.NONE
    ) -> Run:
        now = self._clock.now()
        return self._runs.note(vm_id, Run(state=state, reason=reason, since=now, name=title, domain=domain_name))


def _io_error(domain: Domain) -> IoError:
    if domain.reason != PAUSED_BY_STORAGE:
        return IoError.NONE
    return IoError.ENOSPC if domain.no_space else IoError.EIO


def _report(vm_id: str, run: Run) -> VmReport:
    return VmReport(
        id=vm_id, name=run.name or vm_id, state=run.state, reason=run.reason, detail=run.detail, since=run.since
    )
