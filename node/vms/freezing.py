"""Holds the file systems of guests still while somebody makes a copy of their disks, and never for longer."""

import asyncio
import logging
from pathlib import Path

from node.api.messages.vms import VmState
from node.api.refusals import NotFrozen, vm_uuid
from node.clock import Clock
from node.system.files import sync_folder, write_durable
from node.system.threads import Threads
from node.vms.hypervisor import Hypervisor, HypervisorFailed
from node.vms.states import state_of

log = logging.getLogger(__name__)

AGAIN_S = 10.0  # until what could not be thawed is tried again
LONGEST_S = 120.0  # after which it is thawed whatever happens: a guest that cannot write hangs


class Freezing:
    """Which guests are frozen is in files of `folder`: an agent that starts anew thaws them."""

    def __init__(self, hypervisor: Hypervisor, threads: Threads, clock: Clock, folder: Path) -> None:
        self._hypervisor = hypervisor
        self._threads = threads
        self._clock = clock
        self._folder = folder
        self._timers: dict[str, asyncio.Task[None]] = {}

    async def freeze_vm(self, vm_id: str) -> int:
        """How many file systems stand still. Raises NotFrozen."""
        name = await self._running(vm_id)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durable(self._folder / vm_id, name.encode())
        self._stop_timer(vm_id)
        try:
            count = await self._threads(self._hypervisor.freeze, vm_id)
        except HypervisorFailed as err:
            await self._thaw(vm_id)  # it may do late what it did not in time
            raise NotFrozen(vm=name, reason=err.text.why) from err
        self._timers[vm_id] = asyncio.get_running_loop().create_task(self._thaw_late(vm_id, name))
        return count

    async def thaw_vm(self, vm_id: str) -> int:
        """How many go on: none where none stood still. Raises NotFrozen, HypervisorFailed."""
        await self._running(vm_id)
        self._stop_timer(vm_id)
        count = await self._threads(self._hypervisor.thaw, vm_id)
        self._note_thawed(vm_id)
        return count

    async def thaw_left(self) -> None:
        """Those that an agent before this one froze, however long libvirt takes to be there."""
        while left := sorted(self._folder.glob("*")):
            for file in left:
                log.warning("VM %s was frozen when the agent ended; it is thawed", file.read_text())
                await self._thaw(file.name)
            if any(file.exists() for file in left):
                await self._clock.sleep(AGAIN_S)

    async def _thaw_late(self, vm_id: str, name: str) -> None:
        await self._clock.sleep(LONGEST_S)
        log.warning("VM %s is frozen since %.0f s; it is thawed", name, LONGEST_S)
        self._timers.pop(vm_id, None)
        await self._thaw(vm_id)

    async def _thaw(self, vm_id: str) -> None:
        try:
            if await self._threads(self._hypervisor.find, vm_id) is not None:
                await self._threads(self._hypervisor.thaw, vm_id)
        except HypervisorFailed as err:
            log.warning("cannot thaw VM %s: %s", vm_id, err.text.why)
        else:
            self._note_thawed(vm_id)

    def _note_thawed(self, vm_id: str) -> None:
        file = self._folder / vm_id
        if file.exists():
            file.unlink()
            sync_folder(self._folder)

    def _stop_timer(self, vm_id: str) -> None:
        if (timer := self._timers.pop(vm_id, None)) is not None:
            timer.cancel()

    async def _running(self, vm_id: str) -> str:
        """Its name."""
        domain = await self._threads(self._hypervisor.find, vm_uuid(vm_id))
        if domain is None:
            raise NotFrozen(vm=vm_id, reason="it does not run on this node")
        if (state := state_of(domain.state, domain.reason)[0]) is not VmState.UP:
            raise NotFrozen(vm=domain.title, reason=f"it is {state}")
        return domain.title
