"""One run that takes a site back: look, refuse what is in use, undo the steps of the deploys, the last first."""

import re
from collections.abc import Callable

from hosted_engine.deploy import teardown_plan
from hosted_engine.deploy.answers import Answers
from hosted_engine.deploy.connector import Connector
from hosted_engine.deploy.context import DeployContext
from hosted_engine.deploy.folder import Folder
from hosted_engine.deploy.plan import PlannedStep
from hosted_engine.deploy.steps import teardown_steps
from hosted_engine.deploy.teardown_observe import TeardownObserver
from hosted_engine.deploy.teardown_plan import Done, RemainingState
from hosted_engine.waiting import Poller, WaitedTooLong
from node.api.messages.identity import CLAIM_CODE
from node.api.problems import Refused
from node.clock import Clock
from node.steps import OnError, Progress, run

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


class Teardown:
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
        decisions = folder.decisions(answers, to_remove=True)
        self._context = DeployContext(answers, decisions, connector, folder, Poller(clock, on_wait))
        self._observer = TeardownObserver(answers, decisions, connector, folder)
        self._on_step = on_step

    async def plan(self) -> tuple[PlannedStep, ...]:
        """What a run would do. Changes nothing; raises Refused when a run would."""
        answers, journals = self._context.answers, self._journals()
        if not journals.begun:
            return ()
        left = await self._observe_all_nodes(journals)
        self._check(left, journals)
        return teardown_plan.teardown_plan(answers, left.own, journals)

    async def run(self) -> tuple[PlannedStep, ...]:
        """Take the site back. Raises StepFailed where it stops; run again it goes on from there."""
        steps, folder = await self.plan(), self._context.folder
        if steps:
            journal = folder.journals.new(back=True)
            await run(teardown_steps(steps, self._context), journal, on_error=OnError.STOP, report=self._on_step)
        folder.clear()
        return steps

    def _journals(self) -> Done:
        journals = self._context.folder.journals
        return Done(begun=journals.begun(), done=journals.done(), back=journals.teardown_begun())

    def _check(self, left: RemainingState, journals: Done) -> None:
        nodes = self._context.answers.nodes
        if codeless := [node.name for node in nodes if not re.fullmatch(CLAIM_CODE, node.claim_code)]:
            raise CodesMissing(nodes=", ".join(codeless))
        if (reasons := teardown_plan.why_strangers(left, journals)) is not None:
            raise Forgotten(reasons=reasons)
        if (reasons := teardown_plan.why_in_use(self._context.decisions, left, journals)) is not None:
            raise InUse(reasons=reasons)

    async def _observe_all_nodes(self, journals: Done) -> RemainingState:
        """Only a node that no deploy has touched may be silent."""
        left = await self._observer.observe()

        async def why_not() -> str | None:
            nonlocal left
            if teardown_plan.why_unreachable(left, journals) is not None:
                left = await self._observer.observe()
            return teardown_plan.why_unreachable(left, journals)

        try:
            await self._context.poller.until("all nodes answer", why_not, limit_s=NODES_S)
        except WaitedTooLong as err:
            raise NodesAway(reasons=err.values["reason"]) from err
        return left
