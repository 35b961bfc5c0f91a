"""Asks the agents in guests what they know, tells what is new, and forgets a guest whose agent has ended."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from node.api.messages.guests import GuestReport
from node.clock import Clock
from node.system.threads import Threads
from node.vms.guest_info import differs, guest_report
from node.vms.hypervisor import Hypervisor, HypervisorFailed

log = logging.getLogger(__name__)

POLL_S = 10.0
SLOW_S = 60.0  # until one that gave no answer is asked again, so that it does not take the threads of the others
FORGET_S = 120.0  # without an answer: an agent that hangs knows nothing any more


class GuestWatch:
    """One question at a time to each guest. `threads` are for these alone: an agent that hangs holds one of them for
    some seconds, and nobody else."""

    def __init__(
        self,
        hypervisor: Hypervisor,
        threads: Threads,
        quick: Threads,
        clock: Clock,
        *,
        notify: Callable[[GuestReport], None],
    ) -> None:
        self._hypervisor = hypervisor
        self._threads = threads
        self._quick = quick
        self._clock = clock
        self._notify = notify
        self._known: dict[str, GuestReport] = {}
        self._answered_at: dict[str, float] = {}
        self._ask_at: dict[str, float] = {}
        self._asking: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def guests(self) -> tuple[GuestReport, ...]:
        """All of which something is known."""
        return tuple(self._known.values())

    async def run(self) -> None:
        loop = asyncio.get_running_loop()

        def changed(vm_id: str, *, resumed: bool = False) -> None:
            loop.call_soon_threadsafe(self._spawn, self._changed(vm_id, resumed=resumed))

        self._hypervisor.watch_guests(changed, partial(changed, resumed=True))
        while True:
            await self.poll()
            await self._clock.sleep(POLL_S)

    async def poll(self) -> None:
        """Begin to ask all that are due."""
        try:
            domains = await self._quick(self._hypervisor.domains)
        except HypervisorFailed as err:
            log.warning("cannot look which guests have an agent: %s", err.text.why)
            return
        now, talking = self._clock.monotonic(), {domain.id for domain in domains if domain.guest_agent}
        for vm_id in self._known.keys() - talking:
            self._forget(vm_id)
        for vm_id in talking:
            if now >= self._ask_at.get(vm_id, now):
                self._begin(vm_id)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _changed(self, vm_id: str, *, resumed: bool) -> None:
        """Its agent has come or gone, or it goes on after a while in which its clock stood still."""
        try:
            domain = await self._quick(self._hypervisor.find, vm_id)
        except HypervisorFailed as err:
            log.warning("cannot look whether the guest of %s has an agent: %s", vm_id, err.text.why)
            return
        if domain is None or not domain.guest_agent:
            self._forget(vm_id)
            return
        if resumed:
            await self._set_clock(vm_id)
        self._begin(vm_id)

    async def _set_clock(self, vm_id: str) -> None:
        try:
            await self._threads(lambda: self._hypervisor.set_time(vm_id, self._clock.now()))
        except HypervisorFailed as err:
            log.warning("the clock of the guest of %s was not set after it stood still: %s", vm_id, err.text.why)

    def _begin(self, vm_id: str) -> None:
        if vm_id in self._asking:
            return
        self._asking.add(vm_id)
        self._spawn(self._ask(vm_id))

    async def _ask(self, vm_id: str) -> None:
        try:
            version, parameters = await self._threads(self._hypervisor.guest_info, vm_id)
        except HypervisorFailed:
            self._ask_at[vm_id] = self._clock.monotonic() + SLOW_S
            if self._clock.monotonic() - self._answered_at.get(vm_id, self._clock.monotonic()) > FORGET_S:
                self._forget(vm_id)
            return
        finally:
            self._asking.discard(vm_id)
        self._ask_at.pop(vm_id, None)
        self._answered_at[vm_id] = self._clock.monotonic()
        report = guest_report(vm_id, parameters, version)
        changed = differs(self._known.get(vm_id), report)
        self._known[vm_id] = report
        if changed:
            self._notify(report)

    def _forget(self, vm_id: str) -> None:
        self._ask_at.pop(vm_id, None)
        self._answered_at.pop(vm_id, None)
        if self._known.pop(vm_id, None) is not None:
            self._notify(GuestReport(vm_id=vm_id, talks=False))
