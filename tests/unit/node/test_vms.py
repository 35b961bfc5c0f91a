"""VMs from definition to end, over a hypervisor in memory."""

import asyncio
import errno
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath

import msgspec
import pytest

from node.api.messages.images import ImageFormat, ImageRef
from node.api.messages.machine import Accelerator
from node.api.messages.vms import DownReason, IoError, VmDisk, VmReport, VmSpec, VmState
from node.api.refusals import (
    LeaseHeld,
    LeaseTaken,
    NotMounted,
    NotStartable,
    VmNotPaused,
    VmNotPossible,
    VmUnknown,
)
from node.clock import Clock
from node.storage.sanlock import SanlockFailed
from node.system.threads import Threads
from node.vms.console import CONSOLE_BYTES
from node.vms.domain_facts import DomainFacts, LeaseFact
from node.vms.domain_xml import DomainPaths, console_log
from node.vms.ends import End
from node.vms.hypervisor import DomainAction
from node.vms.lifecycle import Vms
from node.vms.lock_errors import lock_error
from node.vms.resume import ROOM_BYTES
from node.vms.runs import RETENTION_S, Run, Runs
from node.vms.states import FULL, PAUSED, PAUSED_BY_STORAGE, RUNNING, SHUT_OFF, SHUTDOWN
from tests.fakes.clock import FakeClock
from tests.fakes.hypervisor import FakeHypervisor
from tests.unit.fleet.hand_clock import HandClock

VM = VmSpec(id="6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f60", name="my web", memory_bytes=1 << 26)
VOLUMES = PurePosixPath("/volumes")


class World:
    def __init__(self, folder: Path, volumes: PurePosixPath = VOLUMES) -> None:
        self.folder = folder
        self.hypervisor = FakeHypervisor()
        self.told: list[tuple[VmState, DownReason]] = []
        self.missing: Exception | None = None
        self.held: tuple[str, int] | None = None
        self.taken: tuple[str, int] | Exception | None = None
        self.free = 0
        self.surroundings = DomainPaths(Accelerator.TCG, volumes, PurePosixPath(folder / "logs"))
        (folder / "logs").mkdir()
        self.clock = FakeClock()
        self.threads = Threads("test", 1)
        self.vms = self.agent()

    def agent(self, clock: Clock | None = None) -> Vms:
        """A new agent on the same node."""
        vms = Vms(
            self.hypervisor,
            self.threads,
            self.surroundings,
            Runs(self.folder / "runs"),
            ready=self._ready,
            holder=self._holder,
            taker=self._taker,
            tell=self._tell,
            clock=clock or self.clock,
            free=lambda _: self.free,
        )
        vms.watch()
        return vms

    async def running(self) -> Vms:
        await self.vms.start_vm(VM)
        return self.vms

    async def settle(self) -> None:
        for _ in range(5):
            await self.threads(lambda: None)
            await asyncio.sleep(0)

    async def _ready(self, facts: DomainFacts) -> None:
        if self.missing is not None:
            raise self.missing

    async def _holder(self, facts: DomainFacts) -> tuple[str, int] | None:
        return self.held

    async def _taker(self, facts: DomainFacts) -> tuple[str, int] | None:
        if isinstance(self.taken, Exception):
            raise self.taken
        return self.taken

    def _tell(self, vm: VmReport) -> None:
        self.told.append((vm.state, vm.reason))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    yield world
    world.threads.close()


async def test_every_step_of_a_life_can_be_repeated_and_is_told_once(world: World) -> None:
    for _ in range(2):
        assert (await world.vms.start_vm(VM)).state is VmState.UP
    for _ in range(2):
        assert (await world.vms.destroy_vm(VM.id)).reason is DownReason.DESTROYED
    await world.settle()
    assert world.told == [(VmState.UP, DownReason.NONE), (VmState.DOWN, DownReason.DESTROYED)]
    assert world.hypervisor.domains() == []


async def test_a_vm_that_runs_stays_as_it_is_whatever_is_asked_for(world: World) -> None:
    before = await (await world.running()).vm(VM.id)
    other = msgspec.structs.replace(VM, memory_bytes=1 << 27, time_zone="Europe/Nowhere")
    assert await world.vms.start_vm(other) == before
    (domain,) = world.hypervisor.domains()
    assert domain.memory_kib == VM.memory_bytes >> 10


async def test_names_that_virsh_cannot_take_are_made_safe_and_kept_in_reports(world: World) -> None:
    report = await world.vms.start_vm(VM)
    assert report.name == "my web"
    assert [domain.name for domain in world.hypervisor.domains()] == ["my-web-6f4e1c9a"]


async def test_a_guest_that_ends_by_itself_is_told(world: World) -> None:
    await world.running()
    world.hypervisor.set(VM.id, SHUT_OFF, 1)
    await world.settle()
    assert world.told[-1] == (VmState.DOWN, DownReason.SHUTDOWN)


async def test_a_guest_asked_to_shut_down_is_on_its_way_until_it_obeys(world: World) -> None:
    world.vms = world.agent(HandClock())
    vms = await world.running()
    world.hypervisor.guests_obey = False
    assert (await vms.shutdown_vm(VM.id)).state is VmState.SHUTTING_DOWN
    world.hypervisor.set(VM.id, SHUT_OFF, 1)
    await world.settle()
    assert world.told[-1] == (VmState.DOWN, DownReason.SHUTDOWN)
    assert (await vms.start_vm(VM)).state is VmState.UP
    assert (await vms.shutdown_vm(VM.id)).state is VmState.SHUTTING_DOWN


async def test_the_reason_of_an_end_outlives_libvirtd_and_the_agent(world: World) -> None:
    await world.running()
    world.hypervisor.set(VM.id, SHUT_OFF, 3)
    await world.settle()
    world.hypervisor.forget()
    (report,) = await world.agent().vms()
    assert (report.state, report.reason) == (VmState.DOWN, DownReason.CRASHED)


async def test_a_vm_that_was_alive_when_the_power_went_is_lost(world: World) -> None:
    await world.running()
    world.hypervisor.forget()
    await world.settle()
    assert world.told[-1] == (VmState.DOWN, DownReason.LOST)
    (report,) = await world.agent().vms()
    assert report.reason is DownReason.LOST


async def test_a_start_is_refused_before_libvirt_is_asked_when_something_is_missing(world: World) -> None:
    world.missing = NotMounted(storage_domain="data", reason="it is not mounted")
    with pytest.raises(NotMounted):
        await world.vms.start_vm(VM)
    assert world.hypervisor.domains() == []
    assert await world.vms.vms() == ()


async def test_a_failed_start_says_why_now_and_later(world: World) -> None:
    world.hypervisor.refuse_start = "Cannot allocate memory"
    with pytest.raises(NotStartable, match="Cannot allocate memory"):
        await world.vms.start_vm(VM)
    (report,) = await world.agent().vms()
    assert (report.reason, report.detail) == (DownReason.FAILED, "Cannot allocate memory")


async def test_a_lease_that_is_held_elsewhere_is_named_with_its_holder(world: World) -> None:
    world.hypervisor.refuse_start = "resource busy: Lease is held by another host"
    world.held = ("engine", 3)
    with pytest.raises(LeaseHeld, match="held by host 3"):
        await world.vms.start_vm(VM)


async def test_a_paused_vm_says_what_paused_it_and_counts_as_running(world: World) -> None:
    vms = await world.running()
    world.hypervisor.set(VM.id, PAUSED, 5)
    (report,) = await vms.vms()
    assert report.state is VmState.PAUSED
    assert "storage" in report.detail
    assert await vms.count_running() == 1


async def test_a_guest_is_rebooting_until_it_boots_again(world: World) -> None:
    clock = HandClock()
    world.vms = world.agent(clock)
    vms = await world.running()
    for _ in range(2):
        assert (await vms.reboot_vm(VM.id)).state is VmState.REBOOTING
    world.hypervisor.set(VM.id, SHUTDOWN, 0)  # libvirt boots it again by way of its end
    await world.settle()
    world.hypervisor.set(VM.id, RUNNING, 1, pid=4711)
    world.hypervisor.boot_again(VM.id)
    await world.settle()
    assert [state for state, _ in world.told] == [VmState.UP, VmState.REBOOTING, VmState.REBOOTING, VmState.UP]
    assert world.hypervisor.acts == [DomainAction.REBOOT]
    await clock.turn(100)
    assert (await vms.vms())[0].state is VmState.UP
    await vms.destroy_vm(VM.id)
    assert (await vms.reboot_vm(VM.id)).state is VmState.DOWN


async def test_a_guest_that_does_not_heed_its_reboot_is_up_again_after_a_minute(world: World) -> None:
    clock = HandClock()
    world.vms = world.agent(clock)
    vms = await world.running()
    await vms.reboot_vm(VM.id)
    await clock.turn(50)
    assert (await vms.vms())[0].state is VmState.REBOOTING
    await clock.turn(20)
    await world.settle()
    assert [state for state, _ in world.told] == [VmState.UP, VmState.REBOOTING, VmState.UP]
    world.hypervisor.guests_obey = False
    await vms.reboot_vm(VM.id)
    await vms.shutdown_vm(VM.id)
    assert [state for state, _ in world.told][3:] == [VmState.REBOOTING, VmState.SHUTTING_DOWN]


async def test_a_guest_that_boots_again_instead_of_shutting_down_is_up(world: World) -> None:
    world.vms = world.agent(HandClock())
    world.hypervisor.guests_obey = False
    vms = await world.running()
    await vms.shutdown_vm(VM.id)
    await world.settle()
    assert (await vms.vms())[0].state is VmState.SHUTTING_DOWN
    world.hypervisor.boot_again(VM.id)
    await world.settle()
    assert [state for state, _ in world.told] == [VmState.UP, VmState.SHUTTING_DOWN, VmState.UP]


async def test_a_reset_ends_what_the_guest_was_asked(world: World) -> None:
    world.vms = world.agent(HandClock())
    world.hypervisor.guests_obey = False
    vms = await world.running()
    assert (await vms.shutdown_vm(VM.id)).state is VmState.SHUTTING_DOWN
    assert (await vms.reset_vm(VM.id)).state is VmState.UP
    assert world.hypervisor.acts == [DomainAction.SHUT_DOWN, DomainAction.RESET]
    await vms.destroy_vm(VM.id)
    assert (await vms.reset_vm(VM.id)).state is VmState.DOWN
    assert world.hypervisor.acts[-1] is DomainAction.DESTROY


async def test_a_vm_that_starts_paused_waits_until_it_is_resumed(world: World) -> None:
    spec = msgspec.structs.replace(VM, start_paused=True)
    for _ in range(2):
        report = await world.vms.start_vm(spec)
        assert (report.state, report.detail) == (VmState.PAUSED, "it waits to be resumed")
    await world.vms.resume_paused_by_storage()
    assert (await world.vms.vms())[0].state is VmState.PAUSED
    for _ in range(2):
        assert (await world.vms.resume_vm(VM.id)).state is VmState.UP
    await world.settle()
    assert world.told == [(VmState.PAUSED, DownReason.NONE), (VmState.UP, DownReason.NONE)]
    await world.vms.destroy_vm(VM.id)
    with pytest.raises(VmNotPaused, match="it is down"):
        await world.vms.resume_vm(VM.id)


async def test_a_vm_that_cannot_be_made_is_refused_before_libvirt_is_asked(world: World) -> None:
    with pytest.raises(VmNotPossible, match="no time zone 'Europe/Nowhere'"):
        await world.vms.start_vm(msgspec.structs.replace(VM, time_zone="Europe/Nowhere"))
    assert await world.vms.vms() == ()


async def test_only_vms_paused_by_their_storage_go_on_and_only_when_it_is_back(world: World) -> None:
    vms = await world.running()
    world.hypervisor.set(VM.id, PAUSED, 1)
    await vms.resume_paused_by_storage()
    assert (await vms.vms())[0].state is VmState.PAUSED
    world.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
    world.hypervisor.storage_is_away = True
    await vms.resume_paused_by_storage()
    assert (await vms.vms())[0].state is VmState.PAUSED
    world.hypervisor.storage_is_away = False
    await vms.resume_paused_by_storage()
    assert (await vms.vms())[0].state is VmState.UP


async def test_a_vm_whose_storage_is_full_waits_for_room_and_says_so(world: World) -> None:
    vms, image = world.vms, ImageRef(storage_domain="data", disk_id="d", image_id="i")
    await vms.start_vm(msgspec.structs.replace(VM, disks=(VmDisk(image=image, format=ImageFormat.RAW),)))
    world.hypervisor.storage_is_full = True
    world.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
    assert (await vms.vms())[0].io_error is IoError.EIO, "nobody listened when it was paused"
    world.free = ROOM_BYTES - 1
    await vms.resume_paused_by_storage()
    (report,) = await vms.vms()
    assert (report.state, report.io_error, report.detail) == (VmState.PAUSED, IoError.ENOSPC, FULL)
    assert DomainAction.RESUME not in world.hypervisor.acts
    world.free = ROOM_BYTES
    await vms.resume_paused_by_storage()
    (report,) = await vms.vms()
    assert (report.state, report.io_error) == (VmState.UP, IoError.NONE)


async def test_what_becomes_of_a_paused_vm_is_said_once_and_when_it_changes(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "node.vms.resume")
    vms = await world.running()
    world.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
    world.missing = NotMounted(storage_domain="data", reason="the volume does not answer")
    for _ in range(3):
        await vms.resume_paused_by_storage()
    world.missing, world.hypervisor.refuse_resume = None, "Failed to acquire lock: Input/output error"
    for _ in range(3):
        await vms.resume_paused_by_storage()
    world.hypervisor.refuse_resume, world.hypervisor.storage_is_away = "", True
    for _ in range(3):
        await vms.resume_paused_by_storage()
    world.hypervisor.storage_is_away = False
    for _ in range(3):
        await vms.resume_paused_by_storage()
    since = "VM my web is paused by its storage since 1970-01-12 13:46:40 UTC and cannot go on yet: "
    assert [record.getMessage() for record in caplog.records] == [
        since + "Cannot use storage domain data: the volume does not answer",
        since + "Failed to acquire lock: Input/output error",
        since + "its storage failed again at once",
        "VM my web goes on; its storage had paused it since 1970-01-12 13:46:40 UTC",
    ]


async def test_a_disk_that_cannot_be_looked_at_is_said_and_holds_up_no_other_vm(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    vms = await world.running()
    world.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
    world.missing = OSError(errno.EIO, "Input/output error", "/volumes/data/images/disk")
    await vms.resume_paused_by_storage()
    assert "the storage below failed to read or write (Input/output error): /volumes/data/images/disk" in caplog.text
    world.missing = None
    await vms.resume_paused_by_storage()
    assert (await vms.vms())[0].state is VmState.UP


async def test_a_paused_vm_whose_lease_another_host_has_had_since_is_ended(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """It ran there, and what this one has in memory of its disks is of an earlier time."""
    vms = await world.running()
    world.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
    world.taken = ("engine", 2)
    await vms.resume_paused_by_storage()
    assert (await vms.vms())[0].state is VmState.DOWN
    assert "host 2 has had its lease engine since it was paused" in caplog.text


async def test_one_that_is_told_to_go_on_is_ended_as_well(world: World) -> None:
    vms = await world.running()
    world.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
    world.taken = ("engine", 2)
    with pytest.raises(LeaseTaken):
        await vms.resume_vm(VM.id)
    assert (await vms.vms())[0].state is VmState.DOWN


async def test_while_nobody_can_say_who_had_the_lease_nothing_goes_on_and_nothing_is_ended(world: World) -> None:
    vms = await world.running()
    world.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
    world.taken = SanlockFailed(act="tell who had the lease last", reason="Input/output error")
    await vms.resume_paused_by_storage()
    with pytest.raises(SanlockFailed):
        await vms.resume_vm(VM.id)
    assert (await vms.vms())[0].state is VmState.PAUSED


async def test_a_vm_that_was_stopped_while_it_was_paused_is_news_again(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    vms = await world.running()
    world.missing = NotMounted(storage_domain="data", reason="the volume does not answer")
    for _ in range(2):
        world.hypervisor.set(VM.id, PAUSED, PAUSED_BY_STORAGE)
        await vms.resume_paused_by_storage()
        world.hypervisor.set(VM.id, SHUT_OFF, 2)
        await vms.resume_paused_by_storage()
        world.missing, missing = None, world.missing
        await vms.start_vm(VM)
        world.missing = missing
    assert len([record for record in caplog.records if "cannot go on yet" in record.getMessage()]) == 2


FACTS = DomainFacts(VM.id, "web", (), (), (LeaseFact("trivet", "engine", "/a/lease"),))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("No space left on device", "its lease engine was not taken: this node is not in the lockspace trivet"),
        ("Transport endpoint is not connected", "its lease engine was not taken: the volume of the lease reaches"),
        ("Lease is held by another host", "Failed to acquire lock: Lease is held by another host"),
    ],
)
def test_what_libvirt_says_of_leases_is_put_into_true_words(said: str, meant: str) -> None:
    assert lock_error(f"Failed to acquire lock: {said}", FACTS).startswith(meant)


def test_a_full_file_system_is_still_called_full() -> None:
    said = "cannot write data to file: No space left on device"
    assert lock_error(said, FACTS) == said


async def test_unknown_vms_are_refused_by_name(world: World) -> None:
    for operation in (world.vms.shutdown_vm, world.vms.destroy_vm, world.vms.console_log):
        with pytest.raises(VmUnknown):
            await operation(VM.id)
    assert await world.vms.vm(VM.id) is None


async def test_the_end_of_a_long_console_is_given(world: World) -> None:
    await world.running()
    assert (await world.vms.console_log(VM.id)).text == ""
    path = Path(console_log(world.surroundings, VM.id))
    path.write_bytes(b"x" * CONSOLE_BYTES + b"\xff the end\n")
    log = await world.vms.console_log(VM.id)
    assert log.truncated
    assert log.text.endswith("\ufffd the end\n")
    await world.vms.destroy_vm(VM.id)
    assert (await world.vms.console_log(VM.id)).truncated


async def test_who_runs_on_a_file_is_known_by_name(world: World) -> None:
    image = ImageRef(storage_domain="data", disk_id="d", image_id="i")
    vms = world.vms
    await vms.start_vm(msgspec.structs.replace(VM, disks=(VmDisk(image=image, format=ImageFormat.RAW),)))
    path = "/volumes/data/images/d/i"
    assert await vms.running_on(path) == "my web"
    assert await vms.running_on("/g") is None
    await vms.destroy_vm(VM.id)
    assert await vms.running_on(path) is None


async def test_states_of_the_past_do_not_return(world: World) -> None:
    """Resumed after a pause: since counts from the change."""
    vms = await world.running()
    world.hypervisor.set(VM.id, PAUSED, 1)
    await world.settle()
    world.clock.advance(5)
    world.hypervisor.set(VM.id, RUNNING, 1, pid=4711)
    (report,) = await vms.vms()
    assert report.since == world.clock.now()


class Cut(BaseException):
    """The agent is killed."""


@pytest.mark.parametrize(
    ("before", "after", "state", "reason"),
    [
        ("begun", "", VmState.DOWN, DownReason.FAILED),
        ("", "begun", VmState.UP, DownReason.NONE),
        ("noted", "", VmState.UP, DownReason.NONE),
    ],
    ids=["before libvirt was asked", "after libvirt was asked", "before it was written down"],
)
async def test_an_agent_that_is_killed_while_it_starts_a_vm(
    before: str, after: str, state: VmState, reason: DownReason, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one says what is so, and the same start once more ends with one VM."""
    start, note = world.hypervisor.start, Runs.note

    def cut_start(xml: str, *, paused: bool = False) -> None:
        if before == "begun":
            raise Cut
        start(xml, paused=paused)
        if after == "begun":
            raise Cut

    def cut_note(runs: Runs, vm_id: str, seen: Run) -> Run:
        if before == "noted" and seen.state is VmState.UP:
            raise Cut
        return note(runs, vm_id, seen)

    with monkeypatch.context() as patch:
        patch.setattr(world.hypervisor, "start", cut_start)
        patch.setattr(Runs, "note", cut_note)
        with pytest.raises(Cut):
            await world.vms.start_vm(VM)
    agent = world.agent()
    report = await agent.vm(VM.id)
    assert report is not None
    assert (report.state, report.reason) == (state, reason)
    assert (await agent.start_vm(VM)).state is VmState.UP
    assert len(world.hypervisor.domains()) == 1


@pytest.mark.parametrize(
    ("end", "reason", "detail"),
    [
        (End("shutdown"), DownReason.SHUTDOWN, ""),
        (End("destroyed", signalled=True), DownReason.DESTROYED, ""),
        (End("crashed"), DownReason.CRASHED, ""),
        (End("shutdown", signalled=True), DownReason.CRASHED, "a signal from its host ended its process"),
        (
            End("shutdown", signalled=True, killer="/usr/sbin/sanlock"),
            DownReason.CRASHED,
            "/usr/sbin/sanlock on its host ended its process: the lease of the VM could not be renewed",
        ),
        (None, DownReason.LOST, ""),
    ],
)
async def test_why_a_vm_ended_is_known_to_an_agent_that_was_away(
    end: End | None, reason: DownReason, detail: str, world: World
) -> None:
    await world.running()
    world.hypervisor.forget()
    if end is not None:
        world.hypervisor.ends[VM.id] = end
    agent = world.agent()
    await world.settle()
    assert world.told[-1] == (VmState.DOWN, reason)
    (report,) = await agent.vms()
    assert (report.name, report.reason, report.detail) == ("my web", reason, detail)
    assert await world.agent().vms() == (report,)


async def test_an_end_is_known_for_a_week_or_until_the_vm_starts_again(world: World) -> None:
    vms = await world.running()
    await vms.destroy_vm(VM.id)
    path = Path(console_log(world.surroundings, VM.id))
    path.write_text("the end")
    other = msgspec.structs.replace(VM, id="7f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f60", name="other")
    world.clock.advance(RETENTION_S - 1)
    await vms.start_vm(other)
    assert {vm.id for vm in await vms.vms()} == {VM.id, other.id}
    await vms.destroy_vm(other.id)
    world.clock.advance(2)
    await vms.start_vm(other)
    assert [vm.id for vm in await world.agent().vms()] == [other.id]
    assert not path.exists()


async def test_what_an_earlier_release_defined_is_not_defined_any_more(world: World) -> None:
    """VMs that run go on."""
    await world.running()
    world.hypervisor.definitions = {VM.id, "7f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f60"}
    agent = world.agent()
    await world.settle()
    assert world.hypervisor.definitions == set()
    assert [vm.state for vm in await agent.vms()] == [VmState.UP]


async def test_an_end_in_the_words_of_an_earlier_release_is_understood(world: World) -> None:
    (world.folder / "runs" / f"{VM.id}.json").write_text('{"state":"down","reason":"crashed","since":5.0}')
    (report,) = await world.agent().vms()
    assert (report.id, report.reason, report.since) == (VM.id, DownReason.CRASHED, 5.0)
