"""sanlock uses a watchdog exactly where there is one, found out anew at every start."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from images.project import CONFIGURATION

DROP_IN = (CONFIGURATION / "node/etc/systemd/system/sanlock.service.d/trivet.conf").read_text()


@pytest.mark.parametrize(("runs", "options"), [(True, "-w 1"), (False, "-w 0")])
def test_what_runs_decides(tmp_path: Path, runs: bool, options: str) -> None:
    """`systemctl` of a machine on which wdmd runs, and of one without a watchdog, on which it failed."""
    systemctl = tmp_path / "systemctl"
    systemctl.write_text(f'#!/bin/sh\n[ "$*" = "--quiet is-active wdmd.service" ] && exit {0 if runs else 3}\nexit 9\n')
    systemctl.chmod(0o755)
    (command,) = re.findall(r"^ExecStartPre=(.*)$", DROP_IN, re.MULTILINE)
    written = tmp_path / "options"
    argv = [word.replace("/run/trivet-sanlock", str(written)) for word in shlex.split(command)]
    subprocess.run(argv, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=True, timeout=30)
    assert written.read_text() == f"watchdog_opts={options}\n"


def test_the_daemon_is_told_and_an_administrator_has_the_last_word() -> None:
    assert re.search(r"^After=wdmd.service$", DROP_IN, re.MULTILINE)
    assert "EnvironmentFile=-/run/trivet-sanlock\n" in DROP_IN
    assert "daemon -e %m $watchdog_opts $sanlock_opts\n" in DROP_IN  # the later one counts
