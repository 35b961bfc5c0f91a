"""An installed node in an emulated machine, with a serial line for an operator and another one for the tests."""

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from images import build, layer
from node.system.process import run
from tests.integration.netconf import inside_serial
from tests.integration.netconf.guest_machine import VIRTIO, emulate, files_of
from tests.vt220 import Vt220

_CONTROL, _OPERATOR = "control", "operator"  # the other ends of ttyS1 and ttyS2
_LINES = tuple(f"unix:/tmp/work/{name},server=on,wait=off" for name in (_CONTROL, _OPERATOR))
_MEMORY_MIB = 448
_BOOT_S = 300
_TIOCVHANGUP = 0x5437  # asm-generic/ioctls.h
_HANG_UP = f"import fcntl; fcntl.ioctl(open('/dev/ttyS2', 'rb', 0), {_TIOCVHANGUP})"


class SerialGuest:
    """`work` is the folder of its sockets."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self._control = _connected(work / _CONTROL)
        self._output = self._control.makefile("r", errors="replace")
        self._until("ready")

    def __call__(self, command: str) -> str:
        """What a command of the shell says in the guest."""
        self._control.sendall(f"{command}\n".encode())
        said: str = json.loads(self._until("result "))
        return said

    @contextmanager
    def operator(self) -> Iterator[Vt220]:
        """Somebody plugs a terminal in, and out again afterwards."""
        with _connected(self._work / _OPERATOR) as line:
            yield Vt220(line.fileno())

    def hang_up(self) -> None:
        """What the kernel does when the line's carrier goes."""
        assert self(f'python3 -c "{_HANG_UP}"') == ""

    def break_signal(self) -> None:
        """The line is pulled down for longer than any character takes."""
        _send_to_qemu(self._work, "chardev-send-break serial2")

    def end(self) -> None:
        self._control.sendall(f"{inside_serial.LAST}\n".encode())

    def _until(self, start: str) -> str:
        for line in self._output:
            if line.startswith(start):
                return line.removeprefix(start)
        raise AssertionError(f"the guest has ended:\n{(self._work / 'console').read_text(errors='replace')}")


def _connected(path: Path, within_s: float = _BOOT_S) -> socket.socket:
    last = time.monotonic() + within_s
    while True:
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(_BOOT_S)
        try:
            line.connect(str(path))
            return line
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() > last:
                raise
            line.close()
            time.sleep(0.1)


def _send_to_qemu(work: Path, command: str) -> None:
    with _connected(work / "monitor", 0) as monitor:
        monitor.sendall(f"{command}\n".encode())
        monitor.recv(4096)


def _files() -> dict[str, bytes]:
    tree = layer.trivet_tree(build.DEFAULT_STORE, print, run)
    paths = (path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
    installed = {f"project/installed/{path.relative_to(tree)}": path.read_bytes() for path in paths}
    return files_of(inside_serial.__name__) | installed


@contextmanager
def serial_guest(work: Path) -> Iterator[SerialGuest]:
    """`work` is a folder for this run alone."""
    with ThreadPoolExecutor(1) as pool:
        machine = pool.submit(emulate, work, _files(), _LINES, hardware=replace(VIRTIO, memory_mib=_MEMORY_MIB))
        try:
            guest = SerialGuest(work)
            yield guest
            guest.end()
            machine.result()
        except BaseException:
            with suppress(OSError):
                _send_to_qemu(work, "quit")
            raise
