"""Join a site that runs: its engine is compared by its words, and asked until somebody has decided."""

from dataclasses import dataclass
from functools import partial

from installer.console.intended import intended_engine
from installer.console.join_pages import Asked, JoinPage, compare_page, engine_page
from installer.console.model import Own
from installer.console.operator import Operator
from installer.console.own import read_own
from installer.console.pages import TextPage
from node.api.problems import Problem, Refused
from node.registration.join_files import JoinFiles, WantedJoin


class AlreadyMember(Refused):
    what = "This node asks nobody to take it"
    why = "it is a member of site {site} already"
    mend = "Remove it there first"


class NoKey(Refused):
    what = "This node cannot ask yet"
    why = "it has no key: its agent has not run"
    mend = "See why trivet-node does not start: Logs in the menu"


@dataclass(frozen=True, slots=True)
class Compared:
    """An engine whose words somebody has compared."""

    engine: str
    fingerprint: str
    join_code: str


async def join_site(operator: Operator) -> None:
    deps = operator.dependencies
    settings = deps.settings()
    own, files = read_own(settings), deps.join_files(settings)
    if own.site is not None:
        raise AlreadyMember(site=own.site)
    if not own.fingerprint:
        raise NoKey
    wanted = files.wanted()
    if wanted is None:
        compared = await _compare(operator, own, files)
        if compared is None:
            return
        files.drop_request()
        wanted = files.want(compared.engine, deps.engine_port, compared.fingerprint, compared.join_code)
    await _follow(operator, own, files, wanted)


async def _compare(operator: Operator, own: Own, files: JoinFiles) -> Compared | None:
    """None: the operator went back."""
    request = files.request()
    engine = request.engine if request is not None else intended_engine(operator.dependencies.root_folder / "state")
    while (typed := await operator.ask(engine_page(engine))) is not None:
        engine = str(typed["engine"])
        ask = partial(operator.dependencies.engine_fingerprint, engine)
        try:
            found = await operator.threaded(f"Asking {engine} for its key ...", ask)
        except Problem as err:
            await operator.explain(err)
            continue
        if (said := await operator.ask(compare_page(engine, found, own))) is not None:
            return Compared(engine, found, str(said["join_code"]))
    return None


async def _follow(operator: Operator, own: Own, files: JoinFiles, wanted: WantedJoin) -> None:
    """Until it is decided, or the operator leaves: the agent goes on asking, and forgets what is over."""
    settings = operator.dependencies.settings
    page = JoinPage(own, wanted, files.status, lambda: read_own(settings()).site)
    if await operator.ask(page) is Asked.CANCEL:
        files.forget()
        await operator.ask(TextPage("Join a site", f"This node asks {wanted.engine} no more."))
