"""Highly available VMs: which of them are to be started again, and when. Pure but for the loop at the end.

A VM is started again when it is down for certain and nobody wished it so: its process ended, or its host came back
without it. One whose host does not answer is left alone: it may well run.
"""

import logging

from hosted_engine.engine.engine import Engine
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.users.model import SYSTEM
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.lifecycle import system
from hosted_engine.engine.vms.model import Origin, Vm, VmStatus
from node.api.messages.vms import DownReason
from node.api.problems import Problem
from node.periodic import Retries

log = logging.getLogger(__name__)

UNWANTED = frozenset({DownReason.CRASHED, DownReason.LOST})
TRIES = 10  # oVirt's number of retries
PAUSE_S = 30.0  # oVirt's time between two
INTERVAL_S = 2.0


def to_start(tx: Transaction, retries: Retries, now: float) -> list[Vm]:
    """Those whose turn it is, the most important first."""
    down = tx.vms.list(status=VmStatus.DOWN, high_availability=True, stop_reason=UNWANTED)
    due = [vm for vm in down if vm.origin is not Origin.MANAGED_HOSTED_ENGINE and retries.is_due(vm.id, now)]
    return sorted(due, key=lambda vm: (-vm.high_availability_priority, vm.name))


class HaRunner:
    """Starts them, one after the other. An engine that starts anew tries again."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._retries = Retries(PAUSE_S, limit=TRIES)

    async def run(self) -> None:
        trouble = "highly available VMs could not be looked at"
        await self._engine.periodically(INTERVAL_S, self.observe, trouble=trouble)

    async def observe(self) -> None:
        now = self._engine.clock()
        with self._engine.store.transaction() as tx:
            vms = to_start(tx, self._retries, now)
            down = {vm.id for vm in tx.vms.list(status=VmStatus.DOWN)}
        self._retries.forget_others(down)
        for vm in vms:
            await self._start(vm, now)

    async def _start(self, vm: Vm, now: float) -> None:
        times = self._retries.note(vm.id, now)
        if times == 1:
            with self._engine.store.transaction() as tx:
                emit(tx, system(now), EventType.HA_VM_FAILED, vm=vm)
        try:
            await (await self._engine.perform(StartVm(id=vm.id, again=vm.stop_reason), SYSTEM)).wait()
        except Problem as err:
            log.warning("VM %s, try %d: %s", vm.name, times, err)
            if times == TRIES:
                with self._engine.store.transaction() as tx:
                    emit(tx, system(now), EventType.HA_VM_RESTART_FAILED, vm=vm, reason=str(err))
