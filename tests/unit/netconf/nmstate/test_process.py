"""libnmstate in a child process: a library of our own that answers, fails, hangs, dies or talks, in a real child."""

import os
import sys
import time
from pathlib import Path

import pytest

from netconf.errors import BackendMissing
from netconf.nmstate import child
from netconf.nmstate.process import Answer, Library, NmstateRefused, NoLibrary, Unanswered

_TIMEOUT_S = 60  # of a busy machine
_FAKE = """
import os, subprocess, sys, time
__version__ = "2.2.36"

missing = int(os.environ.get("MISSING", 0))

def show():
    global missing
    missing -= 1
    if missing >= 0:
        raise FileNotFoundError("/sys/class/net/eth1/brport")
    print("chatter", flush=True)
    os.write(1, b"more of it")
    return {"interfaces": [{"name": "eth1"}], "pid": os.getpid()}

def apply(state, commit, save_to_disk, rollback_timeout):
    assert (commit, save_to_disk) == (False, False)
    if state.get("hang"):
        print("still trying", file=sys.stderr, flush=True)
        own = subprocess.Popen(["sleep", "600"])
        with open(state["hang"], "w") as file:
            file.write(str(own.pid))
        time.sleep(600)
    if state.get("sleep"):
        time.sleep(600)
    if state.get("die"):
        print("out of luck", file=sys.stderr, flush=True)
        os._exit(3)

def commit(checkpoint):
    raise ValueError("no checkpoint " + checkpoint)

def rollback(checkpoint):
    return None
"""


def _library(folder: Path, *environment: str) -> Library:
    (folder / "libnmstate.py").write_text(_FAKE)
    return Library(("env", f"PYTHONPATH={folder}", *environment, sys.executable, str(Path(child.__file__))))


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return _library(tmp_path)


def test_an_answer_and_a_process_that_stays(library: Library) -> None:
    first, second = library.ask("show", within_s=_TIMEOUT_S), library.ask("show", within_s=_TIMEOUT_S)
    assert first == second
    assert (first.version, first.result["interfaces"]) == ("2.2.36", [{"name": "eth1"}])
    library.close()
    assert _dies(first.result["pid"])


def test_an_error_of_the_library_is_told(library: Library) -> None:
    with pytest.raises(NmstateRefused, match="ValueError: no checkpoint 7"):
        library.ask("commit", within_s=_TIMEOUT_S, checkpoint="7")
    assert library.ask("rollback", within_s=_TIMEOUT_S, checkpoint="7") == Answer("2.2.36", None)
    library.close()


@pytest.mark.parametrize(("missing", "ends"), [(2, True), (100, False)])
def test_what_vanishes_while_it_is_shown_is_looked_for_again(tmp_path: Path, missing: int, ends: bool) -> None:
    moving = _library(tmp_path, f"MISSING={missing}")
    if ends:
        assert moving.ask("show", within_s=_TIMEOUT_S).result["interfaces"] == [{"name": "eth1"}]
    else:
        with pytest.raises(NmstateRefused, match="FileNotFoundError: /sys/class/net/eth1/brport"):
            moving.ask("show", within_s=_TIMEOUT_S)
    moving.close()


def test_one_that_hangs_is_killed_with_its_children(library: Library, tmp_path: Path) -> None:
    library.ask("show", within_s=_TIMEOUT_S)
    pid_file = tmp_path / "pid"
    with pytest.raises(Unanswered, match=r"(?s)its process was ended; it said: .*still trying"):
        library.ask("apply", within_s=5, state={"hang": str(pid_file)}, timeout_s=60)
    assert _dies(int(pid_file.read_text()))
    assert library.ask("show", within_s=_TIMEOUT_S).version == "2.2.36"
    library.close()


def test_one_that_dies_is_started_again(library: Library) -> None:
    with pytest.raises(Unanswered, match=r"ended by itself; it said: .*out of luck"):
        library.ask("apply", within_s=_TIMEOUT_S, state={"die": True}, timeout_s=60)
    assert library.ask("show", within_s=_TIMEOUT_S).version == "2.2.36"
    library.close()


@pytest.mark.parametrize("garbage", ["Traceback, of all things", "[1, 2]", '"text"', '{"result": 1}'])
def test_what_is_no_answer(garbage: str) -> None:
    with pytest.raises(Unanswered, match="wrote what is no answer"):
        Library(("sh", "-c", 'read question; echo "$0"; sleep 60', garbage)).ask("show", within_s=_TIMEOUT_S)


def test_a_process_that_ends_without_a_word() -> None:
    with pytest.raises(Unanswered, match="ended by itself"):
        Library(("false",)).ask("show", within_s=_TIMEOUT_S)


def test_no_library() -> None:
    with pytest.raises(NoLibrary, match=r"No module named 'libnmstate'.*python3-libnmstate") as caught:
        Library((sys.executable, "-S", "-I", str(Path(child.__file__)))).ask("show", within_s=_TIMEOUT_S)
    assert isinstance(caught.value, BackendMissing)


def test_no_interpreter() -> None:
    with pytest.raises(NoLibrary, match="cannot be started"):
        Library(("/nowhere/python3",)).ask("show", within_s=_TIMEOUT_S)


def test_the_child_ends_by_itself_when_nobody_kills_it(tmp_path: Path) -> None:
    """As after the death of who asked: its alarm goes off, whatever the library is at."""
    (tmp_path / "libnmstate.py").write_text(_FAKE)
    question = '{"do": "apply", "with": {"state": {"sleep": true}, "timeout_s": 5}, "within_s": 1}'
    argv = ["sh", "-c", 'printf "%s\\n" "$0" | "$1" "$2"', question, sys.executable, str(Path(child.__file__))]
    status = os.spawnvpe(os.P_WAIT, "sh", argv, os.environ | {"PYTHONPATH": str(tmp_path)})
    assert status != 0


def _dies(pid: int) -> bool:
    """One that was killed ends when it gets its turn; not waited for counts as dead."""
    until = time.monotonic() + _TIMEOUT_S
    while _lives(pid):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def _lives(pid: int) -> bool:
    """Killed and not yet waited for counts as dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
