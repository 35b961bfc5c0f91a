"""sanlock gets other timers, at once or at the latest when the node boots, and never under a VM that holds a lease."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from uuid import UUID

import pytest

from node.api.messages.leases import LeaseTimersReport, LeaseTimersRequest, LockspaceRequest
from node.api.messages.machine import Accelerator
from node.api.messages.vms import VmLease, VmSpec
from node.api.refusals import LeasesInUse, Malformed
from node.storage.desired import DesiredStorage
from node.storage.lease_timers import LeaseTimers
from node.storage.leases import Leases
from node.storage.sanlock import SanlockFailed
from node.storage.sanlock_status import parse_status
from node.system.process import CommandFailed
from node.system.threads import Threads
from node.vms.domain_xml import DomainPaths, domain_xml
from node.vms.lease_holders import lease_holders
from node.vms.states import SHUT_OFF
from tests.fakes.clock import FakeClock
from tests.fakes.hypervisor import FakeHypervisor
from tests.fakes.sanlock import FakeSanlock

PATHS = DomainPaths(accelerator=Accelerator.TCG, volumes=PurePosixPath("/volumes"), console_logs=PurePosixPath("/logs"))
STATUS = Path(__file__).parents[2] / "data/node/sanlock-status.txt"
SPACE = LockspaceRequest(name="trivet", storage_domain="engine", host_id=2, io_timeout_s=4)
FAST = LeaseTimersRequest(watchdog_fire_timeout_s=10, io_timeouts_s={"trivet": 2})


class PowerCut(BaseException):
    """Nothing may catch it."""


class Machine:
    """A node with its sanlock; `cut_at` pulls the plug before that command or after that write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "engine").mkdir()
        self.sanlock = FakeSanlock()
        self.configuration = folder / "sanlock.conf"
        self.configuration.write_text("# the image's\nwatchdog_fire_timeout = 30\n")
        self.threads = Threads("test", 2)
        self.holders: tuple[str, ...] = ()
        self.restarts = 0
        self.deaf_for = 0
        """So many questions after its next start sanlock listens."""
        self.cut_at: str | None = None
        self.boot()

    def boot(self) -> None:
        """The agent starts on a node that has just got its power."""
        self._start_sanlock()
        self.desired = DesiredStorage(self.folder / "wishes.json")
        self.leases = Leases(
            self.sanlock, self.threads, self.desired, volumes=self.folder, need=self._need, own=lambda _: None
        )
        self.timers = LeaseTimers(
            self.run,
            self.threads,
            self.leases,
            holders=lambda: self.holders,
            clock=FakeClock(),
            configuration=self.configuration,
        )

    def run(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        if argv == ("sanlock", "client", "status", "-D"):
            self.deaf_for -= 1
            if self.deaf_for == 0:
                self.sanlock.broken = ""
            if self.sanlock.broken:
                raise CommandFailed(argv, "connection refused", status=1)
            spaces = "".join(f"s {n}:2:/x:0 \n    io_timeout={s}\n" for n, s in self.sanlock.timeouts.items())
            return f"daemon x\n    use_watchdog=0\n    watchdog_fire_timeout={self.fire_timeout_s}\n{spaces}"
        assert argv == ("systemctl", "restart", "sanlock.service")
        assert not self.sanlock.joined
        self.restarts += 1
        self._cut("restart")
        self._start_sanlock()
        self._cut("restarted")
        if self.deaf_for > 0:
            self.sanlock.broken = "Connection refused"
        return ""

    def _start_sanlock(self) -> None:
        self.sanlock.broken = ""
        self.sanlock.joined, self.sanlock.timeouts = {}, {}
        self.fire_timeout_s = int(self.configuration.read_text().split()[-1])

    def _cut(self, where: str) -> None:
        if self.cut_at == where:
            self.cut_at = None
            raise PowerCut

    async def _need(self, volume: str) -> None:
        pass


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    yield machine
    machine.threads.close()


async def test_a_lockspace_is_joined_again_with_other_timers(machine: Machine) -> None:
    await machine.leases.join_lockspace(SPACE)
    for _ in range(2):
        report = await machine.timers.set_lease_timers(FAST)
        assert report == LeaseTimersReport(watchdog_fire_timeout_s=10, io_timeouts_s={"trivet": 2}, watchdog=False)
    assert machine.restarts == 1
    machine.boot()
    await machine.leases.ensure_joined("trivet")
    assert await machine.timers.lease_timers() == report


async def test_a_daemon_that_does_not_listen_yet_is_waited_for(machine: Machine) -> None:
    await machine.leases.join_lockspace(SPACE)
    machine.deaf_for = 4
    assert (await machine.timers.set_lease_timers(FAST)).io_timeouts_s == {"trivet": 2}


async def test_what_is_so_already_is_left_in_peace(machine: Machine) -> None:
    await machine.leases.join_lockspace(SPACE)
    machine.holders = ("HostedEngine",)
    before = machine.configuration.read_text()
    await machine.timers.set_lease_timers(LeaseTimersRequest(watchdog_fire_timeout_s=30, io_timeouts_s={"trivet": 4}))
    assert (machine.restarts, machine.configuration.read_text()) == (0, before)


async def test_a_node_outside_of_all_lockspaces_joins_with_what_it_was_given(machine: Machine) -> None:
    await machine.timers.set_lease_timers(FAST)
    assert machine.restarts == 1
    assert (await machine.timers.lease_timers()).watchdog_fire_timeout_s == 10


async def test_nothing_is_done_under_a_vm_with_a_lease(machine: Machine) -> None:
    await machine.leases.join_lockspace(SPACE)
    machine.holders = ("HostedEngine", "mail")
    with pytest.raises(LeasesInUse, match="HostedEngine, mail"):
        await machine.timers.set_lease_timers(FAST)
    machine.holders = ()
    machine.sanlock.in_use.add("trivet")  # somebody whom nobody knows
    with pytest.raises(SanlockFailed, match="busy"):
        await machine.timers.set_lease_timers(FAST)
    assert (machine.restarts, machine.sanlock.timeouts) == (0, {"trivet": 4})


@pytest.mark.parametrize("where", ["restart", "restarted"])
async def test_a_power_cut_in_between_ends_with_the_timers_that_were_asked_for(machine: Machine, where: str) -> None:
    await machine.leases.join_lockspace(SPACE)
    machine.cut_at = where
    with pytest.raises(PowerCut):
        await machine.timers.set_lease_timers(FAST)
    machine.boot()
    await machine.leases.ensure_joined("trivet")
    assert (machine.fire_timeout_s, machine.sanlock.timeouts) == (10, {"trivet": 2})


async def test_a_sanlock_that_is_dead_is_started_with_them(machine: Machine) -> None:
    await machine.leases.join_lockspace(SPACE)
    machine.sanlock.joined.clear()
    machine.sanlock.broken = "Connection refused"
    with pytest.raises(SanlockFailed):
        await machine.timers.lease_timers()
    assert (await machine.timers.set_lease_timers(FAST)).io_timeouts_s == {"trivet": 2}


@pytest.mark.parametrize(("fire_timeout_s", "io_timeout_s"), [(9, 4), (121, 4), (30, 1), (30, 61)])
async def test_timers_that_no_host_bears_are_refused(machine: Machine, fire_timeout_s: int, io_timeout_s: int) -> None:
    request = LeaseTimersRequest(watchdog_fire_timeout_s=fire_timeout_s, io_timeouts_s={"trivet": io_timeout_s})
    with pytest.raises(Malformed, match="is not between"):
        await machine.timers.set_lease_timers(request)
    assert "30" in machine.configuration.read_text()


def test_the_status_of_a_real_sanlock_is_read() -> None:
    status = parse_status(STATUS.read_text())
    assert (status.watchdog_fire_timeout_s, status.watchdog, status.io_timeouts_s) == (30, False, {"trivet": 4})


@pytest.mark.parametrize("text", ["", "daemon x\n", "daemon x\n    use_watchdog=0\n    watchdog_fire_timeout=soon\n"])
def test_a_status_that_says_nothing_is_no_status(text: str) -> None:
    with pytest.raises(SanlockFailed):
        parse_status(text)


def test_only_vms_that_are_active_hold_leases() -> None:
    hypervisor = FakeHypervisor()
    lease = VmLease(lockspace="trivet", resource="mail", storage_domain="engine")
    for number, (name, leases) in enumerate((("mail", (lease,)), ("web", ()))):
        spec = VmSpec(id=str(UUID(int=number)), name=name, memory_bytes=1 << 27, leases=leases)
        hypervisor.start(domain_xml(spec, name, PATHS))
    assert lease_holders(hypervisor) == ("mail",)
    hypervisor.set(str(UUID(int=0)), SHUT_OFF, 1)
    assert lease_holders(hypervisor) == ()
