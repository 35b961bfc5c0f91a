"""Keeps as many VMs of each pool running as it wants for whoever comes next."""

import logging

from hosted_engine.engine.engine import Engine
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.users.model import SYSTEM
from hosted_engine.engine.vmpools.members import to_prestart
from hosted_engine.engine.vmpools.model import VmPool
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.lifecycle import system
from hosted_engine.engine.vms.model import Vm
from node.api.problems import Problem
from node.periodic import Retries

log = logging.getLogger(__name__)

INTERVAL_S = 10.0
AT_ONCE = 5  # oVirt's VmPoolMonitorBatchSize
PAUSE_S = 300.0  # after a VM that could not be started: oVirt's time between two looks


class PoolStarter:
    """An engine that starts anew tries at once what could not be started."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._retries = Retries(PAUSE_S)

    async def run(self) -> None:
        await self._engine.periodically(INTERVAL_S, self.observe, trouble="pools of VMs could not be looked at")

    async def observe(self) -> None:
        now = self._engine.clock()
        with self._engine.store.transaction() as tx:
            due = [pool for pool in tx.of(VmPool).list() if self._retries.is_due(pool.id, now)]
            missing = [(pool, vm) for pool in due if pool.prestarted_vms for vm in to_prestart(tx, pool, AT_ONCE)]
        for pool, vm in missing:
            if self._retries.is_due(pool.id, now):
                await self._start(pool, vm, now)

    async def _start(self, pool: VmPool, vm: Vm, now: float) -> None:
        try:
            await (await self._engine.perform(StartVm(id=vm.id, stateless=not pool.stateful), SYSTEM)).wait()
        except Problem as err:
            log.warning("VM %s of pool %s could not be prestarted: %s", vm.name, pool.name, err)
            self._retries.note(pool.id, now)
            with self._engine.store.transaction() as tx:
                emit(tx, system(now), EventType.VM_FAILED_TO_PRESTART_IN_POOL, vm=vm, pool=pool.name, reason=str(err))
