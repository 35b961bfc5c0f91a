"""Lets VMs go on that QEMU paused over an I/O error, and says what becomes of each: once, and again when it changes."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime

from node.api.problems import Problem, Refused
from node.api.refusals import LeaseTaken
from node.storage.causes import cause
from node.system.threads import Threads
from node.vms.domain_facts import DomainFacts, domain_facts
from node.vms.hypervisor import Domain, DomainAction, Hypervisor, HypervisorFailed
from node.vms.lock_errors import lock_error
from node.vms.states import PAUSED, PAUSED_BY_STORAGE

ROOM_BYTES = 256 << 20  # so that it is not full again at once: four shards of GlusterFS

log = logging.getLogger(__name__)


class StorageFull(Refused):
    what = "VM {vm} does not go on by itself"
    why = "where {path} lies {free} MiB are free, and {wanted} have to be"
    mend = "Make room there, or resume it by hand"


def free_bytes(path: str) -> int:
    """How much may still be written where the file lies."""
    status = os.statvfs(path)
    return status.f_bavail * status.f_frsize


class Resumer:
    """`ready` raises a Problem when something that a domain needs is missing, its volumes and leases among it; `free`
    says how much room there is beside a file, and with less than `room_bytes` a VM whose storage was full waits.
    `taker` names a lease that another host took last, and that host; `since` says when a domain's state began."""

    def __init__(
        self,
        hypervisor: Hypervisor,
        threads: Threads,
        *,
        ready: Callable[[DomainFacts], Awaitable[None]],
        taker: Callable[[DomainFacts], Awaitable[tuple[str, int] | None]],
        since: Callable[[Domain], float],
        free: Callable[[str], int] = free_bytes,
        room_bytes: int = ROOM_BYTES,
    ) -> None:
        self._hypervisor = hypervisor
        self._threads = threads
        self._ready = ready
        self._taker = taker
        self._since = since
        self._free = free
        self._room_bytes = room_bytes
        self._alone = asyncio.Lock()
        self._reasons: dict[str, str] = {}

    async def resume(self) -> None:
        """Try every VM that its storage has paused; one whose storage fails again is paused again at once."""
        async with self._alone:
            domains = await self._threads(self._hypervisor.domains)
            paused = {domain.id: domain for domain in domains if _is_paused(domain)}
            self._reasons = {vm_id: reason for vm_id, reason in self._reasons.items() if vm_id in paused}
            for domain in paused.values():
                await self._try(domain)

    async def resume_one(self, vm_id: str) -> None:
        """Raises LeaseTaken when it has been started on another node since: it is ended then."""
        await self._go_on(domain_facts(await self._threads(self._hypervisor.xml, vm_id)))

    async def _try(self, domain: Domain) -> None:
        since = datetime.fromtimestamp(self._since(domain), UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        reason = await self._why_not_resumed(domain)
        if reason is None:
            self._reasons.pop(domain.id, None)
            log.info("VM %s goes on; its storage had paused it since %s", domain.title, since)
        elif self._reasons.get(domain.id) != reason:
            self._reasons[domain.id] = reason
            log.warning("VM %s is paused by its storage since %s and cannot go on yet: %s", domain.title, since, reason)

    async def _why_not_resumed(self, domain: Domain) -> str | None:
        facts = domain_facts(await self._threads(self._hypervisor.xml, domain.id))
        try:
            await self._go_on(facts, domain)
        except HypervisorFailed as err:
            return lock_error(err.text.why, facts)
        except Problem as err:
            return f"{err.text.what}: {err.text.why}"
        except OSError as err:  # of a file that cannot even be looked at: one in split-brain, say
            return cause(err)
        found = await self._threads(self._hypervisor.find, domain.id)
        return "its storage failed again at once" if found is not None and _is_paused(found) else None

    async def _check_room(self, domain: Domain, facts: DomainFacts) -> None:
        """Raises StorageFull. Nobody may have listened when it was paused."""
        if not domain.no_space:
            with suppress(HypervisorFailed):
                await self._threads(self._hypervisor.watch_errors, domain.id)
            found = await self._threads(self._hypervisor.find, domain.id)
            domain = found if found is not None else domain
        for path in facts.disks if domain.no_space else ():
            free = await self._threads(self._free, path)
            if free < self._room_bytes:
                raise StorageFull(vm=facts.title, path=path, free=free >> 20, wanted=self._room_bytes >> 20)

    async def _go_on(self, facts: DomainFacts, paused: Domain | None = None) -> None:
        """libvirt gives the leases of a paused VM back and takes them again, whoever had them in between: its sanlock
        driver keeps their versions and does not use them. What the VM has in memory of its disks is of an earlier time.
        """
        await self._ready(facts)
        if (taken := await self._taker(facts)) is not None:
            await self._threads(self._hypervisor.act, facts.id, DomainAction.DESTROY)
            raise LeaseTaken(vm=facts.title, resource=taken[0], holder=taken[1])
        if paused is not None:
            await self._check_room(paused, facts)
        await self._threads(self._hypervisor.act, facts.id, DomainAction.RESUME)


def _is_paused(domain: Domain) -> bool:
    return (domain.state, domain.reason) == (PAUSED, PAUSED_BY_STORAGE)
