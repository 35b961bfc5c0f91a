"""Puts what only the deploy's node has onto the engine volume, sealed, and brings it back on another node."""

import asyncio

from hosted_engine.deploy import recovery
from hosted_engine.deploy.answers import Answers, parse
from hosted_engine.deploy.context import DeployContext
from hosted_engine.deploy.folder import RECOVERY_FILE, Folder
from hosted_engine.deploy.format_answers import format_answers
from hosted_engine.deploy.plan import Observed, PlannedStep, plan
from node.api.messages.ha import SiteFilesRequest
from node.api.messages.mounts import HOSTED_ENGINE
from node.api.problems import Refused
from node.steps import Entry, Mark, Outcome
from node.system.files import read_or_none, write_durable


class FolderThere(Refused):
    what = "Nothing was recovered"
    why = "{folder} holds a site already"
    mend = "Run the deploy as it is: nothing is missing here"


class Safekeeping:
    """The step that writes the recovery file. It goes with its volume when the site is taken back."""

    def __init__(self, context: DeployContext) -> None:
        self._context = context

    async def write(self, step: PlannedStep) -> None:
        context = self._context
        text = await asyncio.to_thread(seal, context.answers, context.folder)
        async with context.member(step.nodes[0]) as api:
            await api.write_site_files(HOSTED_ENGINE, SiteFilesRequest(files={RECOVERY_FILE: text}))


def seal(answers: Answers, folder: Folder) -> str:
    """The recovery file. Every sealing gives another text: the last one is kept, and used for as long as it is true."""
    text = sealed(answers, folder)
    if text is None:
        text = recovery.seal(answers.site, _content(answers, folder), folder.recovery_code())
        write_durable(folder.recovery_file, text)
    return text


def sealed(answers: Answers, folder: Folder) -> str | None:
    """The recovery file that was made last; None when something has changed since. Changes nothing."""
    found, code = read_or_none(folder.recovery_file), read_or_none(folder.recovery_code_file)
    if found is None or code is None:
        return None
    try:
        content = recovery.unseal(found, code.decode())
    except (recovery.RecoveryDamaged, recovery.WrongCode):
        return None
    return found.decode() if content == _content(answers, folder) else None


def recover(text: str | bytes, code: str, folder: Folder) -> Answers:
    """Bring the deploy's folder back from its recovery file `text`; hold the folder's lock. Safe to run again until it
    has come to its end. Raises FolderThere, WrongCode, RecoveryDamaged."""
    if folder.has_decisions():
        raise FolderThere(folder=folder.path)
    content = recovery.unseal(text, code)
    answers = parse(content.get(folder.answers_file.name, ""))
    _write_journal(answers, folder)
    folder.save_recovery_code(recovery.written(code))
    folder.note_code_shown()
    write_durable(folder.recovery_file, text)
    folder.restore(content)
    return answers


def _content(answers: Answers, folder: Folder) -> dict[str, str]:
    return folder.irreplaceable() | {folder.answers_file.name: format_answers(answers)}


def _write_journal(answers: Answers, folder: Folder) -> None:
    """The recovery file is written when the site is whole: every step of its deploy was done. Which runs did them is
    lost with the node, and does not matter."""
    folder.journals.clear()
    keys = [step.key for step in plan(answers, Observed())]
    journal = folder.journals.new()
    journal.write(Entry(Mark.PLANNED, detail="\n".join(keys)))
    for key in keys:
        journal.write(Entry(Mark.STARTED, key))
        journal.write(Entry(Mark.DONE, key))
    journal.write(Entry(Mark.ENDED, detail=Outcome.DONE.value))
