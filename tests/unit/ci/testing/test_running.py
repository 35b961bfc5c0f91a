import sys
import threading
import time
from pathlib import Path

import pytest

from ci.testing import running
from ci.testing.outcomes import Ending
from ci.testing.running import Runner

FAILING = "def test_good(): pass\ndef test_bad(): assert 0\n"


class Shown(list[str]):
    __call__ = list.append


@pytest.fixture
def shown() -> Shown:
    return Shown()


@pytest.fixture
def runner(tmp_path: Path, shown: Shown) -> Runner:
    return Runner(tmp_path, shown)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_what_is_printed_is_shown_and_kept(runner: Runner, shown: Shown, tmp_path: Path) -> None:
    outcome = runner.run("one", python("print('first'); print('no end', end='')"), {}, 60)
    assert outcome.good
    assert "one | first" in shown
    assert (tmp_path / "one.log").read_text() == "first\nno end"


def test_a_command_that_hangs_is_ended_with_its_children(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with one that hears no Ctrl-C, and though its parent ends at once."""
    monkeypatch.setattr(running, "_GRACE_S", 2)
    deaf = "import signal, time; signal.signal(2, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    code = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {deaf!r}], stdout=subprocess.PIPE)
child.stdout.readline()
open({str(tmp_path / "child")!r}, "w").write(str(child.pid))
time.sleep(600)
"""
    assert runner.run("hanging", python(code), {}, 5).ending is Ending.HUNG
    child = Path("/proc") / (tmp_path / "child").read_text() / "stat"
    for _ in range(500):
        if not child.exists() or child.read_text().split()[2] == "Z":
            return
        time.sleep(0.02)
    pytest.fail("the child lives on")


def test_a_run_that_is_stopped_ends_what_runs_and_what_comes_next(tmp_path: Path) -> None:
    endings: list[Ending] = []
    begun = threading.Event()
    runner = Runner(tmp_path, lambda line: begun.set() if "begun" in line and "|" in line else None)

    def both() -> None:
        code = "import time; print('begun', flush=True); time.sleep(600)"
        endings.append(runner.run("now", python(code), {}, 600).ending)
        endings.append(runner.run("next", python("import time; time.sleep(600)"), {}, 600).ending)

    thread = threading.Thread(target=both)
    thread.start()
    assert begun.wait(60)
    runner.stop()
    thread.join(60)
    assert endings == [Ending.FAILED, Ending.FAILED]


def test_failed_tests_are_known_by_name(runner: Runner, tmp_path: Path) -> None:
    file = tmp_path / "test_some.py"
    file.write_text(FAILING)
    outcome = runner.pytest("some", [str(file), "-p", "no:asyncio", "--rootdir", str(tmp_path)], {}, 120)
    assert outcome.ending is Ending.FAILED
    assert not outcome.broke_off
    assert outcome.passed == 1
    assert [test.split("::")[1] for test in outcome.failed] == ["test_bad"]


@pytest.mark.parametrize("last", ["import pytest\ndef test_end(): pytest.exit('no more')\n", "raise ImportError\n"])
def test_a_suite_of_which_not_all_was_run_says_so(runner: Runner, tmp_path: Path, last: str) -> None:
    (tmp_path / "test_a.py").write_text(FAILING)
    (tmp_path / "test_b.py").write_text(last)
    outcome = runner.pytest("some", [str(tmp_path), "-p", "no:asyncio", "--rootdir", str(tmp_path)], {}, 120)
    assert len(outcome.failed) == 1
    assert outcome.broke_off
