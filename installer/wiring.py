"""Wires the installer's screens to this machine."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from installer.answers import Answers, NetworkAnswers
from installer.earlier import read_earlier_answers, read_unfinished
from installer.environment import Check, Installed, Report, Unfinished
from installer.installation import UNIT, Installation
from installer.machine import this_machine
from installer.network_test import run_network_test
from installer.passwords import yescrypt
from installer.preflight import Finding, findings
from installer.prepare import Prepared, observe, prepare
from installer.sysinfo import SysInfo
from installer.unattended import unattended_findings
from netconf.change_store import ChangeStore
from netconf.choose import default_network
from node.system.process import run

_LAUNCH_S = 30
_SHELL = "/bin/bash"
_BEFORE_SHELL = "\nA shell on this machine. `exit` goes back to the installer.\n"


class ThisMachine:
    """Implements installer.environment.Surroundings. What takes long is done in threads."""

    def __init__(self) -> None:
        self._machine = this_machine()
        self._network = default_network(ChangeStore())
        self._installation = Installation(launch)
        self._sysinfo: SysInfo | None = None

    async def sysinfo(self) -> SysInfo:
        self._sysinfo = await asyncio.to_thread(observe, self._machine)
        return self._sysinfo

    async def findings(self, sysinfo: SysInfo) -> Sequence[Finding]:
        return (*unattended_findings(), *findings(sysinfo))

    async def unfinished(self) -> Unfinished | None:
        return await asyncio.to_thread(read_unfinished, self._machine, (await self._known()).disks)

    async def earlier_answers(self, unfinished: Unfinished) -> Answers:
        disks = (await self._known()).disks
        return await asyncio.to_thread(read_earlier_answers, self._machine, disks, unfinished.disk)

    async def plan(self, answers: Answers, *, start_over: bool) -> Prepared:
        return await asyncio.to_thread(prepare, answers, self._machine, start_over=start_over)

    async def test_network(self, network: NetworkAnswers, report: Callable[[Check], None]) -> None:
        await run_network_test(self._network, network, await self._known(), report)

    async def start(self, answers: Answers, *, start_over: bool) -> None:
        await self._installation.start(answers, start_over=start_over)

    def is_running(self) -> bool:
        return self._installation.is_running()

    async def follow(self, report: Report) -> Installed:
        return await self._installation.follow(report)

    async def hash_password(self, text: str) -> str:
        return await asyncio.to_thread(yescrypt, text)

    async def reboot(self) -> None:
        await asyncio.to_thread(run, "systemctl", "--no-block", "reboot")

    def shell(self) -> None:
        sys.stdout.write(_BEFORE_SHELL)
        sys.stdout.flush()
        subprocess.run([os.environ.get("SHELL", _SHELL), "-l"], check=False, cwd=Path("/root"))

    async def _known(self) -> SysInfo:
        return self._sysinfo or await self.sysinfo()


def launch() -> None:
    """As a unit of its own: it goes on when the console that began it goes, and there is one of that name at most."""
    argv = ("--quiet", "--collect", f"--unit={UNIT}", "--description=Installation of Trivet", "--no-block")
    run("systemd-run", *argv, "--", sys.executable, "-m", "installer.worker", timeout_s=_LAUNCH_S)
