"""`trivet install run ANSWERS`: the unattended installation, and the plainest attended one."""

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import click

from installer.attempt import Attempt
from installer.consoles import FOLDER
from installer.installation import record
from installer.network_first import NetworkTest, try_network
from installer.prepare import prepare
from installer.progress_lines import ProgressLines
from installer.reading import read_with_warnings, text_of
from installer.reasons import DoesNotFit
from installer.recorded import run_recorded, shown
from installer.run import Installed, Machine
from node.api.problems import Problem, Refused


class NotLive(Refused):
    what = "Nothing was installed"
    why = "this machine was not started from Trivet's medium"
    mend = "Start it from the medium; --dry-run says here what would be done"


class NotSure(Refused):
    what = "Nothing was written"
    why = "there is no terminal to ask on, and --yes was not given"
    mend = "Read the plan above, then run it with --yes"


class NotConfirmed(Refused):
    what = "Nothing was written"
    why = "the plan was not confirmed"
    mend = "Run it again when it is right"


def make_run(machine: Callable[[], Machine], test_network: NetworkTest) -> click.Command:
    """The command, for the machine that it is run on."""

    @click.command()
    @click.argument("answers", type=click.Path(path_type=Path, exists=True, dir_okay=False))
    @click.option("--yes", is_flag=True, help="Do not ask: the disks that the answers choose are written.")
    @click.option("--dry-run", is_flag=True, help="Say what would be done and write nothing.")
    @click.option("--no-network-test", is_flag=True, help="Do not try the network of the answers before.")
    @click.option("--start-over", is_flag=True, help="Do not go on with an installation that was cut off.")
    @click.option("--once", is_flag=True, help="Not where the same answers were carried out before.")
    @click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
    def run(
        answers: Path, yes: bool, dry_run: bool, no_network_test: bool, start_over: bool, once: bool, as_json: bool
    ) -> None:
        """Install Trivet on this machine, as ANSWERS says.

        First the plan is shown, and asked about unless --yes is given: until then nothing is written. Then the network
        is tried: an address that another machine has stops it, what does not answer is a warning. A run that was
        stopped or lost its power goes on where it was when it is started again with the same disks; --start-over
        begins anew instead. Disks that are not chosen are never opened for writing.
        """
        here = machine()
        lines = ProgressLines(click.echo, here.clock, as_json=as_json)
        try:
            if not dry_run and not here.live.mark.exists():
                raise NotLive
            tried = _observe(answers, here, lines, start_over=start_over, once=once)
            _report_plan(tried, lines)
            if dry_run:
                return
            if not yes:
                _ask(tried)
            if not no_network_test:
                try_network(test_network, tried.plan.answers.network, tried.plan.network, lines.write)
            with _stopping() as is_stopping:
                done = record(
                    uuid4().hex,
                    lambda report: run_recorded(tried, here, report, on_progress=lines.report, is_stopping=is_stopping),
                    lambda done: shown(done, tried.plan.answers.network),
                    here.live.mounts.with_name(FOLDER.name),
                )
            _report_end(done, lines)
        except DoesNotFit as err:
            raise click.ClickException("\n".join([f"{err.text.what}.", *map(str, err.reasons)])) from err
        except Problem as err:
            raise click.ClickException(str(err)) from err
        except PermissionError as err:
            raise click.ClickException(f"This needs root ({err})") from err

    return run


def _observe(answers: Path, here: Machine, lines: ProgressLines, *, start_over: bool, once: bool) -> Attempt:
    reading = read_with_warnings(text_of(answers.read_bytes()))
    for warning in reading.warnings:
        lines.write(f"Warning: {warning}")
    return prepare(
        reading.answers,
        here,
        start_over=start_over,
        once=once,
        report=lambda finding: lines.fields(str(finding), severity=finding.severity),
    ).attempt


def _report_plan(tried: Attempt, lines: ProgressLines) -> None:
    for line in tried.lines:
        lines.write(line)
    for losing in tried.plan.losing:
        disk = f"{losing.serial} ({losing.disk.name})"
        said = f"Loses its content: {disk}: {losing.content}" if losing.content else f"Is written, and is empty: {disk}"
        lines.fields(said, loses=losing.serial)
    for number, step in enumerate(tried.plan.steps, 1):
        lines.fields(f"Step {number}: {step.description}", planned=step.key)


def _ask(tried: Attempt) -> None:
    """A disk that is not empty has to be named again. Raises NotSure or NotConfirmed."""
    if not _is_terminal():
        raise NotSure
    for losing in tried.plan.losing:
        if losing.content and click.prompt(f"Type {losing.serial} to lose what is on it") != losing.serial:
            raise NotConfirmed
    if not click.confirm("Install?"):
        raise NotConfirmed


def _is_terminal() -> bool:
    return sys.stdin.isatty()


@contextlib.contextmanager
def _stopping() -> Iterator[Callable[[], bool]]:
    """Ctrl-C, and the SIGTERM of a machine that goes down, stop at the next safe place."""
    asked: list[int] = []

    def ask(number: int, _: object) -> None:
        asked.append(number)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _report_end(done: Installed, lines: ProgressLines) -> None:
    for remark in done.remarks:
        lines.fields(f"Remark: {remark}", remark=remark)
    lines.write_end(f"Installed: Trivet {done.version} as {done.host_name}")
    lines.fields(f"Fingerprint  {done.fingerprint}", fingerprint=done.fingerprint, node_id=done.node_id)
    lines.fields(f"Claim code   {done.claim_code}", claim_code=done.claim_code)
    lines.write("Remove the medium and restart the machine")
