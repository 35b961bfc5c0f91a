"""Steps that give sanlock its timers: at once on a node that holds nothing, else while the engine is elsewhere."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from hosted_engine.deploy import desired_state
from hosted_engine.deploy.added import check_none_added
from hosted_engine.deploy.context import DeployContext
from hosted_engine.deploy.engine_vm import HEALTH_S
from hosted_engine.deploy.plan import PlannedStep
from hosted_engine.deploy.rolling import REASON, why_not_set
from node.api.messages.ha import MaintenanceRequest
from node.api.messages.vms import VmState
from node.api.problems import NodeNonResponsive, Problem

BEGUN = MaintenanceRequest(reason=REASON)
MOVE_S = 600  # a guest that is emulated on a busy machine needs minutes to stop, and to boot elsewhere


class Timers:
    def __init__(self, context: DeployContext) -> None:
        self._context = context

    async def give(self, step: PlannedStep) -> None:
        for name in step.nodes:
            await self._set(name)

    async def roll(self, step: PlannedStep) -> None:
        """Cut off anywhere, the node stays in maintenance and the step is planned again; one that fails lets it go on
        as before: a node with a VM that holds a lease is named by its own refusal."""
        (name,) = step.nodes
        if not await self._is_done(name):
            await check_none_added(self._context)
            await self._begin_maintenance(name)
            try:
                await self._until(f"the engine is not on {name}", partial(self._why_still_here, name), MOVE_S)
                await self._set(name)
            except Problem:
                with suppress(Problem):
                    await self._end_maintenance(name)
                raise
            await self._end_maintenance(name)
        await self._until("the engine serves", self._engine_health, HEALTH_S)

    async def _is_done(self, name: str) -> bool:
        async with self._context.member(name) as api:
            return (await api.ha()).reason != REASON and why_not_set(
                self._context.answers, await api.lease_timers()
            ) is None

    async def _why_still_here(self, name: str) -> str | None:
        """trivet-ha gives it to another node. Where there is none it is asked to stop: it comes back afterwards."""
        vm_id = self._context.decisions.engine_vm_id
        try:
            async with self._context.member(name) as api:
                report = await api.vm(vm_id)
                if report is None or report.state is VmState.DOWN:
                    return None
                if len(self._context.answers.nodes) == 1 and report.state is VmState.UP:
                    await api.shutdown_vm(vm_id)
        except NodeNonResponsive as err:
            return str(err)
        return f"the engine VM is {report.state} there (trivet ha why says what it waits for)"

    async def _set(self, name: str) -> None:
        async with self._context.member(name) as api:
            await api.set_lease_timers(desired_state.lease_timers(self._context.answers))

    async def _begin_maintenance(self, name: str) -> None:
        """One that somebody else has begun will do, and is not ended either."""
        async with self._context.member(name) as api:
            if not (await api.ha()).maintenance:
                await api.begin_maintenance(BEGUN)

    async def _end_maintenance(self, name: str) -> None:
        async with self._context.member(name) as api:
            if (await api.ha()).reason == REASON:
                await api.end_maintenance()

    async def _engine_health(self) -> str | None:
        engine = self._context.connector.engine(self._context.answers, self._context.decisions)
        return await engine.why_not_healthy()

    async def _until(self, what: str, why_not: Callable[[], Awaitable[str | None]], limit_s: float) -> None:
        await self._context.poller.until(what, why_not, limit_s=limit_s)
