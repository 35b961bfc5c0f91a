"""Takes memory from VMs while this node is short of it, down to what they are guaranteed, and gives it back."""

import logging
from collections.abc import Callable

from node.api.problems import Problem
from node.clock import Clock
from node.observe.parse import Memory
from node.system.threads import Threads
from node.vms.balloon import Balloon, is_balanced, plan
from node.vms.domain_facts import domain_facts
from node.vms.hypervisor import Domain, Hypervisor, Move
from node.vms.states import BLOCKED, RUNNING

log = logging.getLogger(__name__)

EVERY_S = 10.0  # as often as guests report (domain_devices)


class BalloonController:
    """`threads` are its own: a QEMU that hangs is waited for. `memory` is that of the node."""

    def __init__(self, hypervisor: Hypervisor, threads: Threads, *, memory: Callable[[], Memory], clock: Clock) -> None:
        self._hypervisor = hypervisor
        self._threads = threads
        self._memory = memory
        self._clock = clock
        self._warned: set[str] = set()

    async def run(self) -> None:
        while True:
            try:
                await self._threads(self.adjust)
            except Problem as err:
                self._warn_once(str(err))
            await self._clock.sleep(EVERY_S)

    def adjust(self) -> None:
        """Once; blocks."""
        memory = self._memory()
        free = memory.available_bytes / memory.total_bytes
        if is_balanced(free):
            return
        domains = [domain for domain in self._hypervisor.domains() if _is_running(domain)]
        titles = {domain.id: domain.title for domain in domains}
        for step in plan(free, filter(None, map(self._balloon, domains))):
            try:
                self._hypervisor.set_balloon(step.vm_id, step.kib)
            except Problem as err:
                self._warn_once(str(err))
            else:
                title = titles[step.vm_id]
                log.info("VM %s has %d MiB; free of this node: %d %%", title, step.kib >> 10, round(100 * free))

    def _balloon(self, domain: Domain) -> Balloon | None:
        """None of one that has nothing to give and lacks nothing, or does not answer."""
        try:
            guaranteed = domain_facts(self._hypervisor.xml(domain.id)).guaranteed_kib
            if guaranteed is None and domain.balloon_kib == domain.memory_kib:
                return None
            unused = self._hypervisor.unused_memory(domain.id)
        except Problem as err:
            self._warn_once(str(err))
            return None
        return Balloon(
            vm_id=domain.id,
            memory_kib=domain.memory_kib,
            guaranteed_kib=domain.memory_kib if guaranteed is None else guaranteed,
            kib=domain.balloon_kib,
            unused_kib=unused,
        )

    def _warn_once(self, trouble: str) -> None:
        if trouble not in self._warned:
            self._warned.add(trouble)
            log.warning("the memory of VMs is not balanced: %s", trouble)


def _is_running(domain: Domain) -> bool:
    return domain.state in (RUNNING, BLOCKED) and domain.move is Move.NONE
