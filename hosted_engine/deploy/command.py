"""`trivet deploy ANSWERS.toml`: wires the deploy, and what takes it back, to this machine and to whoever watches."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import click

from gluster.diagnosis.problem import Health
from gluster.report import format_problem
from hosted_engine.deploy import answers as answers_file
from hosted_engine.deploy import recovering
from hosted_engine.deploy.answers import Answers
from hosted_engine.deploy.back_plan import details
from hosted_engine.deploy.folder import DEFAULT_FOLDER, Folder
from hosted_engine.deploy.plan import Kind, Todo
from hosted_engine.deploy.progress import Teller
from hosted_engine.deploy.reach import Network
from hosted_engine.deploy.run import Deploy, Done
from hosted_engine.deploy.take_back import TakeBack
from node.api.problems import Problem, Refused
from node.system.clock import SystemClock

NOTHING_TO_DO = "Nothing to do: the site is as it should be"
NOTHING_TO_TAKE_BACK = "Nothing to take back: no deploy has made anything"
EDITED = "memory_mib and vcpus of the answers do not count: the engine VM's were changed in its API, change them there"
STORAGE_NOT_WHOLE = 3  # exit status
STOPPED = "Stopped. Run it again: it goes on from there.\nOr take back what it has made: the same with --take-back."
STOPPED_BACK = "Stopped. Run it again: it goes on taking back from there."


class NotSure(Refused):
    what = "Nothing was taken back"
    why = "there is no terminal to ask on, and --yes was not given"
    mend = "Read the plan above (--dry-run shows it too), then run it with --yes"


@click.command()
@click.argument("answers", type=click.Path(path_type=Path), required=False)
@click.option("--recover", is_flag=True, help="Bring back what a deploy on another node has kept; without ANSWERS.")
@click.option("--code-fd", type=int, help="With --recover: read the recovery code from this file descriptor.")
@click.option("--take-back", is_flag=True, help="Undo all that deploys have made; the site is gone then.")
@click.option("--yes", is_flag=True, help="With --take-back: do not ask.")
@click.option("--dry-run", is_flag=True, help="Say what would be done and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=DEFAULT_FOLDER,
    show_default=True,
    help="Where decisions, keys and journals are kept.",
)
def deploy(
    answers: Path | None,
    recover: bool,
    code_fd: int | None,
    take_back: bool,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    folder: Path,
) -> None:
    """Bring a site up from bare nodes to a running engine, as ANSWERS says.

    Safe to run again at any time: it does what is missing, goes on where an earlier run stopped or was killed, and
    does nothing when all is as it should be. At the end it looks at the storage. The exit status is 0 when the site
    is up and its storage whole, 1 when the run stopped, 3 when there is nothing left to do and the storage is not
    whole: what is wrong with it, and what to do, is said then.

    With --take-back, the last step first: the engine VM, volumes with all that is on them, the storage pool, the
    bridges and the nodes' membership go. Refused while there are VMs, disks or files that no deploy made. Safe to
    run again too. The nodes keep the claim codes of ANSWERS, so that it can be deployed again.

    With --recover, on any node of a site whose deploy ran on one that is lost: asks for the recovery code and brings
    decisions, keys and answers back from volume engine, so that the site can be deployed from here.
    """
    if reason := _why_not_together(answers, recover=recover, code_fd=code_fd, take_back=take_back, yes=yes):
        raise click.UsageError(reason)
    teller = Teller(click.echo, SystemClock(), as_json=as_json)
    stopped = STOPPED_BACK if take_back else STOPPED
    try:
        if answers is None:
            recovering.recover_here(Folder(folder), teller, code_fd=code_fd, dry_run=dry_run)
            return
        wished = answers_file.read(answers)
        if take_back:
            asyncio.run(_take_back(wished, Folder(folder), teller, dry_run=dry_run, sure=yes))
        else:
            whole = asyncio.run(_deploy(wished, Folder(folder), teller, dry_run=dry_run))
            raise SystemExit(0 if whole else STORAGE_NOT_WHOLE)
    except Problem as err:
        raise click.ClickException(str(err)) from err
    except PermissionError as err:
        raise click.ClickException(f"This needs root ({err})") from err
    except KeyboardInterrupt as err:
        raise click.ClickException(stopped) from err


def _why_not_together(
    answers: Path | None, *, recover: bool, code_fd: int | None, take_back: bool, yes: bool
) -> str | None:
    if yes and not take_back:
        return "--yes belongs to --take-back"
    if code_fd is not None and not recover:
        return "--code-fd belongs to --recover"
    if recover and (answers is not None or take_back):
        return "--recover brings the answers back and does nothing else: give it no ANSWERS"
    return "Missing argument 'ANSWERS'." if answers is None and not recover else None


async def _deploy(answers: Answers, folder: Folder, teller: Teller, *, dry_run: bool) -> bool:
    """False when all is done and the storage is not whole."""
    async with _telling(teller):
        if dry_run:
            _tell_plan(await _wired(answers, folder, teller).plan(), teller)
            return True
        with folder.locked():
            done = await _wired(answers, folder, teller).run()
        _tell_end(done, answers, folder, teller)
    return done.storage is not None and done.storage.health is Health.WHOLE


async def _take_back(answers: Answers, folder: Folder, teller: Teller, *, dry_run: bool, sure: bool) -> None:
    if dry_run:
        async with _telling(teller):
            _tell_plan_back(await _wired_back(answers, folder, teller).plan(), answers, teller)
        return
    with folder.locked():
        if not sure:
            async with _telling(teller):
                todos = await _wired_back(answers, folder, teller).plan()
                _tell_plan_back(todos, answers, teller)
            if todos:
                _ask()
        async with _telling(teller):
            done = await _wired_back(answers, folder, teller).run()
            teller.say("The site is gone; the nodes wait to be claimed" if done else NOTHING_TO_TAKE_BACK)


def _ask() -> None:
    if not sys.stdin.isatty():
        raise NotSure
    if not click.confirm("Take all this back for good?"):
        raise click.Abort


@contextlib.asynccontextmanager
async def _telling(teller: Teller) -> AsyncIterator[None]:
    telling = asyncio.create_task(teller.keep_telling())
    try:
        yield
    finally:
        telling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await telling


def _wired(answers: Answers, folder: Folder, teller: Teller) -> Deploy:
    recovering.check_here(answers, folder, Network(folder))
    return Deploy(answers, folder, Network(folder), SystemClock(), tell_step=teller.step, tell_wait=teller.wait)


def _wired_back(answers: Answers, folder: Folder, teller: Teller) -> TakeBack:
    recovering.check_here(answers, folder, Network(folder))
    return TakeBack(answers, folder, Network(folder), SystemClock(), tell_step=teller.step, tell_wait=teller.wait)


def _tell_plan_back(todos: Sequence[Todo], answers: Answers, teller: Teller) -> None:
    for todo in todos:
        teller.say(f"would do: {todo.says} ({todo.key})")
        for detail in details(todo, answers):
            teller.say(f"          deletes {detail}")
    teller.say(f"{len(todos)} steps to do" if todos else NOTHING_TO_TAKE_BACK)


def _tell_plan(todos: Sequence[Todo], teller: Teller) -> None:
    for todo in todos:
        teller.say(f"would do: {todo.says} ({todo.key})")
    teller.say(f"{len(todos)} steps to do" if todos else NOTHING_TO_DO)


def _tell_end(done: Done, answers: Answers, folder: Folder, teller: Teller) -> None:
    for silent in done.silent:
        teller.say(f"left out: {silent}")
    if done.edited:
        teller.say(EDITED)
    if done.waits is not None:
        teller.say(f"left out: {done.waits}")
    for line in end_lines(done):
        teller.say(line)
    teller.say(f"API       https://{answers.engine.name}/ovirt-engine/api ({answers.engine.address.ip})")
    teller.say(f"user      {answers.admin_user}")
    teller.say(f"password  in {folder.password_file}")
    teller.say(f"authority {folder.authority_file}")
    terminal = sys.stdout.isatty()
    if terminal or Kind.RECOVERY in {todo.kind for todo in done.todos}:  # the run that sealed may have stopped later
        recovering.tell_code(folder, teller, terminal=terminal)


def end_lines(done: Done) -> list[str]:
    """What the site is like now: with the problems of its storage, if there are any."""
    if done.storage is None:
        return ["The site is up; no node says how its storage is"]
    if done.storage.health is Health.WHOLE:
        return ["The site is up" if done.todos else NOTHING_TO_DO]
    lines = [line for problem in done.storage.problems for line in format_problem(problem)]
    return [*lines, f"The site is up, but its storage is {done.storage.health}: see above"]
