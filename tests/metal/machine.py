"""A bare machine in emulation: UEFI firmware, disks, one NIC that leads nowhere, a serial console, a line for tests.

QEMU and firmware are those of the node image, in namespaces of their own. The line for tests is systemd's debug shell
on the second serial port, which is asked for over SMBIOS: nothing in the image is made for tests.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ci.lab import processes
from images import build, node
from node.system.process import run
from tests.vt220 import Vt220

STUB_CMDLINE = "io.systemd.stub.kernel-cmdline-extra"  # systemd-stub(7)
DEBUG_SHELL = "systemd.debug_shell=ttyS1"
BOOT_S = 600  # three times what a loaded machine takes
MOUNTED = "until findmnt -no FSTYPE /bricks/data; do sleep 1; done"  # on a busy machine disks come late
_MEMORY_MIB = 2048
_CODE, _VARIABLES = "/usr/share/OVMF/OVMF_CODE_4M.fd", "usr/share/OVMF/OVMF_VARS_4M.fd"
_NO_SYSTEM = "UEFI Interactive Shell"  # what the firmware starts when nothing else is there
_GONE_S = 120  # what it had written goes to the disk of this machine first
_PROMPT = b"# "  # of root's shell
_BEGIN, _END = "<<begin", "<<end"


@dataclass(frozen=True, slots=True)
class Disk:
    """A file below the machine's folder, sparse. `serial` is what the guest sees."""

    serial: str
    size_bytes: int


class MachineEnded(AssertionError):
    """It is off though it should run; holds the end of its console."""


class Machine:
    """`work` is a folder for this machine alone; its disks and the firmware's variables stay there over power cuts."""

    def __init__(self, work: Path, disks: Sequence[Disk], *, memory_mib: int = _MEMORY_MIB) -> None:
        self._work, self._disks, self._memory_mib = work, tuple(disks), memory_mib
        self._tree = node.node_tree(build.DEFAULT_STORE, print, run)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        work.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._tree / _VARIABLES, work / "variables")
        for disk in self._disks:
            with self.disk(disk.serial).open("ab") as file:
                file.truncate(disk.size_bytes)

    def disk(self, serial: str) -> Path:
        return self._work / f"disk-{serial}"

    @property
    def console_log(self) -> Path:
        return self._work / "console.log"

    def start(self, iso: Path | None = None, *, cmdline: str = "", more: Sequence[str] = ()) -> None:
        """Switch it on; with a CD of `iso` that is tried first. `words` go on the kernel's command line."""
        assert self._process is None, "it runs already"
        self._process = subprocess.Popen(
            [*self._seal(iso), *self._qemu(iso, f"{DEBUG_SHELL} {cmdline}".strip()), *more],
            stdin=subprocess.DEVNULL,
            stdout=(self._work / "qemu.log").open("ab"),
            stderr=subprocess.STDOUT,
        )

    def cut_power(self) -> None:
        """At once; what the guest had not flushed may be lost. QEMU is the seal's grandchild and ends after it: until
        it has, its disks are in use."""
        if self._process is not None:
            inside = [found for pid in _descendants(self._process.pid) if (found := processes.identify(pid))]
            self._process.send_signal(signal.SIGKILL)
            self._ended()
            assert all(processes.wait_gone(one, _GONE_S) for one in inside)

    def wait_off(self, within_s: float = BOOT_S) -> None:
        """Until the guest has switched itself off."""
        assert self._process is not None
        self._process.wait(within_s)
        self._ended()

    def is_on(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait_shell(self, within_s: float = BOOT_S) -> None:
        """Until the system that was started answers on the line for tests. Until then nothing but Enter is typed: the
        boot loader listens there, too, and takes letters for wishes."""
        until = time.monotonic() + within_s
        self._close_control()
        self._control = self._connected("control", within_s)
        said = b""
        while not said.endswith(_PROMPT):
            self._control.settimeout(2)
            try:
                said = (said + self._control.recv(65536))[-1000:]
            except TimeoutError:
                self._control.sendall(b"\n")
            if not self.is_on() or _NO_SYSTEM in self.console_end() or time.monotonic() > until:
                raise MachineEnded(self.console_end())
        self._control.sendall(b" stty -echo; PS1='# '; PS2=; export TERM=dumb PAGER=cat\n")
        assert self._ask("echo ready", max(30.0, until - time.monotonic())) == (0, "ready")

    def wait_up(self, within_s: float = BOOT_S) -> None:
        """Until the system has started all that it starts."""
        self.wait_shell(within_s)
        self._ask("systemctl is-system-running --wait", within_s)

    def ask(self, command: str, within_s: float = 120) -> str:
        """What a command of the shell says; its status must be 0."""
        status, said = self._ask(command, within_s)
        assert status == 0, f"{command!r} ended with {status}: {said}"
        return said

    def status_of(self, command: str, within_s: float = 120) -> tuple[int, str]:
        return self._ask(command, within_s)

    def put(self, path: str, text: str, mode: str = "0600") -> None:
        """A file of the guest."""
        assert "TRIVET_END" not in text
        self.ask(f"umask 077; cat >{path} <<'TRIVET_END'\n{text}\nTRIVET_END\nchmod {mode} {path}")

    @contextmanager
    def operator(self) -> Iterator[Vt220]:
        """Somebody plugs a terminal into the serial console."""
        with self._connected("console", BOOT_S) as line:
            yield Vt220(line.fileno())

    def console_end(self, lines: int = 30) -> str:
        text = self.console_log.read_text(errors="replace") if self.console_log.exists() else ""
        plain = re.sub(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]", "", text)
        said = [line.rstrip()[:200] for line in plain.splitlines() if line.strip()]
        return "\n".join([*said[-lines:], (self._work / "qemu.log").read_text(errors="replace")])

    def _ask(self, command: str, within_s: float) -> tuple[int, str]:
        assert self._control is not None
        until, said = time.monotonic() + within_s, ""
        mark = str(time.monotonic_ns())
        begin, end = f"{_BEGIN}{mark}", f"{_END}{mark}"
        before, after = f" printf '%s%s\\n' '{_BEGIN}' {mark}", f"printf '\\n%s%s %s\\n' '{_END}' {mark} $?"
        self._control.sendall(f"{before}; {{ {command}\n }} 2>&1 </dev/null; {after}\n".encode())
        while not (found := re.search(rf"{begin}\r?\n(.*)\r?\n{end} (\d+)", said, re.DOTALL)):
            self._control.settimeout(max(0.1, until - time.monotonic()))
            try:
                heard = self._control.recv(65536)
            except TimeoutError as late:
                raise TimeoutError(f"{command!r} has not ended within {within_s} s; it said: {said}") from late
            if not heard:
                raise MachineEnded(f"while {command!r} ran; it said: {said}\n{self.console_end()}")
            said += heard.decode(errors="replace")
        return int(found[2]), found[1].replace("\r", "").strip("\n")

    def _connected(self, name: str, within_s: float) -> socket.socket:
        until = time.monotonic() + within_s
        while True:
            line = socket.socket(socket.AF_UNIX)
            try:
                line.connect(str(self._work / name))
                return line
            except (FileNotFoundError, ConnectionRefusedError):
                line.close()
                if not self.is_on() or time.monotonic() > until:
                    raise MachineEnded(self.console_end()) from None
                time.sleep(0.1)

    def _close_control(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None

    def _ended(self) -> None:
        assert self._process is not None
        self._process.wait(60)
        self._process = None
        self._close_control()
        for name in ("console", "control", "monitor"):
            (self._work / name).unlink(missing_ok=True)

    def _seal(self, iso: Path | None) -> list[str]:
        shown = [
            "--ro-bind",
            str(self._tree),
            "/",
            "--dev",
            "/dev",
            "--proc",
            "/proc",
            "--tmpfs",
            "/tmp",
            "--tmpfs",
            "/run",
        ]
        shown += ["--bind", str(self._work), "/tmp/work"]
        if iso is not None:
            shown += ["--ro-bind", str(iso), "/tmp/medium.iso"]
        apart = ["--unshare-net", "--unshare-pid", "--unshare-ipc", "--die-with-parent", "--new-session", "--clearenv"]
        return ["bwrap", *apart, "--setenv", "PATH", "/usr/sbin:/usr/bin", *shown, "--"]

    def _qemu(self, iso: Path | None, cmdline: str) -> list[str]:
        argv = ["qemu-system-x86_64", "-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max,la57=off"]
        argv += ["-machine", "q35,smm=off", "-m", str(self._memory_mib), "-smp", str(min(2, os.cpu_count() or 1))]
        argv += ["-nodefaults", "-no-user-config", "-display", "none", "-device", "virtio-rng-pci"]
        argv += ["-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={_CODE}"]
        argv += ["-drive", "if=pflash,format=raw,unit=1,file=/tmp/work/variables"]
        for number, disk in enumerate(self._disks):
            file = f"/tmp/work/{self.disk(disk.serial).name}"
            argv += ["-drive", f"if=none,id=disk{number},format=raw,file={file},discard=unmap"]
            argv += ["-device", f"virtio-blk-pci,drive=disk{number},serial={disk.serial},bootindex={number + 1}"]
        if iso is not None:
            argv += ["-drive", "if=none,id=cd,media=cdrom,readonly=on,format=raw,file=/tmp/medium.iso"]
            argv += ["-device", "ide-cd,drive=cd,bus=ide.0,bootindex=0"]
        argv += [
            "-netdev",
            "user,id=nic,net=192.0.2.0/24,restrict=on",
            "-device",
            f"virtio-net-pci,netdev=nic,mac={MAC}",
        ]
        argv += ["-serial", "unix:/tmp/work/console,server=on,wait=off,logfile=/tmp/work/console.log"]
        argv += ["-serial", "unix:/tmp/work/control,server=on,wait=off"]
        argv += ["-monitor", "unix:/tmp/work/monitor,server=on,wait=off"]
        return [*argv, "-smbios", f"type=11,value={STUB_CMDLINE}={cmdline}"]


def _descendants(pid: int) -> list[int]:
    children = processes.children(pid)
    return [*children, *(other for child in children for other in _descendants(child))]


MAC = "52:54:00:aa:00:01"
