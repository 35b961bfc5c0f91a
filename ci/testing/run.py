"""Conducts a whole test run: the check, then daemons and lab side by side, then second tries."""

import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ci.testing.outcomes import Ending, Outcome, counts
from ci.testing.report import Again, Report
from ci.testing.running import PROJECT, Runner
from ci.testing.suites import CHECK, Lab, Suite

LAB = "test"
LABS = (LAB, "interrupted", "leftovers")  # every lab that tests make
MOST_AGAIN = 10  # more failures than that are no bad luck
_LAB_STATE = Path("/var/lib/trivet-lab/labs")
_LAB_UP_S = 1800
_AGAIN_S = 3600


class TestRun:
    """One run of some suites. `results` is an empty folder for logs."""

    __test__ = False  # pytest takes the name for a test

    def __init__(self, results: Path, runner: Runner, *, leave_lab: bool = False) -> None:
        self._results = results
        self._runner = runner
        self._leave_lab = leave_lab
        self._outcomes: list[Outcome] = []

    def run(self, suites: Sequence[Suite]) -> Report:
        """Run them all; a suite that fails stops none of the others."""
        try:
            for suite in suites:
                if suite.name == CHECK:
                    self._outcomes.append(self._check(suite))
            self._side_by_side([suite for suite in suites if suite.name != CHECK])
            again = self._second_tries(suites)
            report = Report(self._results, tuple(self._outcomes), again)
            if not report.good and _exists(LAB):
                self._runner.run("collect-logs", _lab("collect", str(self._results / "lab")), {}, 300)
            return report
        finally:
            if not self._leave_lab:
                self.destroy_labs()

    def stop(self) -> None:
        self._runner.stop()

    def destroy_labs(self, *names: str) -> None:
        """Remove these labs, or all that tests make, also what an earlier run that was killed has left. One that
        stays is in the way of the next run, which says so; the verdict of this one is told all the same."""
        for name in names or LABS:
            if _exists(name):
                command = [*_lab("destroy"), "--yes", "--name", name]
                with suppress(subprocess.TimeoutExpired):
                    subprocess.run(command, cwd=PROJECT, check=False, timeout=600)

    def _check(self, suite: Suite) -> Outcome:
        outcome = self._runner.run(suite.name, ["ci/check"], {}, suite.limit_s)
        return _counted(outcome)

    def _side_by_side(self, suites: Sequence[Suite]) -> None:
        """The tree of a node first, on which all stand; then two lanes: those on the lab, and the others one after the
        other. The lane of the lab helps with the others when it is through."""
        if not suites:
            return
        if not self._note(self._runner.run("images", [sys.executable, "-m", "images", "build", "node"], {}, _LAB_UP_S)):
            return
        on_lab = [suite for suite in suites if suite.lab is not Lab.NONE]
        others = deque(suite for suite in suites if suite.lab is Lab.NONE)

        def lab_lane() -> None:
            self._on_the_lab(on_lab)
            if on_lab:
                self._drain(others)

        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(lab_lane), pool.submit(self._drain, others)]:
                done.result()

    def _on_the_lab(self, suites: Sequence[Suite]) -> None:
        """Those that need bare nodes first: what they leave is deployed by `lab up` for the others."""
        bare = [suite for suite in suites if suite.lab is Lab.BARE]
        up = [suite for suite in suites if suite.lab is Lab.UP]
        if bare and self._note(self._bare_nodes("lab-nodes")):
            self._in_turn(bare)
        if up and self._note(self._lab_up("lab-up")):
            self._in_turn(up)

    def _in_turn(self, suites: Sequence[Suite]) -> None:
        for suite in suites:
            self._note(self._runner.pytest(suite.name, suite.tests, _environment(suite), suite.limit_s))

    def _drain(self, suites: deque[Suite]) -> None:
        while True:
            try:
                suite = suites.popleft()
            except IndexError:
                return
            self._in_turn([suite])

    def _lab_up(self, name: str) -> Outcome:
        return self._runner.run(name, _lab("up"), {"TRIVET_LAB": LAB}, _LAB_UP_S)

    def _bare_nodes(self, name: str) -> Outcome:
        """Nodes of no site: a lab that is there may be deployed, and is made anew."""
        self.destroy_labs(LAB)
        return self._runner.run(name, [*_lab("up"), "--bare"], {"TRIVET_LAB": LAB}, _LAB_UP_S)

    def _made_ready(self, suite: Suite, name: str) -> Outcome | None:
        """What a second try stands on; None where that is nothing."""
        match suite.lab:
            case Lab.NONE:
                return None
            case Lab.BARE:
                return self._bare_nodes(name)
            case Lab.UP:
                return self._lab_up(name)

    def _note(self, outcome: Outcome) -> bool:
        self._outcomes.append(outcome)
        return outcome.good

    def _second_tries(self, suites: Sequence[Suite]) -> tuple[Again, ...]:
        """Each failed test once more by itself, when nothing else runs; the lab is mended before."""
        named = {suite.name: suite for suite in suites if suite.repeats}
        noted = [outcome for outcome in self._outcomes if outcome.name in named]
        failed = [(test, named[outcome.name]) for outcome in noted for test in outcome.failed]
        if not failed or len(failed) > MOST_AGAIN:
            return ()
        again: list[Again] = []
        for number, (test, suite) in enumerate(failed, 1):
            name = f"again-{number}"
            ready = self._made_ready(suite, f"{name}-lab")
            if ready is not None and not ready.good:
                again.append(Again(test, False, ready.log))
                continue
            tried = self._runner.pytest(name, [test], _environment(suite), _AGAIN_S)
            again.append(Again(test, tried.ending is Ending.PASSED and tried.passed > 0, tried.log))
        return tuple(again)


def _environment(suite: Suite) -> dict[str, str]:
    return {"TRIVET_LAB": LAB, "PYTHONDONTWRITEBYTECODE": "1", **dict(suite.environment)}


def _lab(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "ci.lab", *arguments, *(("--name", LAB) if arguments[0] != "destroy" else ())]


def _exists(lab: str) -> bool:
    return (_LAB_STATE / lab).exists()


def _counted(outcome: Outcome) -> Outcome:
    """With the numbers of the tests within it; of the check no test is run again, so none is named."""
    found = counts(outcome.log.read_text(errors="replace"))
    return replace(outcome, passed=found.get("passed", 0), skipped=found.get("skipped", 0))
