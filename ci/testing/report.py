"""Turns outcomes into the lines with which a run ends. Pure."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ci.testing.outcomes import Ending, Outcome

MOST_NAMED = 8  # failed tests with three lines each, so that all is within the last 30 lines


@dataclass(frozen=True, slots=True)
class Again:
    """A test that failed and was run once more by itself."""

    test: str
    passed: bool
    log: Path


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run: its suites, and what was run once more. `results` is the folder that holds every log."""

    results: Path
    outcomes: tuple[Outcome, ...]
    again: tuple[Again, ...]

    @property
    def flaky(self) -> tuple[Again, ...]:
        return tuple(test for test in self.again if test.passed)

    @property
    def failed(self) -> tuple[tuple[str, Path], ...]:
        """Each test that failed for good, with its log; a suite that broke by itself stands under its own name."""
        forgiven = {test.test for test in self.flaky}
        logs = {test.test: test.log for test in self.again}
        found: list[tuple[str, Path]] = []
        for outcome in self.outcomes:
            if outcome.good:
                continue
            found += [(test, logs.get(test, outcome.log)) for test in outcome.failed if test not in forgiven]
            if not outcome.failed or outcome.broke_off or outcome.ending is Ending.HUNG:
                found.append((outcome.name, outcome.log))
        return tuple(found)

    @property
    def good(self) -> bool:
        return not self.failed


def lines(report: Report) -> list[str]:
    """The end of a run: a line for each suite, the counts, what is flaky, what failed and how to try it again."""
    said = [f"== summary (everything is in {report.results})"]
    said += [_suite(outcome) for outcome in report.outcomes]
    passed = sum(outcome.passed for outcome in report.outcomes) + len(report.flaky)
    skipped = sum(outcome.skipped for outcome in report.outcomes)
    said.append(f"{passed} passed, {len(report.failed)} failed" + (f", {skipped} skipped" if skipped else ""))
    if report.flaky:
        said.append(f"FLAKY {len(report.flaky)}: {', '.join(test.test for test in report.flaky)}")
    return said + _failures(report.failed)


def _suite(outcome: Outcome) -> str:
    numbers = f"{outcome.passed} passed" if outcome.passed else ""
    if outcome.failed:
        numbers += f", {len(outcome.failed)} failed"
    return f"{outcome.ending:7} {outcome.name:13} {outcome.seconds:6.0f} s  {numbers.removeprefix(', ')}".rstrip()


def _failures(failed: Sequence[tuple[str, Path]]) -> list[str]:
    said: list[str] = []
    for name, log in failed[:MOST_NAMED]:
        said += [f"FAILED {name}", f"  log:   {log}", f"  again: {how_to_repeat(name)}"]
    if len(failed) > MOST_NAMED:
        said.append(f"and {len(failed) - MOST_NAMED} more: grep ^FAILED in the logs above")
    return said


def how_to_repeat(name: str) -> str:
    """The command that runs one failed test, or a step that is no test, by itself."""
    commands = {"check": "./trivet check", "images": "./trivet image build", "lab-up": "./trivet lab up --name test"}
    if name.split("::", maxsplit=1)[0].startswith("tests/"):
        return f"./trivet test {shlex.quote(name)}"
    return commands.get(name, f"./trivet test --suite {name}")
