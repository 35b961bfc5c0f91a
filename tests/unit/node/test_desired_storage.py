"""Mounts and lockspaces: believed when observed, desired over boots, made again when they fall."""

import errno
import os
from pathlib import Path
from threading import Event

import pytest

from node.api.messages.mounts import MountRequest, MountSpec
from node.api.refusals import Malformed, NotMounted
from node.storage.desired import DesiredStorage, damaged_file
from node.storage.leases import make_once
from node.storage.mounts import MountFailed, UnmountFailed
from tests.unit.node.storage_world import DATA, SPEC, World
from tests.unit.node.storage_world import world as world


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
