"""`trivet deploy ANSWERS.toml`: wires the deploy, and what takes it back, to this machine and to whoever watches."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from hosted_engine.deploy import answers as answers_file
from hosted_engine.deploy import recovering
from hosted_engine.deploy.answers import Answers
from hosted_engine.deploy.bring_up import bring_up, is_whole, report_plan, reporting
from hosted_engine.deploy.connector import NodeConnector
from hosted_engine.deploy.folder import DEFAULT_FOLDER, Folder
from hosted_engine.deploy.plan import PlannedStep
from hosted_engine.deploy.progress import ProgressReporter
from hosted_engine.deploy.teardown import Teardown
from hosted_engine.deploy.teardown_plan import details
from node.api.problems import Problem, Refused
from node.clock import SystemClock

NOTHING_TO_TEAR_DOWN = "Nothing to take back: no deploy has made anything"
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
@click.option("--take-back", "tear_down", is_flag=True, help="Undo all that deploys have made; the site is gone then.")
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
    tear_down: bool,
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
    if reason := _why_not_together(answers, recover=recover, code_fd=code_fd, tear_down=tear_down, yes=yes):
        raise click.UsageError(reason)
    reporter = ProgressReporter(click.echo, SystemClock(), as_json=as_json)
    stopped = STOPPED_BACK if tear_down else STOPPED
    try:
        if answers is None:
            recovering.recover_here(Folder(folder), reporter, code_fd=code_fd, dry_run=dry_run)
            return
        wished = answers_file.read(answers)
        if tear_down:
            asyncio.run(_tear_down(wished, Folder(folder), reporter, dry_run=dry_run, sure=yes))
        else:
            whole = asyncio.run(_deploy(wished, Folder(folder), reporter, dry_run=dry_run))
            raise SystemExit(0 if whole else STORAGE_NOT_WHOLE)
    except Problem as err:
        raise click.ClickException(str(err)) from err
    except PermissionError as err:
        raise click.ClickException(f"This needs root ({err})") from err
    except KeyboardInterrupt as err:
        raise click.ClickException(stopped) from err


def _why_not_together(
    answers: Path | None, *, recover: bool, code_fd: int | None, tear_down: bool, yes: bool
) -> str | None:
    if yes and not tear_down:
        return "--yes belongs to --take-back"
    if code_fd is not None and not recover:
        return "--code-fd belongs to --recover"
    if recover and (answers is not None or tear_down):
        return "--recover brings the answers back and does nothing else: give it no ANSWERS"
    return "Missing argument 'ANSWERS'." if answers is None and not recover else None


async def _deploy(answers: Answers, folder: Folder, reporter: ProgressReporter, *, dry_run: bool) -> bool:
    """False when all is done and the storage is not whole."""
    if dry_run:
        await report_plan(answers, folder, NodeConnector(folder), SystemClock(), reporter)
        return True
    terminal = sys.stdout.isatty()
    return is_whole(await bring_up(answers, folder, NodeConnector(folder), SystemClock(), reporter, terminal=terminal))


async def _tear_down(
    answers: Answers, folder: Folder, reporter: ProgressReporter, *, dry_run: bool, sure: bool
) -> None:
    if dry_run:
        async with reporting(reporter):
            _report_teardown_plan(await _wired_teardown(answers, folder, reporter).plan(), answers, reporter)
        return
    with folder.locked():
        if not sure:
            async with reporting(reporter):
                steps = await _wired_teardown(answers, folder, reporter).plan()
                _report_teardown_plan(steps, answers, reporter)
            if steps:
                _ask()
        async with reporting(reporter):
            done = await _wired_teardown(answers, folder, reporter).run()
            reporter.report("The site is gone; the nodes wait to be claimed" if done else NOTHING_TO_TEAR_DOWN)


def _ask() -> None:
    if not sys.stdin.isatty():
        raise NotSure
    if not click.confirm("Take all this back for good?"):
        raise click.Abort


def _wired_teardown(answers: Answers, folder: Folder, reporter: ProgressReporter) -> Teardown:
    recovering.check_here(answers, folder, NodeConnector(folder))
    return Teardown(answers, folder, NodeConnector(folder), SystemClock(), on_step=reporter.step, on_wait=reporter.wait)


def _report_teardown_plan(steps: Sequence[PlannedStep], answers: Answers, reporter: ProgressReporter) -> None:
    for step in steps:
        reporter.report(f"would do: {step.description} ({step.key})")
        for detail in details(step, answers):
            reporter.report(f"          deletes {detail}")
    reporter.report(f"{len(steps)} steps to do" if steps else NOTHING_TO_TEAR_DOWN)
