"""The installer's surroundings in memory: a machine, a plan, an installation that tests take through its steps."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from installer.answers import Answers, NetworkAnswers
from installer.attempt import attempt
from installer.earlier import AnswersLost
from installer.environment import Check, CheckState, Installed, LogLine, Report, StepReport, Unfinished
from installer.preflight import Finding, findings
from installer.prepare import Prepared
from installer.run import Progress
from installer.sysinfo import Content, Disk, Nic, Signature, SysInfo
from node.api.problems import Problem
from node.steps import Mark

GB, GIB = 10**9, 1 << 30

MACHINE = SysInfo(
    version="0.1.0.202611301104",
    vendor="Dell Inc.",
    product="PowerEdge R640",
    serial_number="7XK2J13",
    virtualization="vmx",
    cpus=16,
    memory_bytes=64 * GIB,
    clock="2026-11-30T11:04:00Z",
    disks=(
        Disk(
            path="/dev/sda",
            size_bytes=480 * GB,
            serial="S45PNA0M500123",
            wwn="0x5002538e40a1b2c3",
            model="SAMSUNG MZ7LH480HAHQ",
            transport="sata",
        ),
        Disk(
            path="/dev/sdb",
            size_bytes=4001 * GB,
            serial="ZC1A2B3C",
            wwn="0x5000c500a1b2c3d4",
            model="ST4000NM0035-1V4107",
            transport="sas",
            rotational=True,
            contents=(
                Content(signature=Signature.LVM, place="sdb2", description="LVM volume group vg0 (3 logical volumes)"),
            ),
        ),
        Disk(
            path="/dev/sdc",
            size_bytes=31 * GB,
            serial="4C530001",
            model="Ultra Fit",
            transport="usb",
            removable=True,
            medium=True,
            contents=(Content(signature=Signature.MOUNTED, place="sdc", description="mounted at /run/trivet/medium"),),
        ),
    ),
    nics=(
        Nic(name="eno1", mac="b0:26:28:00:00:01", carrier=True, speed_mbps=10000, driver="bnxt_en"),
        Nic(name="eno2", mac="b0:26:28:00:00:02", carrier=True, speed_mbps=10000, driver="bnxt_en"),
        Nic(name="eno3", mac="b0:26:28:00:00:03", driver="tg3"),
    ),
)

GOOD = (
    Check(CheckState.GOOD, "eno1 has a link, 10 G"),
    Check(CheckState.GOOD, "Nobody else has the address 192.0.2.11"),
    Check(CheckState.GOOD, "The gateway 192.0.2.1 answers"),
    Check(CheckState.GOOD, "The name server 192.0.2.53 answers"),
)
STEPS = ("Divide the disk sda", "Write the system to sda", "Read it back and compare", "Configure the first start")

HASH = f"$y$j9T$salt${'x' * 43}"
INSTALLED = Installed(("192.0.2.11/24",), "lusab-babad-gutih-tugad", "K7QM-2XWD")


@dataclass
class FakeEnvironment:
    """`refuses` is raised by the next plan, `fails` by the installation; `gate` holds it up until it is set."""

    machine: SysInfo = MACHINE
    found: Sequence[Finding] = ()
    half: Unfinished | None = None
    checks: Sequence[Check] = GOOD
    refuses: Problem | None = None
    fails: Problem | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    installed: Installed = INSTALLED
    begun: list[Answers] = field(default_factory=list)
    started_over: list[bool] = field(default_factory=list)
    tested: list[NetworkAnswers] = field(default_factory=list)
    observed_count: int = 0
    shells: int = 0
    reboots: int = 0

    async def sysinfo(self) -> SysInfo:
        self.observed_count += 1
        return self.machine

    async def findings(self, sysinfo: SysInfo) -> Sequence[Finding]:
        return self.found

    async def unfinished(self) -> Unfinished | None:
        return self.half

    async def earlier_answers(self, unfinished: Unfinished) -> Answers:
        if unfinished.answers is None:
            raise AnswersLost(disk=unfinished.disk)
        return unfinished.answers

    async def plan(self, answers: Answers, *, start_over: bool) -> Prepared:
        if self.refuses is not None:
            refuses, self.refuses = self.refuses, None
            raise refuses
        return Prepared(attempt(answers, self.machine, start_over=start_over), findings(self.machine, answers))

    async def test_network(self, network: NetworkAnswers, report: Callable[[Check], None]) -> None:
        self.tested.append(network)
        for check in self.checks:
            report(check)

    async def start(self, answers: Answers, *, start_over: bool) -> None:
        self.begun.append(answers)
        self.started_over.append(start_over)

    def is_running(self) -> bool:
        return bool(self.begun) and self.fails is None

    async def follow(self, report: Report) -> Installed:
        for number, description in enumerate(STEPS, 1):
            step = Progress(number, len(STEPS), f"step-{number}", description, Mark.STARTED)
            at_s = 1000.0 + 10 * number
            report(StepReport(step, at_s))
            report(LogLine(f"+ do {number}"))
            if number == 3:
                report(StepReport(replace(step, done_bytes=430, total_bytes=1000), at_s))
                await self.gate.wait()
            if self.fails is not None and number == 3:
                report(StepReport(replace(step, mark=Mark.FAILED), at_s + 5))
                raise self.fails
            report(StepReport(replace(step, mark=Mark.DONE), at_s + 5))
        return self.installed

    async def hash_password(self, text: str) -> str:
        return HASH

    async def reboot(self) -> None:
        self.reboots += 1

    def shell(self) -> None:
        self.shells += 1
