"""Guests' agents: what they say is bounded and told, one that hangs holds up nobody, one that ended is forgotten."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from node.api.messages.guests import GuestFilesystem, GuestNic, GuestReport, GuestSystem, GuestUser
from node.api.refusals import NotFrozen
from node.system.threads import Threads
from node.vms.domain_status import Status, status_of
from node.vms.freezing import LONGEST_S, Freezing
from node.vms.guest_info import LARGEST_ANSWER, MOST_OF_A_KIND, agent_version, differs, guest_report
from node.vms.guest_watch import FORGET_S, GuestWatch
from node.vms.hypervisor import HypervisorFailed, Move
from node.vms.states import PAUSED
from tests.fakes.clock import FakeClock
from tests.fakes.hypervisor import FakeAgent, FakeHypervisor
from tests.fakes.libvirt_binding import play_libvirt

VM, OTHER = "6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f60", "6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f61"

# What libvirt 11.3 made of the answers of qemu-guest-agent 10.0.13 in Debian 13 (tests/integration/vms/guests.py).
ANSWERS: dict[str, Any] = {
    "user.count": 1,
    "user.0.name": "root",
    "user.0.login-time": 1796052000123,
    "os.id": "debian",
    "os.name": "Debian GNU/Linux",
    "os.pretty-name": "Debian GNU/Linux 13 (trixie)",
    "os.version": "13 (trixie)",
    "os.version-id": "13",
    "os.machine": "x86_64",
    "os.kernel-release": "6.12.57+deb13-cloud-amd64",
    "os.kernel-version": "#1 SMP PREEMPT_DYNAMIC Debian 6.12.57-1",
    "timezone.name": "CET",
    "timezone.offset": 3600,
    "hostname": "web",
    "fs.count": 1,
    "fs.0.name": "vda1",
    "fs.0.mountpoint": "/",
    "fs.0.fstype": "ext4",
    "fs.0.total-bytes": 1000,
    "fs.0.used-bytes": 600,
    "fs.0.disk.count": 1,
    "fs.0.disk.0.alias": "vda",
    "disk.count": 0,
    "if.count": 2,
    "if.0.name": "lo",
    "if.0.hwaddr": "00:00:00:00:00:00",
    "if.0.addr.count": 2,
    "if.0.addr.0.type": "ipv4",
    "if.0.addr.0.addr": "127.0.0.1",
    "if.0.addr.0.prefix": 8,
    "if.0.addr.1.type": "ipv6",
    "if.0.addr.1.addr": "::1",
    "if.0.addr.1.prefix": 128,
    "if.1.name": "eth0",
    "if.1.hwaddr": "02:00:00:00:00:0a",
    "if.1.addr.count": 2,
    "if.1.addr.0.type": "ipv4",
    "if.1.addr.0.addr": "192.0.2.7",
    "if.1.addr.0.prefix": 24,
    "if.1.addr.1.type": "ipv6",
    "if.1.addr.1.addr": "fe80::ff:fe00:a",
    "if.1.addr.1.prefix": 64,
    "load.1m": 0.1,
}
REPORT = GuestReport(
    vm_id=VM,
    host_name="web",
    agent="10.0.13",
    system=GuestSystem(
        id="debian",
        name="Debian GNU/Linux",
        version="13 (trixie)",
        version_id="13",
        kernel="6.12.57+deb13-cloud-amd64",
        machine="x86_64",
    ),
    time_zone="CET",
    utc_offset_s=3600,
    nics=(GuestNic(name="eth0", mac="02:00:00:00:00:0a", addresses=("192.0.2.7", "fe80::ff:fe00:a")),),
    users=(GuestUser(name="root", since=1796052000.123),),
    filesystems=(GuestFilesystem(mountpoint="/", type="ext4", size_bytes=1000, used_bytes=600),),
)
GONE = GuestReport(vm_id=VM, talks=False)


# --- what is made of an answer ---------------------------------------------------------------------------------------


def test_a_guest_is_known_by_what_its_agent_says() -> None:
    assert guest_report(VM, ANSWERS, "10.0.13") == REPORT
    assert guest_report(VM, {}, "") == GuestReport(vm_id=VM)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"hostname": "x" * 100_000}, {"host_name": "x" * 255}),
        ({"hostname": "a\nb\x1b[2J"}, {"host_name": "ab[2J"}),
        ({"hostname": 7, "timezone.offset": "far", "os.id": None}, {}),
        ({"timezone.offset": 10**30, "timezone.name": ["x"]}, {}),
        ({"if.count": 10**12}, {}),
        ({"if.count": -1, "user.count": "2", "fs.count": 1}, {}),
        ({"if.count": 1, "if.0.name": "eth0", "if.0.hwaddr": "<script>"}, {}),
        (
            {"if.count": 1, "if.0.name": "e", "if.0.hwaddr": "x", "if.0.addr.count": 3, "if.0.addr.0.addr": "1.2.3",
             "if.0.addr.1.addr": "fe80::1%eth0", "if.0.addr.2.addr": "fe80::1"},
            {"nics": (GuestNic(name="e", mac="", addresses=("fe80::1",)),)},
        ),
        ({"user.count": 1, "user.0.name": "u", "user.0.login-time": -5}, {"users": (GuestUser(name="u"),)}),
    ],
)  # fmt: skip
def test_what_a_guest_cannot_mean_is_passed_over(answers: dict[str, Any], expected: dict[str, Any]) -> None:
    assert guest_report(VM, answers, "") == GuestReport(vm_id=VM, **expected)


def test_no_guest_makes_a_report_large() -> None:
    many = {"user.count": 10**9} | {f"user.{number}.name": "u" * 10_000 for number in range(1000)}
    users = guest_report(VM, many, "").users
    assert len(users) == MOST_OF_A_KIND
    assert {len(user.name) for user in users} == {255}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ('{"return": {"version": "10.0.13", "supported_commands": [{"enabled": true, "name": "x"}]}}', "10.0.13"),
        ('{"return": {}}', ""),
        ('{"error": {"class": "CommandNotFound"}}', ""),
        ("[" * 20_000, ""),
        ('{"return": {"version": ' + "[" * 10_000, ""),
        ('{"return": {"version": "1"}, "x": "' + "x" * LARGEST_ANSWER + '"}', ""),
        ('{"return": {"version": 7}}', ""),
        ("\udcff", ""),
    ],
)
def test_the_version_of_an_agent_is_its_word_or_nothing(answer: str, expected: str) -> None:
    assert agent_version(answer) == expected


def test_how_full_its_file_systems_are_is_no_news() -> None:
    fuller = guest_report(VM, ANSWERS | {"fs.0.used-bytes": 700}, "10.0.13")
    assert not differs(REPORT, fuller)
    assert differs(REPORT, guest_report(VM, ANSWERS | {"hostname": "mail"}, "10.0.13"))
    assert differs(None, REPORT)


STATUS = """<domstatus state='running' reason='booted' pid='1598'>
  <job type='none' async='none'/>
  <domain type='qemu' id='1'>
    <devices>
      <channel type='unix'>
        <source mode='bind' path='/run/libvirt/qemu/channel/1-x/org.qemu.guest_agent.0'/>
        <target type='virtio' name='org.qemu.guest_agent.0' state='{state}'/>
      </channel>
    </devices>
  </domain>
</domstatus>"""


@pytest.mark.parametrize(("state", "there"), [("connected", True), ("disconnected", False)])
def test_whether_an_agent_is_there_is_read_of_libvirts_file(tmp_path: Path, state: str, *, there: bool) -> None:
    (tmp_path / "vm.xml").write_text(STATUS.format(state=state))
    assert status_of(tmp_path / "vm.xml") == Status(Move.NONE, (), there)
    assert status_of(tmp_path / "none.xml") == Status()


# --- who is asked when -----------------------------------------------------------------------------------------------


class World:
    def __init__(self) -> None:
        self.hypervisor, self.clock = FakeHypervisor(), FakeClock()
        self.reports: list[GuestReport] = []
        self.threads, self.quick = Threads("guests", 2), Threads("quick", 1)
        self.watch = GuestWatch(self.hypervisor, self.threads, self.quick, self.clock, notify=self.reports.append)
        for vm_id in (VM, OTHER):
            self.hypervisor.start(
                f"<domain><uuid>{vm_id}</uuid><name>{vm_id}</name><title>{vm_id[-2:]}</title></domain>"
            )

    async def poll(self, after_s: float = 0.0) -> None:
        self.clock.advance(after_s)
        await self.watch.poll()
        await self.finish()

    async def finish(self) -> None:
        while self.watch._tasks:
            await asyncio.gather(*self.watch._tasks)

    def agent(self, vm_id: str = VM, **more: Any) -> FakeAgent:
        agent = FakeAgent(dict(ANSWERS), **more)
        self.hypervisor.start_agent(vm_id, agent)
        return agent


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    for threads in (made.threads, made.quick):
        threads.close()


async def test_what_is_new_is_told_and_what_is_not_is_not(world: World) -> None:
    agent = world.agent()
    await world.poll()
    await world.poll(10)
    assert (world.reports, world.watch.guests()) == ([REPORT], (REPORT,))
    agent.answers["if.1.addr.0.addr"] = "192.0.2.8"
    await world.poll(10)
    assert world.reports[1].nics[0].addresses[0] == "192.0.2.8"
    assert agent.asked == 3


async def test_a_guest_whose_agent_ended_is_forgotten(world: World) -> None:
    world.agent()
    await world.poll()
    world.hypervisor.end_agent(VM)
    await world.poll()
    await world.poll()
    assert (world.reports, world.watch.guests()) == ([REPORT, GONE], ())


async def test_a_guest_whose_vm_ended_is_forgotten(world: World) -> None:
    world.agent()
    await world.poll()
    world.hypervisor.set(VM, 5, 1)
    await world.poll()
    assert world.reports == [REPORT, GONE]


async def test_an_agent_that_comes_or_goes_is_noticed_at_once(world: World) -> None:
    runs = asyncio.create_task(world.watch.run())
    await asyncio.sleep(0.05)
    world.agent()
    async with asyncio.timeout(5):
        while world.reports != [REPORT]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        world.hypervisor.end_agent(VM)
        while world.reports != [REPORT, GONE]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    runs.cancel()


async def test_an_agent_that_hangs_holds_up_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.agent()
    world.agent(OTHER)
    answer = threading.Event()
    there = world.hypervisor.guest_info

    def hangs(vm_id: str) -> Any:
        if vm_id == VM:
            answer.wait(20)
        return there(vm_id)

    monkeypatch.setattr(world.hypervisor, "guest_info", hangs)
    for _ in range(5):
        await world.watch.poll()
    async with asyncio.timeout(5):
        while not world.reports:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert [report.vm_id for report in world.reports] == [OTHER]
    answer.set()
    await world.finish()
    assert {report.vm_id for report in world.reports} == {VM, OTHER}


async def test_an_agent_that_gives_no_answer_is_asked_seldom_and_forgotten_in_the_end(world: World) -> None:
    agent = world.agent()
    await world.poll()
    agent.hangs = True
    await world.poll(10)
    agent.hangs = False
    await world.poll(10)
    assert agent.asked == 1  # its next turn comes after a minute
    agent.hangs = True
    await world.poll(60)
    assert world.watch.guests() == (REPORT,)
    await world.poll(FORGET_S)
    assert world.reports == [REPORT, GONE]


async def test_the_clock_of_a_guest_that_stood_still_is_set(world: World) -> None:
    runs = asyncio.create_task(world.watch.run())
    await asyncio.sleep(0.05)
    world.agent()
    world.hypervisor.resumed(VM)
    world.hypervisor.resumed(OTHER)  # it has no agent
    async with asyncio.timeout(5):
        while not world.hypervisor.times_set:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert len(world.hypervisor.times_set) == 1
    assert FakeClock().now() <= world.hypervisor.times_set[0] <= world.clock.now()
    runs.cancel()


# --- freezing --------------------------------------------------------------------------------------------------------


class HandClock(FakeClock):
    """Its sleepers wait until it is turned."""

    def __init__(self) -> None:
        super().__init__()
        self.turned = asyncio.Event()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self.turned.wait()


@pytest.fixture
async def freezing(world: World, tmp_path: Path) -> Freezing:
    return Freezing(world.hypervisor, world.threads, HandClock(), tmp_path / "frozen")


async def test_what_is_frozen_is_thawed(world: World, freezing: Freezing, tmp_path: Path) -> None:
    agent = world.agent()
    assert await freezing.freeze_vm(VM) == 1
    assert agent.frozen
    assert [file.name for file in (tmp_path / "frozen").iterdir()] == [VM]
    assert await freezing.thaw_vm(VM) == 1
    assert not agent.frozen
    assert await freezing.thaw_vm(VM) == 0
    assert list((tmp_path / "frozen").iterdir()) == []


async def test_what_nobody_thaws_is_thawed_in_time(world: World, tmp_path: Path) -> None:
    clock, agent = HandClock(), world.agent()
    freezing = Freezing(world.hypervisor, world.threads, clock, tmp_path)
    await freezing.freeze_vm(VM)
    await asyncio.sleep(0)
    assert clock.slept == [LONGEST_S]
    clock.turned.set()
    async with asyncio.timeout(5):
        while agent.frozen:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_an_agent_that_starts_anew_thaws_what_the_one_before_froze(
    world: World, freezing: Freezing, tmp_path: Path
) -> None:
    agent = world.agent()
    await freezing.freeze_vm(VM)
    again = Freezing(world.hypervisor, world.threads, HandClock(), tmp_path / "frozen")
    await again.thaw_left()
    assert not agent.frozen
    assert list((tmp_path / "frozen").iterdir()) == []


async def test_what_cannot_be_thawed_at_once_is_tried_again(world: World, tmp_path: Path) -> None:
    """libvirt is not there yet; a VM that ended meanwhile needs nothing."""
    agent = world.agent()
    await Freezing(world.hypervisor, world.threads, HandClock(), tmp_path).freeze_vm(VM)
    (tmp_path / "6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5fff").write_text("gone")
    agent.hangs, clock = True, HandClock()
    thaws = asyncio.create_task(Freezing(world.hypervisor, world.threads, clock, tmp_path).thaw_left())
    async with asyncio.timeout(5):
        while not clock.slept:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert [file.name for file in tmp_path.iterdir()] == [VM]
    agent.hangs = False
    clock.turned.set()
    await thaws
    assert not agent.frozen
    assert list(tmp_path.iterdir()) == []


async def test_what_cannot_be_frozen_is_refused_and_runs_on(world: World, freezing: Freezing, tmp_path: Path) -> None:
    with pytest.raises(NotFrozen, match="not connected"):
        await freezing.freeze_vm(VM)
    with pytest.raises(NotFrozen, match="does not run"):
        await freezing.freeze_vm("6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5fff")
    world.hypervisor.set(VM, PAUSED, 1)
    with pytest.raises(NotFrozen, match="it is paused"):
        await freezing.freeze_vm(VM)


# --- libvirt ---------------------------------------------------------------------------------------------------------


def test_each_question_to_an_agent_has_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    played, hypervisor = play_libvirt(monkeypatch)
    done: list[object] = []

    def note(name: str, answer: object) -> Any:
        def asked(*values: object) -> object:
            done.append((name, *values))
            return answer

        return asked

    played.domains[VM] = SimpleNamespace(
        agent_command=note("agent", '{"return": {"version": "10.0.13"}}'),
        agentSetResponseTimeout=note("timeout", None),
        guestInfo=note("info", ANSWERS),
        fsFreeze=note("freeze", 2),
        fsThaw=note("thaw", 2),
        setTime=note("time", 0),
    )
    assert hypervisor.guest_info(VM) == ("10.0.13", ANSWERS)
    assert done == [("agent", '{"execute":"guest-info"}', 5, 0), ("timeout", 5), ("info", 0)]
    done.clear()
    assert (hypervisor.freeze(VM), hypervisor.thaw(VM)) == (2, 2)
    hypervisor.set_time(VM, 12.5)
    assert done == [
        *(("timeout", 30), ("freeze",), ("timeout", 30), ("thaw",)),
        *(("timeout", 5), ("time", {"seconds": 12, "nseconds": 500_000_000})),
    ]


def test_an_answer_that_is_no_text_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    played, hypervisor = play_libvirt(monkeypatch)

    def no_text(*_: object) -> str:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")

    played.domains[VM] = SimpleNamespace(agent_command=no_text)
    with pytest.raises(HypervisorFailed, match=r"no text \(invalid start byte\)"):
        hypervisor.guest_info(VM)


def test_libvirt_says_when_an_agent_comes_and_when_a_vm_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    played, hypervisor = play_libvirt(monkeypatch)
    agents: list[str] = []
    resumed: list[str] = []
    hypervisor.watch_guests(agents.append, resumed.append)
    hypervisor.domains()
    domain = SimpleNamespace(UUIDString=lambda: VM)
    played.callbacks[played.VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE](None, domain, 1, 1, None)
    for event in (2, played.VIR_DOMAIN_EVENT_RESUMED, 5):
        played.callbacks[played.VIR_DOMAIN_EVENT_ID_LIFECYCLE](None, domain, event, 0, None)
    assert (agents, resumed) == ([VM], [VM])
