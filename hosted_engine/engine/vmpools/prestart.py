"""Keeps as many VMs of each pool running as it wants for whoever comes next."""

import asyncio
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

log = logging.getLogger(__name__)

INTERVAL_S = 10.0
AT_ONCE = 5  # oVirt's VmPoolMonitorBatchSize
PAUSE_S = 300.0  # after a VM that could not be started: oVirt's time between two looks


class PoolStarter:
    """What could not be started is in memory: an engine that starts anew tries at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._failed: dict[str, float] = {}  # when, by the pool

    async def run(self) -> None:
        while True:
            try:
                await self.observe()
            except Exception:
                log.exception("pools of VMs could not be looked at; the next look comes")
            await asyncio.sleep(INTERVAL_S)

    async def observe(self) -> None:
        now = self._engine.clock()
        self._failed = {pool_id: at for pool_id, at in self._failed.items() if now - at < PAUSE_S}
        with self._engine.store.transaction() as tx:
            pools = [pool for pool in tx.of(VmPool).list() if pool.prestarted_vms and pool.id not in self._failed]
            missing = [(pool, vm) for pool in pools for vm in to_prestart(tx, pool, AT_ONCE)]
        for pool, vm in missing:
            if pool.id not in self._failed:
                await self._start(pool, vm, now)

    async def _start(self, pool: VmPool, vm: Vm, now: float) -> None:
        try:
            await (await self._engine.perform(StartVm(id=vm.id, stateless=not pool.stateful), SYSTEM)).wait()
        except Problem as err:
            log.warning("VM %s of pool %s could not be prestarted: %s", vm.name, pool.name, err)
            self._failed[pool.id] = now
            with self._engine.store.transaction() as tx:
                emit(tx, system(now), EventType.VM_FAILED_TO_PRESTART_IN_POOL, vm=vm, pool=pool.name, reason=str(err))
