from pathlib import Path

import pytest

from ci.testing.outcomes import counts, failed_tests


@pytest.mark.parametrize(
    ("log", "found"),
    [
        ("== 3 passed in 0.12s ==", {"passed": 3}),
        ("2 failed, 65 passed, 1 skipped in 1280.33s (0:21:20)", {"failed": 2, "passed": 65, "skipped": 1}),
        ("== \x1b[31m1 failed\x1b[0m, 2 passed in 3.00s ==\n-- tests: 4 s", {"failed": 1, "passed": 2}),
        ("1 passed in 2s\n... later\n2 passed, 1 error in 2s", {"passed": 2, "error": 1}),
        ("9 passed the gate", {}),
        ("", {}),
    ],
)
def test_the_counts_are_those_of_pytests_last_word(log: str, found: dict[str, int]) -> None:
    assert counts(log) == found


def test_failed_tests_are_read_from_pytests_own_cache(tmp_path: Path) -> None:
    assert failed_tests(tmp_path) == ()
    noted = tmp_path / "v/cache"
    noted.mkdir(parents=True)
    (noted / "lastfailed").write_text('{"tests/lab/test_a.py::test_x": true, "tests/lab/test_b.py": true}')
    assert failed_tests(tmp_path) == ("tests/lab/test_a.py::test_x", "tests/lab/test_b.py")
