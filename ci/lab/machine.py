"""One node of a lab as a machine: switched on, switched off, killed, entered."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

import msgspec
from rich.text import Text

from ci.lab import additions, bricks, cgroups, processes
from ci.lab.launch import Launch
from ci.lab.names import Node
from ci.lab.netns import Network
from ci.lab.processes import Process
from ci.lab.terminal import Terminal
from node.api.problems import Failed, Refused
from node.system.process import CommandFailed, Run

PROJECT = Path(__file__).parents[2]
READY = ("running", "degraded")
LAUNCH_S = 15.0  # from the command in its terminal to the process that becomes systemd-nspawn
GONE_S = 60.0  # a killed machine ends when what was written to its disks is on the host's
CONSOLE_LINES = 10


class NodeOff(Refused):
    what = "{node} was not entered"
    why = "it is switched off"
    mend = "Start it: ./trivet lab start {node} --name {lab}"


class NotReady(Failed):
    what = "{node} did not start"
    why = "its systemd says: {state}; its console ends with: {console}"
    mend = "The whole of its console: {log}"


class StillThere(Failed):
    what = "{node} was not switched off"
    why = "its process {pid} was killed and has not ended within {seconds:g} s"
    mend = "Look at what the process waits for (/proc/{pid}/stack), then do the same again"


class Power(StrEnum):
    OFF = "off"
    BOOTING = "booting"
    ON = "on"


class Machine:
    def __init__(self, node: Node, run: Run, terminal: Terminal) -> None:
        self.node = node
        self._run = run
        self._terminal = terminal

    # --- state ---

    def supervisor(self) -> Process | None:
        """The systemd-nspawn of the node."""
        return processes.recall(self.node.process_file)

    def leader(self) -> Process | None:
        """The node's own process 1, as the host sees it."""
        supervisor = self.supervisor()
        for pid in processes.children(supervisor.pid) if supervisor else ():
            if processes.is_init(pid):
                return processes.identify(pid)
        return None

    def leader_or_refuse(self) -> Process:
        leader = self.leader()
        if leader is None:
            raise NodeOff(node=self.node.name, lab=self.node.lab.name)
        return leader

    def launched(self) -> Launch:
        """How it was switched on."""
        return msgspec.json.decode(self.node.launch_file.read_bytes(), type=Launch)

    def power(self) -> Power:
        if self.leader() is None:
            return Power.BOOTING if self.supervisor() else Power.OFF
        return Power.ON if self.state() in READY else Power.BOOTING

    def state(self) -> str:
        """What the node's systemd says of itself: running, degraded, starting, stopping, offline."""
        try:
            done = self.exec("systemctl", "is-system-running", timeout_s=20, check=False)
        except (NodeOff, CommandFailed):
            return "offline"
        return done.stdout.strip() or "offline"

    def _console_end(self) -> str:
        """Its last lines as text; nothing but a terminal shows the rest."""
        shown = Text.from_ansi(self.node.console_log.read_text(errors="replace")).plain
        lines = [line.rstrip() for line in shown.splitlines() if line.strip()]
        return "\n".join(lines[-CONSOLE_LINES:])

    # --- power ---

    def start(self, launch: Launch, *, lower: dict[str, str], shim: bytes | None) -> None:
        """Switch it on; returns before it is up."""
        if self.supervisor() is not None:
            return
        self.sweep()
        self.node.runtime.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.node.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        bricks.make(self.node, self._run)
        self._furnish(lower, shim)
        self.node.launch_file.write_bytes(msgspec.json.encode(launch))
        self._terminal.start(self.node.name, self._launcher(), self.node.console_log)

    def wait_ready(self, timeout_s: float) -> None:
        """Wait until its systemd has started everything. One that ended instead is not waited for."""
        until = time.monotonic() + timeout_s
        alive_until = time.monotonic() + LAUNCH_S
        while (state := self.state()) not in READY:
            if self.supervisor() is not None:
                alive_until = time.monotonic() + LAUNCH_S
            if time.monotonic() > min(until, alive_until):
                raise NotReady(node=self.node.name, state=state, console=self._console_end(), log=self.node.console_log)
            time.sleep(0.3)

    def kill(self) -> None:
        """As a power loss: the whole machine is gone at once, nothing inside cleans up."""
        supervisor, leader = self.supervisor(), self.leader()
        for process in (leader, supervisor):
            if process is not None:
                self._end(process)
        self.sweep()

    def stop(self, timeout_s: float = 60) -> None:
        """Shut it down cleanly; after `timeout_s` the hard way."""
        leader, supervisor = self.leader(), self.supervisor()
        if leader is not None and supervisor is not None:
            # SIGRTMIN+4 makes systemd power off; it works when D-Bus inside is dead.
            processes.kill(leader, signal.SIGRTMIN + 4)
            if processes.wait_gone(supervisor, timeout_s):
                return self.sweep()
        return self.kill()

    def sweep(self) -> None:
        """End what is left of a machine that is off: processes of its control group, the group, its cable."""
        for pid in cgroups.members(self.node.cgroup):
            left = processes.identify(pid)
            if left is not None:
                self._end(left)
        cgroups.remove(self.node.cgroup)
        Network(self.node.lab, self._run).pull(self.node)
        self.node.process_file.unlink(missing_ok=True)

    def _end(self, process: Process) -> None:
        processes.kill(process)
        if not processes.wait_gone(process, GONE_S):
            raise StillThere(node=self.node.name, pid=process.pid, seconds=GONE_S)

    # --- inside ---

    def exec(
        self, *command: str, stdin: str | bytes = b"", timeout_s: float = 60, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the node. Raises NodeOff; CommandFailed on a time-out or, with `check`, a status above 0."""
        entered = self.enter(command)
        raw = stdin.encode() if isinstance(stdin, str) else stdin
        try:
            done = subprocess.run(entered, input=raw, capture_output=True, timeout=timeout_s, check=False, env=INSIDE)
        except subprocess.TimeoutExpired as late:
            raise CommandFailed(command, f"it took longer than {timeout_s:g} s") from late
        out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        if check and done.returncode != 0:
            raise CommandFailed(command, err or out, status=done.returncode, stdout=out)
        return subprocess.CompletedProcess(command, done.returncode, out, err)

    def run(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        """As node.system.process.run, in the node."""
        return self.exec(*argv, stdin=stdin, timeout_s=timeout_s).stdout

    def become(self, command: Sequence[str]) -> NoReturn:
        """Replace this process by a command in the node, on this terminal."""
        entered = self.enter(command)
        os.execvpe(entered[0], entered, INSIDE | {"TERM": os.environ.get("TERM", "dumb")})

    def enter(self, command: Sequence[str]) -> list[str]:
        pid = str(self.leader_or_refuse().pid)
        return ["nsenter", "-t", pid, "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w", "--", *command]

    def _furnish(self, lower: dict[str, str], shim: bytes | None) -> None:
        furnished = self.node.state / "furnished"
        upper = self.node.state / "upper"
        shutil.rmtree(upper / "opt/trivet", ignore_errors=True)  # code put in while it ran hides the layer's
        for unit in upper.glob("usr/lib/systemd/system/trivet-*.service"):
            unit.unlink()
        wanted = additions.additions(self.node, lower=lower, shim=shim)
        additions.write(upper, wanted, first_boot=not furnished.exists())
        furnished.touch()

    def _launcher(self) -> list[str]:
        python = [sys.executable, "-m", "ci.lab.launch", self.node.lab.name, self.node.name]
        private = ["unshare", "--mount", "--propagation", "private"]
        # Not `ip netns exec`: it mounts another /sys, where nspawn does not find the control groups.
        return ["env", f"PYTHONPATH={PROJECT}", "nsenter", f"--net={self.node.lab.netns_path}", *private, *python]


INSIDE = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "USER": "root",
}
