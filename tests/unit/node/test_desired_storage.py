"""Mounts and lockspaces: believed when observed, desired over boots, made again when they fall."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from node.api.messages.leases import LeaseRequest, LockspaceRequest
from node.api.messages.mounts import MountRequest, MountSpec
from node.api.refusals import LockspaceDiffers, LockspaceUnknown, Malformed, NotMounted
from node.storage.causes import cause, describe_errno
from node.storage.desired import DesiredStorage, damaged_file
from node.storage.drivers.gluster import GlusterDriver
from node.storage.leases import Leases, make_once
from node.storage.mounts import MountFailed, Mounts, UnmountFailed
from node.storage.reconciler import StorageReconciler
from node.storage.sanlock import SanlockFailed, parse_leader, reason
from node.system.threads import Threads
from node.vms.domain_facts import DomainFacts, LeaseFact
from tests.fakes.clock import FakeClock
from tests.fakes.node_commands import FakeCommands
from tests.fakes.sanlock import FakeSanlock

DATA_FOLDER = Path(__file__).parents[2] / "data"
SPEC = MountSpec(kind="glusterfs", source="node1:/data", options=("backup-volfile-servers=node2:node3",))
DATA = MountRequest(storage_domain="data", spec=SPEC)
SPACE = LockspaceRequest(name="trivet", storage_domain="data", host_id=2, io_timeout_s=2)
LEASE = LeaseRequest(lockspace="trivet", resource="engine", storage_domain="data")


class Served(GlusterDriver):
    """Whether a process serves the mount, as a test says."""

    served = False

    def recovers(self, where: str) -> bool:
        return self.served


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = FakeCommands(folder)
        self.volumes = folder / "volumes"
        self.units = folder / "units"
        self.run.knows_mount(self.volumes / "data")
        self.sanlock = FakeSanlock()
        self.threads = Threads("test", 2)
        self.notified = 0
        self.driver = Served()
        self.complete = 0
        self.given: list[Path] = []
        self.boot()

    def boot(self) -> None:
        """The agent starts; what is desired is read from its file."""
        self.desired = DesiredStorage(self.folder / "wishes.json")
        self.mounts = Mounts(
            self.run,
            self.threads,
            self.desired,
            volumes=self.volumes,
            units=self.units,
            notify=self._notify,
            proc_mounts=self.run.proc_mounts,
            drivers={"glusterfs": self.driver},
        )
        self.leases = Leases(
            self.sanlock,
            self.threads,
            self.desired,
            volumes=self.volumes,
            need=self.mounts.need,
            own=self.given.append,
        )
        self.reconciler = StorageReconciler(
            self.desired, self.mounts, self.leases, FakeClock(), after_pass=self._after_pass
        )

    async def reconcile(self) -> None:
        """One pass of the reconciler."""
        await self.reconciler.reconcile_mounts()
        await self.reconciler.reconcile_lockspaces()

    def lose_power(self) -> None:
        self.run.proc_mounts.write_text("")
        self.sanlock.joined.clear()
        for unit in self.units.iterdir():
            unit.unlink()
        self.boot()

    async def joined(self) -> Leases:
        await self.mounts.mount(DATA)
        await self.leases.join_lockspace(SPACE)
        return self.leases

    async def _after_pass(self) -> None:
        self.complete += 1

    def _notify(self) -> None:
        self.notified += 1


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.threads.close()


async def test_a_mount_is_made_once_and_notified_once(world: World) -> None:
    for _ in range(2):
        report = await world.mounts.mount(DATA)
        assert report.mounted
        assert report.size_bytes
    assert sum(call[:2] == ("systemctl", "start") for call in world.run.calls) == 1
    assert world.notified == 1
    (unit,) = world.units.iterdir()
    assert "What=node1:/data\n" in unit.read_text()
    assert "backup-volfile-servers=node2:node3" in unit.read_text()


async def test_a_mount_command_that_lies_is_not_believed(world: World) -> None:
    world.run.lying = True
    with pytest.raises(MountFailed, match="not mounted"):
        await world.mounts.mount(DATA)
    with pytest.raises(NotMounted):
        await world.mounts.need("data")


async def test_a_mount_that_fails_says_why_and_stays_desired(world: World) -> None:
    world.run.broken.add("systemctl start")
    with pytest.raises(MountFailed, match="broken by the test"):
        await world.mounts.mount(DATA)
    world.run.broken.clear()
    await world.reconcile()
    assert (await world.mounts.mounts())[0].mounted


async def test_what_is_mounted_but_dead_is_taken_off_and_mounted_again(world: World) -> None:
    await world.mounts.mount(DATA)
    (world.volumes / "data").rmdir()  # statvfs fails, as on a FUSE mount whose process is gone
    assert not (await world.mounts.observe("data")).mounted
    await world.reconcile()
    assert any("--lazy" in call for call in world.run.calls)
    assert (await world.mounts.observe("data")).mounted
    assert world.notified == 3  # it came, went, and came again


async def test_a_mount_that_lost_its_bricks_is_left_to_find_them_again(world: World) -> None:
    await world.mounts.mount(DATA)
    (world.volumes / "data").rmdir()
    world.driver.served = True
    await world.reconcile()
    assert not (await world.mounts.observe("data")).mounted
    assert not any("--lazy" in call for call in world.run.calls)
    (world.volumes / "data").mkdir()
    await world.reconcile()
    assert (await world.mounts.observe("data")).mounted
    assert sum(call[:2] == ("systemctl", "start") for call in world.run.calls) == 1


async def test_a_volume_that_hangs_takes_one_thread_and_nobody_waits_for_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.mounts.mount(DATA)
    answers, asked = Event(), []

    def hanging(path: Path) -> None:
        asked.append(path)
        answers.wait(60)
        raise OSError("gone")

    monkeypatch.setattr("node.storage.mounts.OBSERVE_TIMEOUT_S", 0.01)
    monkeypatch.setattr("node.storage.mounts.os.statvfs", hanging)
    try:
        for _ in range(3):
            assert (await world.mounts.observe("data")).detail == "the storage does not answer"
        assert len(asked) == 1
    finally:
        answers.set()


async def test_a_volume_without_enough_bricks_is_not_in_place_and_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """statvfs is answered by one brick; reading and writing are not."""
    caplog.set_level("INFO", "node.storage.reconciler")
    await world.mounts.mount(DATA)
    world.driver.served = True

    def not_connected(path: Path) -> None:
        raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN), str(path))

    monkeypatch.setattr("node.storage.mounts.Path.stat", not_connected)
    for _ in range(3):
        await world.reconciler.reconcile_mounts()
    monkeypatch.undo()
    await world.reconciler.reconcile_mounts()
    said = [record.getMessage() for record in caplog.records if record.name == "node.storage.reconciler"]
    assert said == [
        "storage domain data is not in place yet: the volume reaches too few of its bricks, or the process of its "
        "mount is gone (Transport endpoint is not connected)",
        "storage domain data is in place",
    ]


async def test_an_unmount_can_be_repeated_and_drops_what_was_desired_of_it(world: World) -> None:
    await world.joined()
    for _ in range(2):
        await world.mounts.unmount("data")
    assert await world.mounts.mounts() == ()
    assert await world.leases.lockspaces() == ()
    assert list(world.units.iterdir()) == []


async def test_a_volume_in_use_is_not_unmounted_behind_its_users_back(world: World) -> None:
    await world.mounts.mount(DATA)
    world.run.broken.add("systemctl stop")
    with pytest.raises(UnmountFailed):
        await world.mounts.unmount("data")


@pytest.mark.parametrize(
    "request_",
    [
        MountRequest(storage_domain="..", spec=SPEC),
        MountRequest(storage_domain="data", spec=MountSpec(kind="tape", source="node1:/data")),
        MountRequest(storage_domain="data", spec=MountSpec(kind="glusterfs", source="/data")),
    ],
)
async def test_a_mount_that_nobody_could_make_is_refused_and_not_desired(world: World, request_: MountRequest) -> None:
    with pytest.raises(Malformed):
        await world.mounts.mount(request_)
    assert world.desired.mounts == {}


async def test_after_a_power_loss_everything_desired_comes_back(world: World) -> None:
    await world.joined()
    world.lose_power()
    assert not (await world.mounts.mounts())[0].mounted
    await world.reconcile()
    assert (await world.mounts.mounts())[0].mounted
    assert (await world.leases.lockspaces())[0].joined


async def test_the_reconciler_goes_on_when_one_thing_cannot_be(world: World) -> None:
    await world.joined()
    world.lose_power()
    world.sanlock.broken = "daemon is away"
    await world.reconcile()
    assert (await world.mounts.mounts())[0].mounted
    assert (await world.leases.lockspaces())[0].detail == "daemon is away"
    assert world.complete == 2  # VMs that need none of it may go on
    world.sanlock.broken = ""
    await world.reconcile()
    assert (await world.leases.lockspaces())[0].joined


async def test_a_lockspace_is_joined_once_under_one_number(world: World) -> None:
    leases = await world.joined()
    assert (await leases.join_lockspace(SPACE)).joined
    with pytest.raises(LockspaceDiffers, match="host 2"):
        await leases.join_lockspace(LockspaceRequest(name="trivet", storage_domain="data", host_id=3))
    with pytest.raises(Malformed):
        await leases.join_lockspace(LockspaceRequest(name="other", storage_domain="data", host_id=0))


async def test_a_lockspace_is_left_for_good_and_can_be_joined_again(world: World) -> None:
    leases = await world.joined()
    for _ in range(2):
        await leases.leave_lockspace("trivet")
    assert world.sanlock.joined == {}
    await world.reconcile()
    assert await leases.lockspaces() == ()
    assert (await leases.join_lockspace(SPACE)).joined


async def test_a_lockspace_whose_leaving_fails_is_desired_still(world: World) -> None:
    leases = await world.joined()
    world.sanlock.broken = "Device or resource busy"
    with pytest.raises(SanlockFailed, match="busy"):
        await leases.leave_lockspace("trivet")
    world.sanlock.broken = ""
    assert [one.joined for one in await leases.lockspaces()] == [True]


async def test_a_lockspace_on_no_volume_is_refused_and_not_desired(world: World) -> None:
    with pytest.raises(NotMounted):
        await world.leases.join_lockspace(SPACE)
    assert world.desired.lockspaces == {}


async def test_a_join_that_fails_says_why(world: World) -> None:
    await world.mounts.mount(DATA)
    world.sanlock.broken = "No space left"
    with pytest.raises(SanlockFailed, match="No space left"):
        await world.leases.join_lockspace(SPACE)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            (28, "Sanlock write", "No space left on device"),
            "the volume is full (No space left on device) (sanlock says: ",
        ),
        ((-107, "Sanlock read"), "the volume reaches too few of its bricks"),
        ((-202, "Sanlock add"), "the volume did not answer within sanlock's I/O timeout (error 202)"),
        (("odd",), "odd"),
        ((), ""),
    ],
)
def test_what_sanlock_s_numbers_mean(args: tuple[object, ...], message: str) -> None:
    assert reason(*args).startswith(message)


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_every_error_number_shows_the_system_s_description(number: int) -> None:
    assert os.strerror(number) in describe_errno(number)
    assert cause(OSError(number, os.strerror(number), "/a/file")).endswith(": /a/file")


async def test_a_lockspace_that_cannot_be_joined_names_the_real_cause(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.mounts.mount(DATA)

    def full(_path: Path, *_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/v/leases")

    monkeypatch.setattr("node.storage.leases.make_once", full)
    with pytest.raises(SanlockFailed, match=r"the volume is full \(No space left on device\): /v/leases"):
        await world.leases.join_lockspace(SPACE)


async def test_a_lockspace_has_to_be_joined_where_it_is_needed(world: World) -> None:
    with pytest.raises(LockspaceUnknown):
        await world.leases.need_joined("trivet")
    await world.joined()
    await world.leases.need_joined("trivet")
    world.sanlock.joined.clear()
    with pytest.raises(LockspaceUnknown):
        await world.leases.need_joined("trivet")


async def test_a_lease_is_made_once_and_its_holder_known(world: World) -> None:
    leases = await world.joined()
    path = world.volumes / "data" / "leases" / "trivet" / "engine.lease"
    assert not (await leases.lease("data", "trivet", "engine")).exists
    assert (await leases.make_lease(LEASE)).holder is None
    world.sanlock.take(path, 3)
    assert (await leases.make_lease(LEASE)).holder == 3
    facts = DomainFacts("id", "vm", (), (), (LeaseFact("trivet", "engine", str(path)),))
    assert await leases.held_elsewhere(facts) == ("engine", 3)
    world.sanlock.take(path, 2)
    assert await leases.held_elsewhere(facts) is None


async def test_who_took_a_lease_last_is_known_also_when_it_is_free(world: World) -> None:
    leases = await world.joined()
    await leases.make_lease(LEASE)
    path = world.volumes / "data" / "leases" / "trivet" / "engine.lease"
    facts = DomainFacts("id", "vm", (), (), (LeaseFact("trivet", "engine", str(path)),))
    assert await leases.taken_elsewhere(facts) is None
    for host_id, taken in ((2, None), (3, ("engine", 3)), (2, None)):
        world.sanlock.take(path, host_id)
        world.sanlock.give_back(path)
        assert await leases.taken_elsewhere(facts) == taken
    world.sanlock.broken = "Input/output error"
    with pytest.raises((SanlockFailed, LockspaceUnknown)):
        await leases.taken_elsewhere(facts)


def test_what_sanlock_says_of_a_lease_names_who_took_it_last() -> None:
    said = (DATA_FOLDER / "sanlock" / "read_leader_of_a_lease.txt").read_text()
    assert parse_leader(said)["owner_id"] == "1"
    for nothing in ("", (DATA_FOLDER / "sanlock" / "read_leader_of_no_file.txt").read_text()):
        with pytest.raises(SanlockFailed):
            parse_leader(nothing)


async def test_a_lease_needs_its_lockspace_and_a_name_that_sanlock_can_hold(world: World) -> None:
    await world.mounts.mount(DATA)
    with pytest.raises(LockspaceUnknown):
        await world.leases.make_lease(LEASE)
    with pytest.raises(Malformed):
        await world.leases.lease("data", "trivet", "x" * 49)


def test_of_two_that_make_the_same_area_the_first_wins(tmp_path: Path) -> None:
    path = tmp_path / "leases" / "trivet" / "lockspace"

    def slow(part: str) -> None:
        make_once(path, "2", lambda other: _write(other, "second"), lambda _: None)
        _write(part, "first")

    path.parent.mkdir(parents=True)
    (path.parent / ".lockspace.1.part").write_text("left by a crash")
    make_once(path, "1", slow, lambda _: None)
    assert path.read_text() == "second"
    assert [file.name for file in path.parent.iterdir()] == ["lockspace"]


def _write(path: str, text: str) -> None:
    Path(path).write_text(text)


@pytest.mark.parametrize("content", [b"{", b'{"mounts": {"data": {"sto', b"[]", b"\xff\xfe", b'{"mounts": [1]}', b"7"])
def test_what_nobody_can_read_is_set_aside_until_there_is_something_to_save(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "wishes.json"
    path.write_bytes(content)
    desired = DesiredStorage(path)
    assert (desired.mounts, desired.lockspaces) == ({}, {})
    assert damaged_file(path).read_bytes() == content
    assert DesiredStorage(path).mounts == {}  # a second start finds nothing wrong, and the console says it all the same
    assert damaged_file(path).exists()
    desired.set_mount(DATA)
    assert not damaged_file(path).exists()
    assert DesiredStorage(path).mounts == {"data": DATA}
