"""Where systemd runs the watchdog is a unit of its own; what goes wrong with that leaves nobody without one."""

import os
import socket
import sys
from pathlib import Path

import pytest

from netconf.kernel import guarding, watchdog
from netconf.kernel.guarding import start_watchdog

_TOOL = """#!/bin/sh
echo "$@" >{calls}
echo "no more units" >&2
exit {code}
"""
_READY = f"""#!{sys.executable}
print("ready", flush=True)
"""


class Systemd:
    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls, self._tools = folder / "calls", folder / "tools"
        self._tools.mkdir()
        monkeypatch.setattr(guarding, "_SYSTEMD", folder)
        monkeypatch.setenv("PATH", f"{self._tools}:{os.environ['PATH']}")

    def ends_with(self, code: int) -> None:
        tool = self._tools / "systemd-run"
        tool.write_text(_TOOL.format(calls=self.calls, code=code))
        tool.chmod(0o755)


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Systemd:
    return Systemd(tmp_path, monkeypatch)


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Instead of the real one: says that it is ready."""
    found = tmp_path / "python"
    found.write_text(_READY)
    found.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(found))
    return found


def test_a_unit_of_its_own(systemd: Systemd, tmp_path: Path) -> None:
    systemd.ends_with(0)
    start_watchdog(tmp_path / "changes", "abc")
    call = systemd.calls.read_text().split()
    assert {"--service-type=notify", "--unit=trivet-network-abc", "--collect"} <= set(call)
    assert call[-4:] == ["-m", "netconf.kernel.watchdog", str(tmp_path / "changes"), "abc"]


def test_a_process_where_there_is_no_unit_to_be_had(systemd: Systemd, python: Path, tmp_path: Path) -> None:
    systemd.ends_with(1)
    start_watchdog(tmp_path, "abc")


def test_one_that_does_not_get_ready(tmp_path: Path, python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarding, "_SYSTEMD", tmp_path / "nothing")
    python.write_text("#!/bin/sh\necho it is broken\n")
    with pytest.raises(OSError, match="it is broken"):
        start_watchdog(tmp_path, "abc")


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_hears_that_it_is_ready(tmp_path: Path, *, abstract: bool) -> None:
    name = f"@trivet-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(name.replace("@", "\0", 1))
        watchdog._notify_systemd(name)
        assert systemd.recv(100) == b"READY=1"
