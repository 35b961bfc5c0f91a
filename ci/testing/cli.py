"""The command line of the tests: `./trivet test …`."""

import fcntl
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import click
from rich.console import Console
from rich.table import Table

from ci.testing.report import Report, lines
from ci.testing.run import TestRun
from ci.testing.running import PROJECT, Runner
from ci.testing.suites import PARTS, SUITES, Suite, of_parts, of_tests, short

_STATE = Path("/var/lib/trivet-lab")
_INTERRUPTED = 130


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--all", "everything", is_flag=True, help=f"Every suite, or those of the parts named: {', '.join(PARTS)}."
)
@click.option("--suite", "names", multiple=True, type=click.Choice([suite.name for suite in SUITES]), help="Only this.")
@click.option("--list", "listing", is_flag=True, help="Say which suites there are, and run nothing.")
@click.argument("what", nargs=-1)
def main(everything: bool, names: tuple[str, ...], listing: bool, what: tuple[str, ...]) -> None:
    """Run what every change has to pass; with WHAT, single test files or tests; with --all, parts.

    A test that fails (the check apart) is run once more by itself at the end. Logs are kept in results/.
    Of a lab that single tests needed, `./trivet lab destroy --name test` is the end.
    """
    if listing:
        _print_suites()
        return
    suites = _chosen(everything, names, what)
    sys.exit(run(suites, leave_lab=bool(what) and not everything))


def run(suites: Sequence[Suite], *, leave_lab: bool) -> int:
    """Run them and print how it ended: 0 when all is well, 1 when not, 130 when it was interrupted."""
    _STATE.mkdir(parents=True, exist_ok=True)
    with (_STATE / "test.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            click.echo("The tests were not started: others run on this machine. Wait for them to end.", err=True)
            return 1
        results = _results_folder()
        runner = Runner(results, _show)
        tests = TestRun(results, runner, leave_lab=leave_lab)
        _stop_on_signals(tests)
        if not leave_lab:
            tests.destroy_labs()  # what a killed run left
        report = tests.run(suites)
        _save(report)
        _show("\n".join(lines(report)))
        return _INTERRUPTED if _interrupted.is_set() else 0 if report.good else 1


def _chosen(everything: bool, names: tuple[str, ...], what: tuple[str, ...]) -> tuple[Suite, ...]:
    if everything:
        unknown = [word for word in what if word not in PARTS]
        if unknown:
            raise click.UsageError(f"There is no part {unknown[0]}: {', '.join(PARTS)}.")
        return of_parts(what)
    if names:
        return tuple(suite for suite in SUITES if suite.name in names)
    missing = [word for word in what if not (PROJECT / word.split("::", maxsplit=1)[0]).exists()]
    if missing:
        raise click.UsageError(f"There is no test {missing[0]}. For a part, say --all {missing[0]}.")
    return of_tests(what) if what else short()


_lock = threading.Lock()
_interrupted = threading.Event()


def _show(text: str) -> None:
    with _lock:  # two lanes print
        click.echo(text)


def _stop_on_signals(tests: TestRun) -> None:
    """What runs is ended, labs are removed, then this process ends."""

    def stop(number: int, frame: FrameType | None) -> None:
        _interrupted.set()
        threading.Thread(target=tests.stop).start()  # a handler may come while a lock is held

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def _results_folder() -> Path:
    """A new folder below results/, to which results/latest points."""
    folder = PROJECT / "results" / time.strftime("%Y%m%d-%H%M%S")
    folder.mkdir(parents=True)
    latest = folder.parent / "latest"
    latest.unlink(missing_ok=True)
    latest.symlink_to(folder.name)
    return folder


def _save(report: Report) -> None:
    """The summary beside the logs, and what was flaky in one file for all runs."""
    (report.results / "summary").write_text("\n".join(lines(report)) + "\n")
    if report.flaky:
        with (report.results.parent / "flaky.txt").open("a") as file:
            file.writelines(f"{report.results.name} {test.test}\n" for test in report.flaky)


def _print_suites() -> None:
    table = Table("suite", "part", "in ./trivet test", "minutes", "what it covers", box=None)
    for suite in SUITES:
        table.add_row(suite.name, suite.part, "yes" if suite.short else "", f"{suite.minutes:g}", suite.covers)
    Console(width=max(100, int(os.environ.get("COLUMNS", "100")))).print(table)
