"""Looks at the true state of the storage at the end of a deploy: a site over a lost brick is not as it should be."""

from contextlib import suppress

from gluster.diagnosis.problem import Health
from gluster.report import StorageReport
from hosted_engine.deploy.answers import Answers, NodeAnswers
from hosted_engine.deploy.connector import Connector
from hosted_engine.waiting import Poller, WaitedTooLong
from node.api.problems import Problem

MADE_S = 90.0  # clients connect and daemons start in the first moments of a volume; heals take a minute
FOUND_S = 10.0  # and where nothing was done: a look that catches a client coming is not the last word


async def observe_storage(
    answers: Answers, connector: Connector, poller: Poller, *, limit_s: float
) -> StorageReport | None:
    """The state as soon as it is whole, or as it is after `limit_s`; None when no node can say it."""
    report: StorageReport | None = None

    async def why_not_whole() -> str | None:
        nonlocal report
        report = await _ask(answers, connector)
        if report is None:
            return "no node says how the storage is"
        return None if report.health is Health.WHOLE else report.problems[0].what

    with suppress(WaitedTooLong):  # the report says what is wrong
        await poller.until("the storage is whole", why_not_whole, limit_s=limit_s)
    return report


async def _ask(answers: Answers, connector: Connector) -> StorageReport | None:
    """This node's view, or that of the next one whose gluster answers."""
    found: StorageReport | None = None
    for node in _own_first(answers, connector.own(answers)):
        try:
            async with connector.member(node) as api:
                report = (await api.gluster_state()).report
        except Problem:
            continue
        if report.state.answered:
            return report
        found = found or report
    return found


def _own_first(answers: Answers, own: str | None) -> list[NodeAnswers]:
    return sorted(answers.nodes, key=lambda node: node.name != own)
