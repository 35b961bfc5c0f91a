"""One run of the deploy: look, plan, do, look again; what an earlier run left open is done first."""

from collections.abc import Callable
from dataclasses import dataclass

from gluster.report import StorageReport
from hosted_engine.deploy.added import check_timers_can_change
from hosted_engine.deploy.answers import Answers
from hosted_engine.deploy.folder import Folder
from hosted_engine.deploy.observe import Observer
from hosted_engine.deploy.plan import Observed, Todo, plan, rolling
from hosted_engine.deploy.reach import Reach
from hosted_engine.deploy.steps import steps
from hosted_engine.deploy.storage_state import FOUND_S, MADE_S, observe_storage
from hosted_engine.deploy.work import Work
from hosted_engine.waiting import Poller, WaitedTooLong
from node.api.problems import Failed, Refused
from node.steps import OnError, Progress, run
from node.system.clock import Clock

NODES_S = 60  # nodes that were just switched on
NODES_FORMED_S = 15
SETTLE_S = 60  # an engine that is emulated on a busy machine may miss one question


class NodesSilent(Refused):
    what = "The deploy was not begun"
    why = "{reasons}"
    mend = "Check power, network, address, fingerprint and claim code of what is named here"


class GoingBack(Refused):
    what = "The deploy was not begun"
    why = "this site is being taken back, and that did not come to its end"
    mend = "Run the same with --take-back until it says that the site is gone; then deploy again"


class NotSettled(Failed):
    what = "The deploy did all its steps and the site is still not as it should be"
    why = "these would have to be done again: {left}"
    mend = "Run it again; if it stays so, look into the log of trivet-node on the nodes"


@dataclass(frozen=True, slots=True)
class Done:
    """`todos` were done; none: all was as it should be. `silent` nodes are left out, with the reason. `storage` is the
    state of the storage at the end; None when no node could say it. `edited`: see Observed. `waits`: what has to wait
    for the silent nodes."""

    todos: tuple[Todo, ...]
    silent: tuple[str, ...]
    storage: StorageReport | None
    edited: bool = False
    waits: str | None = None


class Deploy:
    """`tell_step` hears of steps, `tell_wait` of what is waited for. To run it, hold the folder's lock."""

    def __init__(
        self,
        answers: Answers,
        folder: Folder,
        reach: Reach,
        clock: Clock,
        *,
        tell_step: Callable[[Progress], None],
        tell_wait: Callable[[str], None],
    ) -> None:
        decisions = folder.decisions(answers)
        poller = Poller(clock, tell_wait)
        self._work = Work(answers, decisions, reach, folder, poller)
        self._observer = Observer(answers, decisions, reach, folder)
        self._tell_step = tell_step

    async def plan(self) -> tuple[Todo, ...]:
        """What a run would do. Changes nothing."""
        unfinished = self._unfinished()
        return self._plan(await self._observer.look(), unfinished)

    async def run(self) -> Done:
        """Bring the site up. Raises StepFailed where it stops; run again it goes on from there."""
        folder, answers = self._work.folder, self._work.answers
        unfinished = self._unfinished()
        folder.keep(self._work.decisions)
        seen = await self._look_at_all_nodes()
        todos = self._plan(seen, unfinished)
        if todos:
            journal = folder.journals.new()
            await run(steps(todos, self._work), journal, on_error=OnError.STOP, tell=self._tell_step)
            seen = await self._look_when_settled()
        storage = await observe_storage(
            answers, self._work.reach, self._work.poller, limit_s=MADE_S if todos else FOUND_S
        )
        silent = tuple(f"{name}: {reason}" for name, reason in seen.silent.items())
        return Done(todos, silent, storage, seen.edited, rolling(answers, seen).why_waits)

    def _plan(self, seen: Observed, unfinished: frozenset[str]) -> tuple[Todo, ...]:
        """Raises TimersStay."""
        if rolling(self._work.answers, seen).changes:
            check_timers_can_change(seen.added)
        return plan(self._work.answers, seen, unfinished)

    async def _look_when_settled(self) -> Observed:
        """The look after which nothing is left to do: an engine that was busy for a moment is asked again. Raises
        NotSettled."""
        seen = await self._observer.look()

        async def why_not() -> str | None:
            nonlocal seen
            if not (left := plan(self._work.answers, seen)):
                return None
            seen = await self._observer.look()
            return ", ".join(todo.key for todo in left)

        try:
            await self._work.poller.until("nothing is left to do", why_not, limit_s=SETTLE_S)
        except WaitedTooLong as err:
            if left := plan(self._work.answers, seen):
                raise NotSettled(left=", ".join(todo.key for todo in left)) from err
        return seen

    def _unfinished(self) -> frozenset[str]:
        journals = self._work.folder.journals
        if journals.going_back():
            raise GoingBack
        return journals.unfinished()

    async def _look_at_all_nodes(self) -> Observed:
        """Give nodes time to answer; without all of them only a site that was whole once is worked on."""
        seen = await self._observer.look()

        async def why_not() -> str | None:
            nonlocal seen
            if seen.silent:
                seen = await self._observer.look()
            return _words(seen) or None

        limit_s = NODES_FORMED_S if seen.formed else NODES_S
        try:
            await self._work.poller.until("all nodes answer", why_not, limit_s=limit_s)
        except WaitedTooLong as err:
            if not seen.formed or not seen.nodes:
                raise NodesSilent(reasons=_words(seen)) from err
        return seen


def _words(seen: Observed) -> str:
    return "; ".join(reason.removesuffix(".") for reason in seen.silent.values())
