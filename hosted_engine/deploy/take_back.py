"""One run that takes a site back: look, refuse what is in use, undo the steps of the deploys, the last first."""

import re
from collections.abc import Callable

from hosted_engine.deploy import back_plan
from hosted_engine.deploy.answers import Answers
from hosted_engine.deploy.back_look import BackObserver
from hosted_engine.deploy.back_plan import Done, Left
from hosted_engine.deploy.folder import Folder
from hosted_engine.deploy.plan import Todo
from hosted_engine.deploy.reach import Reach
from hosted_engine.deploy.steps import back_steps
from hosted_engine.deploy.work import Work
from hosted_engine.waiting import Poller, WaitedTooLong
from node.api.messages.identity import CLAIM_CODE
from node.api.problems import Refused
from node.steps import OnError, Progress, run
from node.system.clock import Clock

NODES_S = 60


class NodesAway(Refused):
    what = "Nothing was taken back"
    why = "{reasons}"
    mend = "All nodes have to answer: check power, network and address of what is named here"


class InUse(Refused):
    what = "Nothing was taken back"
    why = "the site is in use: {reasons}"
    mend = "Remove hosts, VMs and disks through the engine, other files by hand, and run it again"


class Forgotten(Refused):
    what = "Nothing was taken back"
    why = "{reasons}"
    mend = "Run the deploy, which makes it a member again; then take the site back"


class CodesMissing(Refused):
    what = "Nothing was taken back"
    why = "a node that leaves takes the claim code of the answers, and that of {nodes} is none"
    mend = "Write codes such as 2A4C-6E8G-2J4L-6N8Q into them, one of your own for each node"


class TakeBack:
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
        decisions = folder.decisions(answers, to_remove=True)
        self._work = Work(answers, decisions, reach, folder, Poller(clock, tell_wait))
        self._observer = BackObserver(answers, decisions, reach, folder)
        self._tell_step = tell_step

    async def plan(self) -> tuple[Todo, ...]:
        """What a run would do. Changes nothing; raises Refused when a run would."""
        answers, journals = self._work.answers, self._journals()
        if not journals.begun:
            return ()
        left = await self._look_at_all_nodes(journals)
        self._check(left, journals)
        return back_plan.plan_back(answers, left.own, journals)

    async def run(self) -> tuple[Todo, ...]:
        """Take the site back. Raises StepFailed where it stops; run again it goes on from there."""
        todos, folder = await self.plan(), self._work.folder
        if todos:
            journal = folder.journals.new(back=True)
            await run(back_steps(todos, self._work), journal, on_error=OnError.STOP, tell=self._tell_step)
        folder.clear()
        return todos

    def _journals(self) -> Done:
        journals = self._work.folder.journals
        return Done(begun=journals.begun(), done=journals.done(), back=journals.begun_back())

    def _check(self, left: Left, journals: Done) -> None:
        nodes = self._work.answers.nodes
        if codeless := [node.name for node in nodes if not re.fullmatch(CLAIM_CODE, node.claim_code)]:
            raise CodesMissing(nodes=", ".join(codeless))
        if (reasons := back_plan.why_strangers(left, journals)) is not None:
            raise Forgotten(reasons=reasons)
        if (reasons := back_plan.why_in_use(self._work.decisions, left, journals)) is not None:
            raise InUse(reasons=reasons)

    async def _look_at_all_nodes(self, journals: Done) -> Left:
        """Only a node that no deploy has touched may be silent."""
        left = await self._observer.look()

        async def why_not() -> str | None:
            nonlocal left
            if back_plan.why_silent(left, journals) is not None:
                left = await self._observer.look()
            return back_plan.why_silent(left, journals)

        try:
            await self._work.poller.until("all nodes answer", why_not, limit_s=NODES_S)
        except WaitedTooLong as err:
            raise NodesAway(reasons=err.values["reason"]) from err
        return left
