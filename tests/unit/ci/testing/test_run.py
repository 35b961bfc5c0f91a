"""A whole run over a runner that only pretends: what is run, in which order, and what becomes of failures."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from ci.testing import run as module
from ci.testing.outcomes import Ending, Outcome
from ci.testing.report import Report
from ci.testing.run import MOST_AGAIN, TestRun
from ci.testing.running import Runner
from ci.testing.suites import SUITES, short

BY_NAME = {suite.name: suite for suite in SUITES}


class Pretender(Runner):
    """Notes what it is asked to run; `failing` says which names fail, by which tests."""

    def __init__(self, results: Path, failing: Mapping[str, Sequence[str]]) -> None:
        super().__init__(results, lambda line: None)
        self.ran: list[str] = []
        self._failing = failing

    def run(self, name: str, command: Sequence[str], environment: Mapping[str, str], limit_s: int) -> Outcome:
        self.ran.append(name)
        log = self._results / f"{name}.log"
        log.write_text("")
        failed = self._failing.get(name)
        ending = Ending.PASSED if failed is None else Ending.FAILED
        return Outcome(name, ending, 1, log, passed=1, failed=tuple(failed or ()))

    def pytest(self, name: str, arguments: Sequence[str], environment: Mapping[str, str], limit_s: int) -> Outcome:
        return self.run(name, arguments, environment, limit_s)


def conducted(tmp_path: Path, **failing: Sequence[str]) -> tuple[Pretender, Report]:
    runner = Pretender(tmp_path, {name.replace("_", "-"): tests for name, tests in failing.items()})
    return runner, TestRun(tmp_path, runner).run(short())


@pytest.fixture(autouse=True)
def no_labs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "_LAB_STATE", tmp_path / "labs")


def test_the_check_comes_first_then_images_then_both_lanes(tmp_path: Path) -> None:
    runner, report = conducted(tmp_path)
    assert runner.ran[:2] == ["check", "images"]
    assert set(runner.ran[2:]) == {"lab-nodes", "deploy", "lab-up", "lab", "daemons", "network", "install"}
    assert runner.ran.index("deploy") < runner.ran.index("lab-up")
    assert runner.ran.index("lab-up") < runner.ran.index("lab")
    assert report.good


def test_without_a_lab_its_tests_are_not_started_and_the_others_are(tmp_path: Path) -> None:
    runner, report = conducted(tmp_path, lab_up=[])
    assert "lab" not in runner.ran
    assert "daemons" in runner.ran
    assert [name for name, _ in report.failed] == ["lab-up"]


def test_a_failed_test_is_run_once_more_on_a_mended_lab(tmp_path: Path) -> None:
    runner, report = conducted(tmp_path, lab=["tests/lab/test_a.py::test_x"], daemons=["tests/integration/test_b.py"])
    ready = "again-1-lab" if "again-1-lab" in runner.ran else "again-2-lab"
    assert {ready, "again-1", "again-2"} == set(runner.ran[-3:])
    assert runner.ran.index(ready) < runner.ran.index(ready.removesuffix("-lab"))
    assert report.good
    assert len(report.flaky) == 2


def test_one_that_fails_again_fails_the_run(tmp_path: Path) -> None:
    _, report = conducted(tmp_path, lab=["tests/lab/test_a.py::test_x"], again_1=["tests/lab/test_a.py::test_x"])
    assert [name for name, _ in report.failed] == ["tests/lab/test_a.py::test_x"]
    assert not report.flaky


def test_a_lab_that_cannot_be_mended_fails_its_test(tmp_path: Path) -> None:
    _, report = conducted(tmp_path, lab=["tests/lab/test_a.py::test_x"], again_1_lab=[])
    assert not report.good


def test_the_check_has_no_second_try(tmp_path: Path) -> None:
    runner, report = conducted(tmp_path, check=["tests/unit/test_steps.py::test_x"])
    assert not any(name.startswith("again") for name in runner.ran)
    assert not report.good


def test_many_failures_are_no_bad_luck(tmp_path: Path) -> None:
    tests = [f"tests/lab/test_a.py::test_{number}" for number in range(MOST_AGAIN + 1)]
    runner, report = conducted(tmp_path, lab=tests)
    assert not any(name.startswith("again") for name in runner.ran)
    assert len(report.failed) == len(tests)


def test_who_is_through_with_the_lab_takes_what_is_left_of_the_others(tmp_path: Path) -> None:
    """While one lane is held up by the daemons, the other one does the rest."""
    installed = threading.Event()

    class HeldUp(Pretender):
        def pytest(self, name: str, arguments: Sequence[str], environment: Mapping[str, str], limit_s: int) -> Outcome:
            if name == "daemons":
                assert installed.wait(20)
            if name == "install":
                installed.set()
            return super().pytest(name, arguments, environment, limit_s)

    runner = HeldUp(tmp_path, {})
    assert TestRun(tmp_path, runner).run(short()).good
    assert runner.ran[-1] == "daemons"
