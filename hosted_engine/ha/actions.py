"""Does the one thing that was decided, through the node's own hands and without its agent: VMs by libvirt."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from typing import Protocol

from hosted_engine.ha.engine_vm_choice import Choice, choose
from hosted_engine.ha.fencer import Fencer
from hosted_engine.ha.states import Action, Outcome
from hosted_engine.ha.view import Decision
from node.api.messages.ha import EngineVmConfig, EngineVmReport
from node.api.messages.vms import VmState
from node.api.problems import Failed, Problem, Refused
from node.api.refusals import LeaseHeld, LockspaceUnknown, NotMounted
from node.clock import Clock
from node.system.threads import Threads
from node.vms.lifecycle import Vms
from node.vms.migration import MigrationLimits, MigrationProgress

log = logging.getLogger(__name__)

ANSWER_S = 10.0  # a QEMU that hangs gives libvirt no answer for ever; ending it asks only the kernel
LEASE_RETRY_S = 3.0  # another start would be refused at once for the same reason
# A stop and a start cost the engine's clients minutes: it may take long, and stand still for some seconds at its end.
MIGRATION = MigrationLimits(downtime_ms=500, longest_downtime_ms=10_000, time_s=300)
IMAGE_LOCKED = ('Failed to get "write" lock', 'Failed to get shared "write" lock')


class Configurations(Protocol):
    """The engine VM's on the volume; both raise OSError, and block."""

    def read(self) -> EngineVmReport: ...
    def note_tried(self, config: EngineVmConfig, why: str = "") -> None: ...


class Actor:
    """One action at a time, beside the loop: a start may wait for its lease, a shutdown for its guest.

    `addresses` of the members by host id: a running engine is moved without any name server.
    """

    def __init__(
        self,
        vms: Vms,
        vm_id: str,
        configurations: Configurations,
        *,
        threads: Threads,
        clock: Clock,
        addresses: Mapping[int, str],
        fencer: Fencer,
    ) -> None:
        self._vms = vms
        self._vm_id = vm_id
        self._configurations = configurations
        self._threads = threads
        self._fencer = fencer
        self._clock = clock
        self._addresses = addresses
        self._choice: Choice | None = None  # of the start that runs
        self._task: asyncio.Task[Outcome] | None = None
        self.running: Action | None = None
        self.reason = ""
        """Why the last action failed or waits, in words."""

    def begin(self, decision: Decision) -> None:
        self.running = decision.action
        self._task = asyncio.get_running_loop().create_task(self._do(decision))

    def take_ended(self) -> tuple[Action, Outcome] | None:
        """The action that has ended since the last question, and how."""
        if self.running is None or self._task is None or not self._task.done():
            return None
        ended = (self.running, self._task.result())
        self.running, self._task = None, None
        return ended

    async def wait_ended(self) -> None:
        """Return when the action that runs has ended; for ever while none runs."""
        await asyncio.wait([self._task or asyncio.get_running_loop().create_future()])

    async def _do(self, decision: Decision) -> Outcome:
        self.reason, action = "", decision.action
        try:
            await self._run(decision)
        except (LeaseHeld, LockspaceUnknown, NotMounted, ConfigurationUnread) as err:
            # After an outage a node is back in its lockspace some 20 s after its storage: that says nothing of the VM.
            return await self._lease_held_outcome(err)
        except Problem as err:
            if any(words in str(err) for words in IMAGE_LOCKED):  # QEMU opens its disks before it gets the lease
                return await self._lease_held_outcome(err)
            if action is Action.START and await self._is_active():
                return Outcome.DONE
            self.reason = str(err)
            log.warning("%s: %s", action, err)
            if action is Action.START:
                await self._note_tried(str(err))
            return Outcome.FAILED
        except Exception:  # the loop must live on, whatever libvirt's binding throws
            log.exception("%s", action)
            self.reason = "an unexpected error; see the log of trivet-ha"
            return Outcome.FAILED
        return Outcome.DONE

    def _note_progress(self, progress: MigrationProgress) -> None:
        left, whole = progress.remaining_bytes >> 20, progress.total_bytes >> 20
        log.info(
            "the engine VM is leaving: %d of %d MiB are left to send after %.0f s", left, whole, progress.elapsed_s
        )

    async def _is_active(self) -> bool:
        """Somebody else was quicker: the deploy, the agent, or an operator."""
        try:
            report = await self._vms.vm(self._vm_id)
        except Problem:
            return False
        return report is not None and report.state is not VmState.DOWN

    async def _lease_held_outcome(self, err: Problem) -> Outcome:
        self.reason = str(err)
        await self._clock.sleep(LEASE_RETRY_S)
        return Outcome.LEASE_HELD

    async def _run(self, decision: Decision) -> None:
        vm_id, action, target = self._vm_id, decision.action, decision.target
        match action:
            case Action.START:
                await self._start()
            case Action.STOP:
                await _in_time(self._vms.shutdown_vm(vm_id), action)
            case Action.DESTROY:
                await self._vms.destroy_vm(vm_id)
            case Action.RESUME:
                await _in_time(self._vms.resume_vm(vm_id), action)
            case Action.MIGRATE if (address := self._addresses.get(target or 0)) is not None:
                await self._vms.migrate(vm_id, address, MIGRATION, notify=self._note_progress)
            case Action.FENCE if target is not None:
                await self._fencer.fence(target)
            case Action.FREE_HOST_ID if target is not None:
                await self._fencer.free_host_id(target)
            case _:
                raise NotPossible(action=action)

    async def _start(self) -> None:
        self._choice = None
        self._choice = choice = choose(await self._read_configurations())
        log.info("starting the engine VM; its configuration: %s", choice.reason)
        await self._vms.start_vm(choice.config)
        await self._note_tried("")

    async def _read_configurations(self) -> EngineVmReport:
        """Raises ConfigurationUnread, EngineVmFileDamaged."""
        try:
            return await asyncio.wait_for(self._threads(self._configurations.read), ANSWER_S)
        except (OSError, TimeoutError) as err:
            raise ConfigurationUnread(reason=str(err) or "the volume does not answer") from err

    async def _note_tried(self, why: str) -> None:
        """That a configuration was started with. Where the volume does not take it now, whoever sees the VM run notes
        it later; where nobody does, it is tried once more."""
        choice = self._choice
        if choice is None or not choice.on_trial:
            return
        try:
            await asyncio.wait_for(self._threads(self._configurations.note_tried, choice.config, why), ANSWER_S)
        except (OSError, TimeoutError) as err:
            log.warning("that a configuration of the engine VM is tried cannot be written down yet: %s", err)


async def _in_time(answer: Awaitable[object], action: Action) -> None:
    """Raises NoAnswer; the thread that waits for libvirt is left behind."""
    try:
        await asyncio.wait_for(answer, ANSWER_S)
    except TimeoutError as err:
        raise NoAnswer(action=action, seconds=f"{ANSWER_S:.0f}") from err


class NoAnswer(Failed):
    what = "The engine VM did not {action}"
    why = "its QEMU gave libvirt no answer within {seconds} s"
    mend = "Nothing: a QEMU that hangs is ended by force"


class ConfigurationUnread(Refused):
    what = "The engine VM was not started"
    why = "its configuration cannot be read from volume engine: {reason}"
    mend = "Nothing: it is tried again"


class NotPossible(Refused):
    what = "trivet-ha did not do {action}"
    why = "it cannot yet"
    mend = "Nothing: it goes another way"
