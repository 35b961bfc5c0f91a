"""A node on which VMs run, over a hypervisor in memory."""

import asyncio
from pathlib import Path, PurePosixPath

from node.api.messages.machine import Accelerator
from node.api.messages.vms import DownReason, VmReport, VmSpec, VmState
from node.clock import Clock
from node.system.threads import Threads
from node.vms.domain_facts import DomainFacts
from node.vms.domain_xml import DomainPaths
from node.vms.lifecycle import Vms
from node.vms.runs import Runs
from tests.fakes.clock import FakeClock
from tests.fakes.hypervisor import FakeHypervisor

VM = VmSpec(id="6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f60", name="my web", memory_bytes=1 << 26)

VOLUMES = PurePosixPath("/volumes")


class World:
    def __init__(self, folder: Path, volumes: PurePosixPath = VOLUMES) -> None:
        self.folder = folder
        self.hypervisor = FakeHypervisor()
        self.reported: list[tuple[VmState, DownReason]] = []
        self.missing: Exception | None = None
        self.lease_holder: tuple[str, int] | None = None
        self.taken: tuple[str, int] | Exception | None = None
        self.free = 0
        self.paths = DomainPaths(Accelerator.TCG, volumes, PurePosixPath(folder / "logs"))
        (folder / "logs").mkdir()
        self.clock = FakeClock()
        self.threads = Threads("test", 1)
        self.vms = self.agent()

    def agent(self, clock: Clock | None = None) -> Vms:
        """A new agent on the same node."""
        vms = Vms(
            self.hypervisor,
            self.threads,
            self.paths,
            Runs(self.folder / "runs"),
            ready=self._ready,
            holder=self._holder,
            taker=self._taker,
            notify=self._notify,
            clock=clock or self.clock,
            free=lambda _: self.free,
        )
        vms.watch()
        return vms

    async def running(self) -> Vms:
        await self.vms.start_vm(VM)
        return self.vms

    async def wait_idle(self) -> None:
        for _ in range(5):
            await self.threads(lambda: None)
            await asyncio.sleep(0)

    async def _ready(self, facts: DomainFacts) -> None:
        if self.missing is not None:
            raise self.missing

    async def _holder(self, facts: DomainFacts) -> tuple[str, int] | None:
        return self.lease_holder

    async def _taker(self, facts: DomainFacts) -> tuple[str, int] | None:
        if isinstance(self.taken, Exception):
            raise self.taken
        return self.taken

    def _notify(self, vm: VmReport) -> None:
        self.reported.append((vm.state, vm.reason))


class Cut(BaseException):
    """The agent is killed."""
