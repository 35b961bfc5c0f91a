"""Virtual machines from start to end, and what is told about them meanwhile."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from node.api.messages.ha import Shape
from node.api.messages.vms import ConsoleLog, VmReport, VmSpec, VmState
from node.api.problems import Problem
from node.api.refusals import (
    LeaseHeld,
    NotStartable,
    VmNotPaused,
    VmUnknown,
    vm_uuid,
)
from node.clock import Clock
from node.storage.mount_points import real_path
from node.system.threads import Threads
from node.vms import console
from node.vms.domain_facts import DomainFacts, domain_facts
from node.vms.domain_xml import DomainPaths, console_log, nvram
from node.vms.guest_requests import GuestRequests
from node.vms.hypervisor import DomainAction, Hypervisor, HypervisorFailed
from node.vms.launch import launch_of
from node.vms.lock_errors import lock_error
from node.vms.migration import MigrationLimits, NotMoved, migration_error
from node.vms.migrator import Migrator, Notify
from node.vms.reports import Reports
from node.vms.resume import Resumer, free_bytes
from node.vms.runs import Runs
from node.vms.seed_discs import SeedDiscs
from node.vms.seed_drives import SeedDrives

log = logging.getLogger(__name__)

REBOOT_S = 60.0  # a guest that has not begun to boot by then does not heed what it was asked
SHUTDOWN_S = 120.0  # one that runs then may still shut down, but nobody waits for it
Ready = Callable[[DomainFacts], Awaitable[None]]
Holder = Callable[[DomainFacts], Awaitable[tuple[str, int] | None]]


class Vms:
    """`ready` raises Refused when something that a domain needs is missing; `holder` says which lease of a domain is
    held by which other host, `taker` which of them another host took last; `free` says how much room there is beside a
    file. `notify` gets every change once. Without `seeds` no VM can have one."""

    def __init__(
        self,
        hypervisor: Hypervisor,
        threads: Threads,
        paths: DomainPaths,
        runs: Runs,
        *,
        ready: Ready,
        holder: Holder,
        taker: Holder,
        notify: Callable[[VmReport], None],
        clock: Clock,
        free: Callable[[str], int] = free_bytes,
        seeds: SeedDiscs | None = None,
    ) -> None:
        self._hypervisor = hypervisor
        self._seeds = SeedDrives(hypervisor, seeds)
        self._threads = threads
        self._paths = paths
        self._ready = ready
        self._holder = holder
        self._notify = notify
        self._clock = clock
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._observe_locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._reported: dict[str, VmReport] = {}
        self._requests = GuestRequests(clock, hypervisor.rebooted_at)
        self._reports = Reports(hypervisor, threads, runs, self._requests, clock)
        self._tasks: set[asyncio.Task[None]] = set()
        self._migrator = Migrator(hypervisor, threads, clock)
        self._resumer = Resumer(hypervisor, threads, ready=ready, taker=taker, since=self._reports.since, free=free)

    def watch(self) -> None:
        """Begin to notify of changes; call it in the event loop."""
        loop = asyncio.get_running_loop()

        def changed(vm_id: str) -> None:
            loop.call_soon_threadsafe(self._spawn, vm_id)

        def again() -> None:
            ids = {domain.id for domain in self._hypervisor.domains()}
            for vm_id in ids.union(self._reports.alive()):
                changed(vm_id)

        self._hypervisor.watch(changed, again)
        self._spawn_task(self._adopt())
        self._spawn_task(self.drop_old_seeds())
        for vm_id in self._reports.alive():
            self._spawn(vm_id)

    async def vms(self) -> tuple[VmReport, ...]:
        return await self._reports.all()

    async def vm(self, vm_id: str) -> VmReport | None:
        return await self._reports.one(vm_uuid(vm_id))

    async def count_running(self) -> int:
        return len(await self._threads(self._hypervisor.domains))

    async def running_shape(self, vm_id: str) -> Shape | None:
        """How it runs; None where it does not run here."""
        domain = await self._threads(self._hypervisor.find, vm_uuid(vm_id))
        return domain.shape if domain is not None and domain.pid is not None else None

    async def start_vm(self, spec: VmSpec) -> VmReport:
        async with self.alone(spec.id):
            report = await self.vm(spec.id)
            if report is not None and report.state is not VmState.DOWN:
                return report
            launch = await self._threads(launch_of, self._hypervisor, spec, self._paths)
            await self._ready(launch.facts)
            with self._reports.starting(spec.id, launch.facts.title, launch.facts.domain):
                try:
                    await self._threads(self._seeds.make, spec)
                    await self._threads(launch.go)
                except HypervisorFailed as err:
                    await self._threads(self._seeds.remove, spec.id)
                    raise await self._why_not_started(launch.facts, err) from err
            await self._threads(self._forget_old)
            return await self.observe(spec.id)

    async def shutdown_vm(self, vm_id: str) -> VmReport:
        async with self.alone(vm_id):
            report = await self.known(vm_id)
            if report.state is VmState.DOWN:
                return report
            return await self._ask(vm_id, DomainAction.SHUT_DOWN, VmState.SHUTTING_DOWN, within_s=SHUTDOWN_S)

    async def reboot_vm(self, vm_id: str) -> VmReport:
        async with self.alone(vm_id):
            report = await self.known(vm_id)
            if report.state is not VmState.UP:
                return report
            return await self._ask(vm_id, DomainAction.REBOOT, VmState.REBOOTING, within_s=REBOOT_S)

    async def reset_vm(self, vm_id: str) -> VmReport:
        async with self.alone(vm_id):
            if (await self.known(vm_id)).state is not VmState.DOWN:
                await self._threads(self._hypervisor.act, vm_id, DomainAction.RESET)
                self._requests.forget(vm_id)
            return await self.observe(vm_id)

    async def destroy_vm(self, vm_id: str) -> VmReport:
        async with self.alone(vm_id):
            report = await self.known(vm_id)
            if report.state is VmState.DOWN:
                return report
            try:
                await self._threads(self._hypervisor.act, vm_id, DomainAction.DESTROY)
            except HypervisorFailed:
                if (await self.known(vm_id)).state is not VmState.DOWN:
                    raise
            return await self.observe(vm_id)

    async def migrate(self, vm_id: str, address: str, limits: MigrationLimits, *, notify: Notify) -> None:
        """Move a running VM alive to the node at `address`; when this returns it is not known here any more. NotMoved:
        it runs on here, unless libvirt does not answer and it is on its way still."""
        async with self.alone(vm_id):
            report = await self.known(vm_id)
            if report.state is not VmState.UP:
                raise NotMoved(vm=report.name, address=address, reason=f"it is {report.state}")
            await self.take_seed_out(vm_id)
            try:
                await self._migrator.migrate(vm_id, address, limits, notify=notify)
            except HypervisorFailed as err:
                if await self.vm(vm_id) is not None:
                    reason = migration_error(err.text.why)
                    raise NotMoved(vm=report.name, address=address, reason=reason) from err
            self._reports.forget(vm_id)

    async def console_log(self, vm_id: str) -> ConsoleLog:
        await self.known(vm_id)
        path = Path(console_log(self._paths, vm_id))
        return await self._threads(console.console_end, path)

    async def resume_vm(self, vm_id: str) -> VmReport:
        """Let a paused VM go on that has all that it needs. Raises VmNotPaused, LeaseTaken."""
        async with self.alone(vm_id):
            report = await self.known(vm_id)
            if report.state is VmState.UP:
                return report
            if report.state is not VmState.PAUSED:
                raise VmNotPaused(vm=report.name, state=report.state)
            await self._resumer.resume_one(vm_id)
            return await self.observe(vm_id)

    async def resume_paused_by_storage(self) -> None:
        """Let VMs go on that QEMU paused over an I/O error and that have what they need again."""
        await self._resumer.resume()

    async def running_on(self, path: str) -> str | None:
        """The name of a running VM that has the file at `path` among its disks."""
        for domain in await self._threads(self._hypervisor.domains):
            facts = domain_facts(await self._threads(self._hypervisor.xml, domain.id))
            if await self._threads(self._has_disk, facts, path):
                return domain.title
        return None

    def _has_disk(self, facts: DomainFacts, path: str) -> bool:
        """By whichever name of the storage domain either was told."""
        root = Path(self._paths.volumes)
        return real_path(root, Path(path)) in {real_path(root, Path(disk)) for disk in facts.disks}

    async def _ask(self, vm_id: str, action: DomainAction, shown: VmState, *, within_s: float) -> VmReport:
        """Ask its guest, which may have done it when the hypervisor answers."""
        before = self._hypervisor.rebooted_at(vm_id)
        await self._threads(self._hypervisor.act, vm_id, action)
        self._requests.ask(vm_id, shown, rebooted_at=before, within_s=within_s)
        self._spawn(vm_id, after_s=within_s + 1)
        return await self.observe(vm_id)

    def alone(self, vm_id: str) -> asyncio.Lock:
        """Held while something is done to the VM."""
        return self._locks[vm_uuid(vm_id)]

    async def known(self, vm_id: str) -> VmReport:
        """Raises VmUnknown."""
        report = await self.vm(vm_id)
        if report is None:
            raise VmUnknown(vm=vm_id)
        return report

    async def observe(self, vm_id: str) -> VmReport:
        """The VM as it is now, told if it is news."""
        async with self._observe_locks[vm_id]:  # or an older report could go out after a newer one
            report = await self.known(vm_id)
            if self._reported.get(vm_id) != report:
                self._reported[vm_id] = report
                self._notify(report)
            return report

    async def _why_not_started(self, facts: DomainFacts, err: HypervisorFailed) -> Problem:
        reason = lock_error(err.text.why, facts)
        self._reports.failed(facts.id, facts.title, reason)
        held = await self._holder(facts)
        if held is not None:
            return LeaseHeld(vm=facts.title, resource=held[0], holder=held[1])
        return NotStartable(vm=facts.title, reason=reason)

    async def take_seed_out(self, vm_id: str) -> None:
        await self._threads(self._seeds.take_out, vm_id)

    async def _drop_seed(self, vm_id: str) -> None:
        """When its run is over for certain, and no other has begun."""
        async with self.alone(vm_id):
            report = await self.vm(vm_id)
            if report is None or report.state is VmState.DOWN:
                await self._threads(self._seeds.remove, vm_id)

    async def drop_old_seeds(self) -> None:
        """Those of runs that ended while the agent was away."""
        for vm_id in await self._threads(self._seeds.all):
            await self._drop_seed(vm_id)

    def _forget_old(self) -> None:
        for vm_id in self._reports.ended_long_ago():
            self._reports.forget(vm_id)
            self._reported.pop(vm_id, None)
            console.remove(Path(console_log(self._paths, vm_id)))
            Path(nvram(vm_id)).unlink(missing_ok=True)

    async def _adopt(self) -> None:
        """What an earlier release defined."""
        try:
            for vm_id in await self._threads(self._hypervisor.defined):
                with suppress(HypervisorFailed):  # trivet-ha and the agent do it both
                    await self._threads(self._hypervisor.undefine, vm_id)
                log.info("VM %s was defined by an earlier release and is not any more", vm_id)
        except HypervisorFailed as err:
            log.warning("what an earlier release defined stays for now: %s", err)

    def _spawn(self, vm_id: str, *, after_s: float = 0.0) -> None:
        self._spawn_task(self._changed(vm_id, after_s))

    def _spawn_task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _changed(self, vm_id: str, after_s: float) -> None:
        try:
            if after_s:
                await self._clock.sleep(after_s)
            if (await self.observe(vm_id)).state is VmState.DOWN:
                await self._drop_seed(vm_id)
        except VmUnknown:
            self._reported.pop(vm_id, None)
        except Problem as err:
            log.warning("cannot look at VM %s: %s", vm_id, err)
