"""Commands of the operating system: what they say, and that nothing of them stays behind."""

import time
from pathlib import Path

import pytest

from node.system.process import CommandFailed, run, run_as_group

HANG_S = 60


def test_what_a_command_says_is_given() -> None:
    assert run("cat", stdin="größe") == "größe"


def test_a_command_that_fails_says_why() -> None:
    with pytest.raises(CommandFailed, match="no way") as caught:
        run("sh", "-c", "echo said; echo no way >&2; exit 3")
    assert (caught.value.exit_status, caught.value.stdout) == (3, "said\n")


def test_a_command_that_is_not_there() -> None:
    with pytest.raises(CommandFailed, match="is not installed"):
        run("no-such-command-anywhere")


def test_one_that_takes_too_long_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    """The child holds its output open: who waited for the end of that would wait for the child."""
    noted = tmp_path / "pid"
    with pytest.raises(CommandFailed, match="it took longer than 3 s"):
        run_as_group("sh", "-c", 'sleep 600 & echo $! > "$0"; wait', str(noted), timeout_s=3)
    child, until = int(noted.read_text()), time.monotonic() + HANG_S
    while _runs(child):
        assert time.monotonic() < until
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    """Nobody may be there to reap an orphan: a zombie does not run."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
