"""One run of the deploy: look, plan, do, look again; what an earlier run left open is done first."""

from collections.abc import Callable
from dataclasses import dataclass

from gluster.report import StorageReport
from hosted_engine.deploy.added import check_timers_can_change
from hosted_engine.deploy.answers import Answers
from hosted_engine.deploy.connector import Connector
from hosted_engine.deploy.context import DeployContext
from hosted_engine.deploy.folder import Folder
from hosted_engine.deploy.observe import Observer
from hosted_engine.deploy.plan import Observed, PlannedStep, plan, rolling
from hosted_engine.deploy.steps import steps
from hosted_engine.deploy.storage_state import FOUND_S, MADE_S, observe_storage
from hosted_engine.waiting import Poller, WaitedTooLong
from node.api.problems import Failed, Refused
from node.clock import Clock
from node.steps import OnError, Progress, run

NODES_S = 60  # nodes that were just switched on
NODES_FORMED_S = 15
STABLE_S = 60  # an engine that is emulated on a busy machine may miss one question


class NodesUnreachable(Refused):
    what = "The deploy was not begun"
    why = "{reasons}"
    mend = "Check power, network, address, fingerprint and claim code of what is named here"


class TeardownBegun(Refused):
    what = "The deploy was not begun"
    why = "this site is being taken back, and that did not come to its end"
    mend = "Run the same with --take-back until it says that the site is gone; then deploy again"


class NotStable(Failed):
    what = "The deploy did all its steps and the site is still not as it should be"
    why = "these would have to be done again: {left}"
    mend = "Run it again; if it stays so, look into the log of trivet-node on the nodes"


@dataclass(frozen=True, slots=True)
class Done:
    """`steps` were done; none: all was as it should be. `unreachable` nodes are left out, with the reason. `storage` is
    the state of the storage at the end; None when no node could say it. `edited`: see Observed. `waits`: what has to
    wait for the silent nodes."""

    steps: tuple[PlannedStep, ...]
    unreachable: tuple[str, ...]
    storage: StorageReport | None
    edited: bool = False
    waits: str | None = None


class Deploy:
    """`on_step` is called with each step, `on_wait` with what is waited for. To run it, hold the folder's lock."""

    def __init__(
        self,
        answers: Answers,
        folder: Folder,
        connector: Connector,
        clock: Clock,
        *,
        on_step: Callable[[Progress], None],
        on_wait: Callable[[str], None],
    ) -> None:
        decisions = folder.decisions(answers)
        poller = Poller(clock, on_wait)
        self._context = DeployContext(answers, decisions, connector, folder, poller)
        self._observer = Observer(answers, decisions, connector, folder)
        self._on_step = on_step

    async def plan(self) -> tuple[PlannedStep, ...]:
        """What a run would do. Changes nothing."""
        unfinished = self._unfinished()
        return self._plan(await self._observer.observe(), unfinished)

    async def run(self) -> Done:
        """Bring the site up. Raises StepFailed where it stops; run again it goes on from there."""
        folder, answers = self._context.folder, self._context.answers
        unfinished = self._unfinished()
        folder.save(self._context.decisions)
        observed = await self._observe_all_nodes()
        planned = self._plan(observed, unfinished)
        if planned:
            journal = folder.journals.new()
            await run(steps(planned, self._context), journal, on_error=OnError.STOP, report=self._on_step)
            observed = await self._observe_when_stable()
        storage = await observe_storage(
            answers, self._context.connector, self._context.poller, limit_s=MADE_S if planned else FOUND_S
        )
        unreachable = tuple(f"{name}: {reason}" for name, reason in observed.unreachable.items())
        return Done(planned, unreachable, storage, observed.edited, rolling(answers, observed).why_waits)

    def _plan(self, observed: Observed, unfinished: frozenset[str]) -> tuple[PlannedStep, ...]:
        """Raises TimersStay."""
        if rolling(self._context.answers, observed).changes:
            check_timers_can_change(observed.added)
        return plan(self._context.answers, observed, unfinished)

    async def _observe_when_stable(self) -> Observed:
        """The look after which nothing is left to do: an engine that was busy for a moment is asked again. Raises
        NotStable."""
        observed = await self._observer.observe()

        async def why_not() -> str | None:
            nonlocal observed
            if not (left := plan(self._context.answers, observed)):
                return None
            observed = await self._observer.observe()
            return ", ".join(step.key for step in left)

        try:
            await self._context.poller.until("nothing is left to do", why_not, limit_s=STABLE_S)
        except WaitedTooLong as err:
            if left := plan(self._context.answers, observed):
                raise NotStable(left=", ".join(step.key for step in left)) from err
        return observed

    def _unfinished(self) -> frozenset[str]:
        journals = self._context.folder.journals
        if journals.is_tearing_down():
            raise TeardownBegun
        return journals.unfinished()

    async def _observe_all_nodes(self) -> Observed:
        """Give nodes time to answer; without all of them only a site that was whole once is worked on."""
        observed = await self._observer.observe()

        async def why_not() -> str | None:
            nonlocal observed
            if observed.unreachable:
                observed = await self._observer.observe()
            return _format_unreachable(observed) or None

        limit_s = NODES_FORMED_S if observed.formed else NODES_S
        try:
            await self._context.poller.until("all nodes answer", why_not, limit_s=limit_s)
        except WaitedTooLong as err:
            if not observed.formed or not observed.nodes:
                raise NodesUnreachable(reasons=_format_unreachable(observed)) from err
        return observed


def _format_unreachable(observed: Observed) -> str:
    return "; ".join(reason.removesuffix(".") for reason in observed.unreachable.values())
