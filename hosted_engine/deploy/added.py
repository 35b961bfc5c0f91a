"""Nodes that the engine has taken in: volume engine names them, and a deploy leaves them in the site."""

from collections.abc import Iterable

from hosted_engine.deploy.answers import Answers
from hosted_engine.deploy.context import DeployContext
from node.api.contract import NodeApi
from node.api.messages.ha import SiteNode
from node.api.messages.mounts import HOSTED_ENGINE
from node.api.problems import Problem, Refused


class TimersStay(Refused):
    what = "The timers of the site were not changed"
    why = "all nodes of a site have to count alike, and the engine has taken in {nodes}, which no deploy reaches"
    mend = "Put the old timers back into the answers; or remove {nodes} through the engine, and let them join later"


def further(answers: Answers, names: Iterable[str]) -> tuple[str, ...]:
    """Those that are not of the answers, each once and in order."""
    own = {node.name for node in answers.nodes}
    return tuple(dict.fromkeys(name for name in names if name and name not in own))


async def read_added(api: NodeApi, answers: Answers) -> tuple[SiteNode, ...]:
    """As a node that has volume engine reads them there; none when it cannot."""
    try:
        nodes = (await api.site_nodes(HOSTED_ENGINE)).nodes
    except Problem:
        return ()
    others = further(answers, (node.name for node in nodes))
    return tuple(node for node in nodes if node.name in others)


async def find_added(context: DeployContext) -> tuple[SiteNode, ...]:
    """As the first node says that has volume engine; none before there is one."""
    for node in context.answers.nodes:
        try:
            async with context.member(node.name) as api:
                if added := await read_added(api, context.answers):
                    return added
        except Problem:
            continue
    return ()


async def check_none_added(context: DeployContext) -> None:
    """Raises TimersStay."""
    check_timers_can_change(await find_added(context))


def check_timers_can_change(added: Iterable[SiteNode]) -> None:
    if names := ", ".join(node.name for node in added):
        raise TimersStay(nodes=names)
