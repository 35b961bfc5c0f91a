"""Runs one command of a test run: into a log of its own, shown as it goes, ended when its time is over."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ci.testing.outcomes import Ending, Outcome, counts, failed_tests

PROJECT = Path(__file__).parents[2]
_POLL_S = 0.2
_GRACE_S = 20
_TESTS_FAILED = 1  # pytest's exit status when it ran all tests; others when it was interrupted, could not collect, …


class Runner:
    """Runs commands, each from a thread of its own. `show` gets each line with the command's name before it."""

    def __init__(self, results: Path, show: Callable[[str], None]) -> None:
        self._results = results
        self._show = show
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def pytest(self, name: str, arguments: Sequence[str], environment: Mapping[str, str], limit_s: int) -> Outcome:
        """Run pytest with a cache folder of its own, from which the failed tests are read."""
        cache = self._results / f"{name}.cache"
        command = [sys.executable, "-m", "pytest", "-vv", "-rN", "-o", f"cache_dir={cache}", *arguments]
        outcome = self.run(name, command, environment, limit_s)
        return _with_tests(outcome, cache)

    def run(self, name: str, command: Sequence[str], environment: Mapping[str, str], limit_s: int) -> Outcome:
        log = self._results / f"{name}.log"
        begun = time.monotonic()
        if self._stopped:
            log.write_text("The run was stopped before this began\n")
            return Outcome(name, Ending.FAILED, 0, log, broke_off=True)
        self._show(f"== {name}: {' '.join(command)}")
        with log.open("wb") as file:
            process = subprocess.Popen(
                ["env", "--default-signal=INT", *command],  # a shell's background job ignores it, and so would this
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=os.environ | dict(environment),
                start_new_session=True,  # so that it is ended with all its children, and by nobody's Ctrl-C but ours
            )
        self._processes.add(process)
        if self._stopped:  # just now
            _end(process)
        hung = self._follow(process, name, log, begun + limit_s)
        self._processes.discard(process)
        ending = Ending.HUNG if hung else Ending.PASSED if process.returncode == 0 else Ending.FAILED
        broke_off = process.returncode not in (0, _TESTS_FAILED)
        outcome = Outcome(name, ending, time.monotonic() - begun, log, broke_off=broke_off)
        self._show(f"== {name} {outcome.ending} after {outcome.seconds:.0f} s")
        return outcome

    def stop(self) -> None:
        """End everything that runs, and what is still to come."""
        self._stopped = True
        for process in tuple(self._processes):
            _end(process)

    def _follow(self, process: subprocess.Popen[bytes], name: str, log: Path, until: float) -> bool:
        """Show the log as it grows until the process has ended; True when it had to be ended."""
        hung = False
        with log.open(encoding="utf-8", errors="replace") as file:
            part = ""
            while True:
                ended = process.poll() is not None
                *whole, part = (part + file.read()).split("\n")
                for line in whole:
                    self._show(f"{name} | {line}")
                if ended:
                    return hung
                if time.monotonic() > until and not hung:
                    hung = True
                    threading.Thread(target=_end, args=(process,), daemon=True).start()
                time.sleep(_POLL_S)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the process group to end, so that fixtures can tidy up; then kill what is left of it, children too."""
    if process.poll() is not None:
        return
    for number in (signal.SIGINT, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)


def _with_tests(outcome: Outcome, cache: Path) -> Outcome:
    found = counts(outcome.log.read_text(errors="replace"))
    return Outcome(
        outcome.name,
        outcome.ending,
        outcome.seconds,
        outcome.log,
        passed=found.get("passed", 0),
        skipped=found.get("skipped", 0),
        failed=failed_tests(cache) if not outcome.good else (),
        broke_off=outcome.broke_off,
    )
