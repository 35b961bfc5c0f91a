"""A node's transfers in a booted node image: with its systemd, its units, its Python and its QEMU."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from images import build

PROJECT = Path(__file__).parents[3]
SCRIPT = Path(__file__).parent / "machine.sh"
READY_S = 180
PYTHON = "/opt/trivet/venv/bin/python"
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes namespaces and mounts")


class Booted:
    def __init__(self, tree: Path, folder: Path) -> None:
        self._folder = folder
        for name in ("root", "upper", "work"):
            (folder / name).mkdir()
        argv = ("unshare", "-m", "sh", str(SCRIPT), str(tree), str(folder), str(PROJECT))
        with (folder / "log").open("ab") as log:
            self._process = subprocess.Popen(argv, stdout=log, stderr=log, start_new_session=True)

    def wait(self) -> None:
        """Until its systemd has started what it starts."""
        deadline = time.monotonic() + READY_S
        while self.run("systemctl", "is-active", "multi-user.target").returncode != 0:
            assert time.monotonic() < deadline, (self._folder / "log").read_text()
            time.sleep(0.5)

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        inside = ("nsenter", "-t", children[-1], "-m", "-u", "-i", "-n", "-p", "-r", "-w") if children else ("false",)
        pipe = subprocess.PIPE
        return subprocess.run(
            (*inside, *argv), stdout=pipe, stderr=subprocess.STDOUT, text=True, check=False, timeout=250
        )

    def stop(self) -> None:
        """At once, as when the power fails."""
        for child in Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split():
            os.kill(int(child), 9)
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


@pytest.fixture
def booted() -> Iterator[Booted]:
    tree = build.build_node(build.DEFAULT_STORE, print)
    machine = Booted(tree, Path(tempfile.mkdtemp(prefix="trivet-transfers-", dir="/var/tmp")))
    try:
        machine.wait()
        yield machine
    finally:
        machine.stop()


def test_images_go_up_and_come_down_and_leave_nothing(booted: Booted) -> None:
    """Both formats, a daemon and an agent that are started anew in the middle, a stranger's image."""
    command = f"cd /project && exec {PYTHON} -m tests.integration.transfers.inside"
    ended = booted.run("sh", "-c", command)
    print(ended.stdout)
    assert ended.returncode == 0
    assert ended.stdout.splitlines()[-1] == "nothing is left: []"
