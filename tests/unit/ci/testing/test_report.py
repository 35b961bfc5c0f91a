from dataclasses import replace
from pathlib import Path

import pytest

from ci.testing.outcomes import Ending, Outcome
from ci.testing.report import Again, Report, how_to_repeat, lines

RESULTS = Path("results/now")


def outcome(name: str, *failed: str, ending: Ending = Ending.FAILED, passed: int = 3) -> Outcome:
    return Outcome(name, ending, 12.4, RESULTS / f"{name}.log", passed=passed, failed=failed)


GOOD = outcome("check", ending=Ending.PASSED)
BAD = outcome("lab", "tests/lab/test_a.py::test_x", "tests/lab/test_a.py::test_y[a b]")


def test_a_good_run_ends_with_its_counts() -> None:
    assert lines(Report(RESULTS, (GOOD,), ())) == [
        "== summary (everything is in results/now)",
        "passed  check             12 s  3 passed",
        "3 passed, 0 failed",
    ]


def test_a_test_that_passes_by_itself_is_forgiven_and_named() -> None:
    again = tuple(Again(test, True, RESULTS / "again.log") for test in BAD.failed)
    report = Report(RESULTS, (GOOD, BAD), again)
    assert report.good
    assert lines(report)[-2:] == [
        "8 passed, 0 failed",
        "FLAKY 2: tests/lab/test_a.py::test_x, tests/lab/test_a.py::test_y[a b]",
    ]


def test_what_fails_twice_is_said_with_its_last_log_and_how_to_run_it() -> None:
    again = (Again(BAD.failed[0], True, RESULTS / "again-1.log"), Again(BAD.failed[1], False, RESULTS / "again-2.log"))
    report = Report(RESULTS, (BAD,), again)
    assert not report.good
    assert lines(report)[-3:] == [
        "FAILED tests/lab/test_a.py::test_y[a b]",
        "  log:   results/now/again-2.log",
        "  again: ./trivet test 'tests/lab/test_a.py::test_y[a b]'",
    ]


@pytest.mark.parametrize("ending", [Ending.FAILED, Ending.HUNG])
def test_a_suite_that_breaks_without_a_failed_test_is_a_failure(ending: Ending) -> None:
    report = Report(RESULTS, (outcome("lab-up", ending=ending),), ())
    assert report.failed == (("lab-up", RESULTS / "lab-up.log"),)
    assert "  again: ./trivet lab up --name test" in lines(report)


def test_a_hanging_suite_is_no_success_when_its_failed_tests_are_forgiven() -> None:
    hung = outcome("lab", "tests/lab/test_a.py::test_x", ending=Ending.HUNG)
    assert not Report(RESULTS, (hung,), (Again(hung.failed[0], True, RESULTS / "again-1.log"),)).good


def test_a_suite_that_broke_off_is_no_success_when_its_failed_tests_are_forgiven() -> None:
    broken = replace(outcome("lab", "tests/lab/test_a.py"), broke_off=True)
    report = Report(RESULTS, (broken,), (Again(broken.failed[0], True, RESULTS / "again-1.log"),))
    assert report.failed == (("lab", RESULTS / "lab.log"),)


def test_whatever_fails_the_end_fits_into_thirty_lines() -> None:
    many = outcome("lab", *(f"tests/lab/test_a.py::test_{number}" for number in range(40)))
    said = lines(Report(RESULTS, (GOOD, many, GOOD), ()))
    assert len(said) <= 30
    assert said[-1] == "and 32 more: grep ^FAILED in the logs above"


def test_each_thing_that_can_fail_has_its_command() -> None:
    assert how_to_repeat("check") == "./trivet check"
    assert how_to_repeat("netconf-long") == "./trivet test --suite netconf-long"
    assert how_to_repeat("tests/lab/test_a.py") == "./trivet test tests/lab/test_a.py"
