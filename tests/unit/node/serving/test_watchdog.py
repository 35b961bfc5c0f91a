"""What systemd is told: by a process whose loop turns, stands still, and turns again."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

import hosted_engine
import node
from node.serving.watchdog import notify, pet, watchdog_s

HANG_S = 60
WITHIN_S = 0.4  # what the process is told that systemd waits; it gives word every 0.1 s

# Its loop reads commands as the agent answers requests: `block` stands still in the loop, `hang` in a thread.
PROCESS = f"""
import asyncio, sys, threading, time
sys.path.insert(0, {str(Path(node.__file__).parent.parent)!r})
from node.serving.watchdog import notify, pet

async def main():
    petting = asyncio.create_task(pet())
    notify("READY=1")
    while command := (await asyncio.to_thread(sys.stdin.readline)).strip():
        if command == "block":
            sys.stdin.readline()
        else:
            threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()

asyncio.run(main())
"""


class Systemd:
    """Its end of the notify socket."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._sock.bind(str(path))

    def next(self, within_s: float = HANG_S) -> str | None:
        self._sock.settimeout(within_s)
        try:
            return self._sock.recv(100).decode()
        except TimeoutError:
            return None

    def drain(self) -> None:
        while self.next(0.01) is not None:
            pass

    def no_ping_for(self, seconds: float) -> bool:
        return self.next(seconds) is None

    def close(self) -> None:
        self._sock.close()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    systemd = Systemd(tmp_path / "notify")
    yield systemd
    systemd.close()


def test_pets_come_while_the_loop_turns_and_only_then(systemd: Systemd) -> None:
    environment = os.environ | {"NOTIFY_SOCKET": str(systemd.path), "WATCHDOG_USEC": str(int(WITHIN_S * 1e6))}
    environment.pop("WATCHDOG_PID", None)
    argv = [sys.executable, "-c", PROCESS]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stdin is not None
        try:
            assert {systemd.next(), systemd.next()} == {"READY=1", "WATCHDOG=1"}
            for command in ("", "hang\n"):
                process.stdin.write(command)
                process.stdin.flush()
                assert [systemd.next() for _ in range(5)] == ["WATCHDOG=1"] * 5
            process.stdin.write("block\n")
            process.stdin.flush()
            end = time.monotonic() + HANG_S
            while not systemd.no_ping_for(2 * WITHIN_S):
                assert time.monotonic() < end, "its loop stands still, and it gives word"
            process.stdin.write("go on\n")
            process.stdin.flush()
            assert [systemd.next() for _ in range(3)] == ["WATCHDOG=1"] * 3
        finally:
            process.kill()


async def test_nothing_is_told_while_another_loop_stands_still(
    systemd: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(systemd.path))
    monkeypatch.setenv("WATCHDOG_USEC", str(int(WITHIN_S * 1e6)))
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    turns = asyncio.Event()
    petting = asyncio.create_task(pet(turns.wait))
    assert await asyncio.to_thread(systemd.no_ping_for, 2 * WITHIN_S)
    turns.set()
    assert await asyncio.to_thread(systemd.next) == "WATCHDOG=1"
    petting.cancel()


def test_without_systemd_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)
    notify("READY=1")
    assert watchdog_s() is None
    asyncio.run(asyncio.wait_for(pet(), HANG_S))


@pytest.mark.parametrize(
    ("usec", "pid", "seconds"),
    [
        ("20000000", "", 20),
        pytest.param("20000000", str(os.getpid()), 20, id="this process"),
        ("20000000", "1", None),
        ("0", "", None),
        ("x", "", None),
    ],
)
def test_whether_systemd_waits(monkeypatch: pytest.MonkeyPatch, usec: str, pid: str, seconds: float | None) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    monkeypatch.setenv("WATCHDOG_PID", pid)
    assert watchdog_s() == seconds


def test_a_systemd_that_does_not_listen_holds_nobody_up(systemd: Systemd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(systemd.path))
    done = threading.Event()

    def notify_often() -> None:
        for _ in range(2000):  # more than a socket keeps
            notify("WATCHDOG=1")
        done.set()

    threading.Thread(target=notify_often, daemon=True).start()
    assert done.wait(HANG_S)
    monkeypatch.setenv("NOTIFY_SOCKET", "@nobody-listens-here")
    notify("WATCHDOG=1")


@pytest.mark.parametrize(
    ("unit", "limit_s"),
    [
        (Path(hosted_engine.__file__).parent / "trivet-engine.service", "45"),
        (Path(node.__file__).parent / "trivet-node.service", "20"),
    ],
    ids=["engine", "node"],
)
def test_the_units_wait_for_word(unit: Path, limit_s: str) -> None:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.read(unit)
    service = parser["Service"]
    assert (service["Type"], service["WatchdogSec"], service["Restart"]) == ("notify", limit_s, "always")
    assert "AF_UNIX" in service["RestrictAddressFamilies"]
