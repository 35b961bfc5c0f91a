import dataclasses
import os
import signal
import subprocess
from pathlib import Path

from ci.lab import processes


def test_a_process_is_recalled_while_it_lives(tmp_path: Path) -> None:
    child = subprocess.Popen(["sleep", "60"])
    process = processes.identify(child.pid)
    assert process is not None
    processes.remember(process, tmp_path / "p")
    assert processes.recall(tmp_path / "p") == process
    processes.kill(process)
    assert child.wait() == -signal.SIGKILL
    assert processes.recall(tmp_path / "p") is None


def test_another_process_with_the_same_number_is_left_alone() -> None:
    child = subprocess.Popen(["sleep", "60"])
    try:
        process = processes.identify(child.pid)
        assert process is not None
        processes.kill(dataclasses.replace(process, started=process.started - 1))
        processes.kill(dataclasses.replace(process, boot_id="earlier"))
        assert child.poll() is None
    finally:
        child.kill()
        child.wait()


def test_a_damaged_record_is_no_process(tmp_path: Path) -> None:
    (tmp_path / "p").write_text('{"pid": ')
    assert processes.recall(tmp_path / "p") is None
    assert processes.recall(tmp_path / "missing") is None


def test_this_process_is_no_init_of_a_machine() -> None:
    assert not processes.is_init(os.getpid())
