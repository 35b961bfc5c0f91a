"""Create a site: the nodes, each compared by its operator, the engine, the answers as a file, and the deploy."""

from dataclasses import replace
from pathlib import Path

from hosted_engine.deploy.answers import Answers, parse, read
from hosted_engine.deploy.bring_up import bring_up
from hosted_engine.deploy.folder import Folder
from hosted_engine.deploy.format_answers import format_answers
from hosted_engine.deploy.rules.site import SIZES
from installer.console import site_form, site_pages
from installer.console.add_node import add_by_address, discover_and_add
from installer.console.dependencies import Dependencies
from installer.console.deploy_page import DeployPage
from installer.console.menu import Entry
from installer.console.model import Own
from installer.console.operator import Operator
from installer.console.own import read_own
from installer.console.pages import MenuPage, TextPage
from installer.console.site_form import Member, SiteForm
from node.api.problems import Problem, Refused
from node.system.files import write_durable

NODES = "Nodes of the site"
HIDDEN = "(as typed)"


class AlreadyMember(Refused):
    what = "No site is created here"
    why = "this node is a member of site {site} already"
    mend = "Run `trivet deploy` on the node that made the site to mend it, with --take-back to take it back"


class NoKey(Refused):
    what = "No site is created yet"
    why = "this node has no key and no claim code: its agent has not run"
    mend = "See why trivet-node does not start: Logs in the menu"


class TeardownBegun(Refused):
    what = "No site is created here"
    why = "the last one is being taken back, and that did not come to its end"
    mend = "Run in a shell: trivet deploy {path} --take-back"


async def create_site(operator: Operator) -> None:
    deps = operator.dependencies
    folder = Folder(deps.deploy_folder)
    if folder.journals.is_tearing_down():
        raise TeardownBegun(path=deps.answers_file)
    if (begun := find_begun(deps, folder)) is not None:
        await _go_on(operator, begun, folder)
        return
    own = read_own(deps.settings())
    if own.site is not None:
        raise AlreadyMember(site=own.site)
    if not own.fingerprint or not own.claim_code:
        raise NoKey
    if operator.draft is None or operator.draft.members[0].claim_code != own.claim_code:
        operator.draft = await operator.threaded("Looking at this node ...", lambda: first_draft(deps, own))
    await _fill_in(operator, folder)


def find_begun(deps: Dependencies, folder: Folder) -> Answers | None:
    """The answers of a deploy that was begun here and did not come to its end."""
    if not folder.has_decisions() or (folder.journals.formed() and not folder.journals.unfinished()):
        return None
    try:
        return read(deps.answers_file)
    except Problem:
        return None


def first_draft(deps: Dependencies, own: Own) -> SiteForm:
    """With all that this node knows."""
    offer = deps.offer()
    member = site_form.own_member(own, offer)
    return SiteForm(members=(member,), gateway=offer.gateway or "", dns=", ".join(offer.dns[:3]))


async def _go_on(operator: Operator, begun: Answers, folder: Folder) -> None:
    names = ", ".join(node.name for node in begun.nodes)
    note = f"Site {begun.site} ({names}) was begun here and is not up yet. What is done stays done."
    entries = [Entry("G", "Go on", "with the deploy, from where it stopped"), Entry("V", "Show the answers", "")]
    while (entry := await operator.ask(MenuPage("A site was begun", note, entries))) is not None:
        if entry.key == "V":
            await operator.ask(TextPage("The answers", shown(begun)))
        elif await _deploy(operator, begun, folder):
            return


async def _fill_in(operator: Operator, folder: Folder) -> None:
    """Each page leads on by Enter and back by Esc; what was typed stays in the operator's draft."""
    deps = operator.dependencies
    while await _choose_nodes(operator):
        while (typed := await operator.ask(site_pages.site_page(_draft(operator)))) is not None:
            operator.draft = replace(_draft(operator), **typed)
            text = format_answers(site_form.answers(operator.draft))
            page = TextPage(f"The answers, as {deps.answers_file} will have them", shown(parse(text)), enter="deploy")
            if not await operator.ask(page):
                continue
            save(text, deps.answers_file)
            await _deploy(operator, parse(text), folder)
            operator.draft = None
            return


async def _choose_nodes(operator: Operator) -> bool:
    """True: there are as many as a site takes, and the operator goes on."""
    while True:
        members = _draft(operator).members
        reason = site_form.why_not_size(len(members))
        entries = [Entry(str(n), one.name, _summary(one, own=n == 1)) for n, one in enumerate(members, 1)]
        if len(members) < max(SIZES):
            entries.append(Entry("A", "Add a node", "by its address"))
            entries.append(Entry("F", "Find nodes", "that wait in the network of this one"))
        entries += [Entry("D", "Drop the last", f"{members[-1].name} is left out")] if len(members) > 1 else []
        entries += [Entry("G", "Go on", f"with {len(members)} node{'s' * (len(members) != 1)}")] if not reason else []
        note = reason or f"A site is made of one node, without copies, or of three. Here: {len(members)}."
        place = len(entries) - 1 if len(members) > 1 and not reason else len(members)
        entry = await operator.ask(MenuPage(NODES, f"{note}\nA number changes what a node brings.", entries, place))
        if entry is None:
            return False
        if entry.key == "G" and await _all_good(operator):
            return True
        await _change_members(operator, entry.key)


async def _all_good(operator: Operator) -> bool:
    """Shows the first member with a mistake until there is none; False when the operator goes back instead."""
    for at in range(len(_draft(operator).members)):
        if site_form.member_mistakes(_draft(operator), at) and not await _edit(operator, at):
            return False
    return True


async def _change_members(operator: Operator, key: str) -> None:
    draft = _draft(operator)
    if key == "A":
        await add_by_address(operator)
    elif key == "F":
        await discover_and_add(operator)
    elif key == "D":
        operator.draft = replace(draft, members=draft.members[:-1])
    elif key.isdigit():
        await _edit(operator, int(key) - 1)


async def _edit(operator: Operator, at: int) -> bool:
    typed = await operator.ask(site_pages.member_page(_draft(operator), at))
    if typed is not None:
        operator.draft = site_pages.with_member(_draft(operator), at, typed)
    return typed is not None


async def _deploy(operator: Operator, answers: Answers, folder: Folder) -> bool:
    deps = operator.dependencies
    page = DeployPage(
        lambda reporter: bring_up(answers, folder, deps.reach(folder), deps.clock, reporter, terminal=True), deps.clock
    )
    up: bool | None = await operator.ask(page)
    return up is True


def save(text: str, path: Path) -> None:
    """For root alone. An earlier file stays beside it: it may hold the claim codes of another site."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_text() != text:
        write_durable(path.with_name(f"{path.name}.previous"), path.read_bytes())
    write_durable(path, text)


def shown(answers: Answers) -> str:
    """The file as it is, but for the claim codes: a serial line may be written down somewhere."""
    text = format_answers(answers)
    for node in answers.nodes:
        text = text.replace(f'claim_code = "{node.claim_code}"', f'claim_code = "{HIDDEN}"')
    return text


def _draft(operator: Operator) -> SiteForm:
    assert operator.draft is not None
    return operator.draft


def _summary(member: Member, *, own: bool) -> str:
    here = "this node, " if own else ""
    return f"{here}{member.address} on {member.nic}; bricks {member.engine_brick} and {member.data_brick}"
