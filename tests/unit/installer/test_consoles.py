"""One console answers at a time; one that is gone is in nobody's way."""

import os
import subprocess
from pathlib import Path

import pytest

from installer.consoles import Consoles
from installer.environment import Console


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "installer"


def _of_another_process(folder: Path, monkeypatch: pytest.MonkeyPatch, pid: int) -> Consoles:
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: pid)
        return Consoles("ttyS0", folder)


def test_whoever_takes_is_the_one_that_answers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = Consoles("tty1", folder), _of_another_process(folder, monkeypatch, os.getppid())
    assert (one.elsewhere(), one.is_here()) == (None, False)
    one.take()
    one.take("1 of 5: Disks")
    assert (one.elsewhere(), one.is_here()) == (None, True)
    assert other.elsewhere() == Console("tty1", "1 of 5: Disks")
    other.take()
    assert one.elsewhere() == Console("ttyS0")
    assert not one.is_here()
    one.leave()
    assert other.is_here()
    other.leave()
    assert one.elsewhere() is None


def test_a_console_whose_process_is_gone_is_in_nobodys_way(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = subprocess.Popen(["sleep", "60"])
    _of_another_process(folder, monkeypatch, process.pid).take()
    one = Consoles("tty1", folder)
    assert one.elsewhere() == Console("ttyS0")
    process.kill()
    process.wait()
    assert one.elsewhere() is None


def test_answers_are_there_for_the_next_one_and_for_nobody_else(folder: Path) -> None:
    Consoles("tty1", folder).save(b"{}")
    assert Consoles("ttyS0", folder).load() == b"{}"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "draft.json").stat().st_mode & 0o777 == 0o600


def test_a_damaged_file_is_nobody(folder: Path) -> None:
    one = Consoles("tty1", folder)
    one.take()
    (folder / "console.json").write_bytes(b"{")
    assert (one.elsewhere(), one.is_here(), one.load()) == (None, False, None)
