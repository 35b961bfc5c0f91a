from pathlib import Path

import pytest

from ci.testing.suites import PARTS, SUITES, Lab, needs_lab, of_parts, of_tests, short


def test_names_are_unique_for_they_name_logs() -> None:
    assert len({suite.name for suite in SUITES}) == len(SUITES)


def test_all_is_more_than_the_short_ones() -> None:
    assert set(short()) < set(of_parts(()))
    assert set(of_parts(())) == set(SUITES)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_has_its_suites_only(part: str) -> None:
    assert {suite.part for suite in of_parts((part,))} == {part}


def test_short_ones_and_long_ones_share_no_test() -> None:
    """A suite of a folder says `long` or `not long`, or names files that pytest does not collect by itself."""
    for suite in SUITES:
        if suite.tests and suite.tests[0] == "-m":
            assert suite.short == ("not long" in suite.tests[1])
        elif suite.short:
            assert not any(Path(test).name.startswith("test_") for test in suite.tests)


@pytest.mark.parametrize(
    ("test", "lab"),
    [
        ("tests/lab/test_nodes.py::test_x[a/b]", True),
        ("./tests/conformance/", True),
        ("tests/labels/test_a.py", False),
        ("tests/integration/netconf/test_kernel.py", False),
    ],
)
def test_what_needs_a_lab_is_told_by_its_folder(test: str, lab: bool) -> None:
    assert needs_lab(test) is lab


def test_named_tests_are_parted_by_what_they_need() -> None:
    lab, others = of_tests(["tests/lab/test_a.py", "tests/unit/test_steps.py", "tests/lab/test_a.py"])
    assert (lab.tests, lab.lab) == (("tests/lab/test_a.py",), Lab.UP)
    assert (others.tests, others.lab) == (("tests/unit/test_steps.py",), Lab.NONE)
