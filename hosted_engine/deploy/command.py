"""`trivet deploy ANSWERS.toml`: wires the deploy to this machine and to whoever watches it."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

import click

from hosted_engine.deploy import answers as answers_file
from hosted_engine.deploy.answers import Answers
from hosted_engine.deploy.folder import DEFAULT_FOLDER, Folder
from hosted_engine.deploy.plan import Todo
from hosted_engine.deploy.progress import Teller
from hosted_engine.deploy.reach import Network
from hosted_engine.deploy.run import Deploy, Done
from node.api.problems import Problem
from node.system.clock import SystemClock

NOTHING_TO_DO = "Nothing to do: the site is as it should be"


@click.command()
@click.argument("answers", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would be done and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=DEFAULT_FOLDER,
    show_default=True,
    help="Where decisions, keys and journals are kept.",
)
def deploy(answers: Path, dry_run: bool, as_json: bool, folder: Path) -> None:
    """Bring a site up from bare nodes to a running engine, as ANSWERS says.

    Safe to run again at any time: it does what is missing, goes on where an earlier run stopped or was killed, and
    does nothing when all is as it should be.
    """
    teller = Teller(click.echo, SystemClock(), as_json=as_json)
    try:
        asyncio.run(_deploy(answers_file.read(answers), Folder(folder), teller, dry_run=dry_run))
    except Problem as err:
        raise click.ClickException(str(err)) from err
    except PermissionError as err:
        raise click.ClickException(f"This needs root ({err})") from err
    except KeyboardInterrupt as err:
        raise click.ClickException("Stopped. Run it again: it goes on from there.") from err


async def _deploy(answers: Answers, folder: Folder, teller: Teller, *, dry_run: bool) -> None:
    telling = asyncio.create_task(teller.keep_telling())
    try:
        if dry_run:
            _tell_plan(await _wired(answers, folder, teller).plan(), teller)
            return
        with folder.locked():
            done = await _wired(answers, folder, teller).run()
        _tell_end(done, answers, folder, teller)
    finally:
        telling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await telling


def _wired(answers: Answers, folder: Folder, teller: Teller) -> Deploy:
    return Deploy(answers, folder, Network(folder), SystemClock(), tell_step=teller.step, tell_wait=teller.wait)


def _tell_plan(todos: Sequence[Todo], teller: Teller) -> None:
    for todo in todos:
        teller.say(f"would do: {todo.says} ({todo.key})")
    teller.say(f"{len(todos)} steps to do" if todos else NOTHING_TO_DO)


def _tell_end(done: Done, answers: Answers, folder: Folder, teller: Teller) -> None:
    for silent in done.silent:
        teller.say(f"left out: {silent}")
    teller.say("The site is up" if done.todos else NOTHING_TO_DO)
    teller.say(f"API       https://{answers.engine.name}/ovirt-engine/api ({answers.engine.address.ip})")
    teller.say(f"user      {answers.admin_user}")
    teller.say(f"password  in {folder.password_file}")
    teller.say(f"authority {folder.authority_file}")
