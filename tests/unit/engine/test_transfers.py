"""Transfers of images as commands: what is refused, what becomes of silent clients, lost hosts and bad images."""

from dataclasses import replace
from typing import Any

import pytest

from hosted_engine.engine.command import Command
from hosted_engine.engine.disks.model import DiskFormat, DiskStatus
from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.problems import BadValue, Busy, NoNode, NotThere, WrongState
from hosted_engine.engine.transfers.commands.actions import (
    CancelTransfer,
    ExtendTransfer,
    FinalizeTransfer,
    PauseTransfer,
    ResumeTransfer,
)
from hosted_engine.engine.transfers.entity import IMAGE_TRANSFERS
from hosted_engine.engine.transfers.model import ImageTransfer, TimeoutPolicy, TransferPhase
from hosted_engine.engine.vms.commands.start import StartVm
from node.api.messages.transfers import TransferDirection
from node.api.problems import Failed
from tests.fakes.engine import DATA_ID, TINY_IMAGE, node_id
from tests.fakes.proxy import FakeProxy
from tests.unit.engine.scenes import GIB, adding, done, events_of, new_disk, new_disk_on, running_vm, tiny_vm
from tests.unit.engine.transfer_scene import DOWNLOAD, UPLOAD, P, Scene, a_world, begun, status_of


async def test_an_upload_locks_its_disk_and_gives_it_back() -> None:
    scene = await begun(UPLOAD)
    assert status_of(scene) is DiskStatus.LOCKED
    transfer = scene.transfer
    assert transfer.host_url == "https://192.0.2.11:54322"
    assert scene.world.tickets == {transfer.ticket: f"{transfer.host_url}/images/{transfer.ticket}"}
    scene.node.opened.client_transfers(scene.transfer_id, GIB)
    await scene.until_true(lambda: scene.transfer.transferred_bytes == GIB)
    await scene.act(FinalizeTransfer)
    await scene.running.wait()
    assert scene.transfer.phase is P.FINISHED_SUCCESS
    assert status_of(scene) is DiskStatus.OK
    assert (scene.open, scene.world.tickets) == ([], {})
    assert [check.size_bytes for _, check in scene.node.opened.checked] == [GIB]
    finalized = "EXTERNAL_EVENT_NORMAL"  # of whoever did that
    assert events_of(scene.world)[-3:] == ["TRANSFER_IMAGE_INITIATED", finalized, "TRANSFER_IMAGE_SUCCEEDED"]


async def test_an_image_that_no_vm_may_have_makes_its_disk_illegal_and_says_why() -> None:
    scene = await begun(UPLOAD)
    for node in scene.world.nodes.values():
        node.opened.rejects = "it has a backing file, /etc/shadow, which a VM would be shown"
    await scene.act(FinalizeTransfer)
    await scene.running.wait()
    assert scene.transfer.phase is P.FINISHED_FAILURE
    assert scene.disk is not None
    assert scene.disk.status is DiskStatus.ILLEGAL
    with scene.world.store.transaction() as tx:
        event = tx.events.list(limit=1)[0]
    assert (event.name, event.disk_id) == ("TRANSFER_IMAGE_FAILED", scene.disk.id)
    assert "/etc/shadow" in event.description


async def test_a_cancelled_upload_takes_its_disk_with_it_and_a_cancelled_download_does_not() -> None:
    for direction in (UPLOAD, DOWNLOAD):
        scene = await begun(direction)
        images = len(scene.world.shared.images)
        await scene.act(CancelTransfer)
        await scene.running.wait()
        assert scene.transfer.phase is P.FINISHED_CLEANUP
        assert (scene.disk is None) is (direction is UPLOAD)
        assert len(scene.world.shared.images) == images - (direction is UPLOAD)
        assert (scene.open, scene.world.tickets) == ([], {})


@pytest.mark.parametrize(
    ("direction", "policy", "phase"),
    [
        (UPLOAD, TimeoutPolicy.LEGACY, P.PAUSED_SYSTEM),
        (DOWNLOAD, TimeoutPolicy.LEGACY, P.FINISHED_CLEANUP),
        (DOWNLOAD, TimeoutPolicy.PAUSE, P.PAUSED_SYSTEM),
        (UPLOAD, TimeoutPolicy.CANCEL, P.FINISHED_CLEANUP),
    ],
)
async def test_a_silent_client_ends_it_by_its_policy(
    direction: TransferDirection, policy: TimeoutPolicy, phase: TransferPhase
) -> None:
    scene = await begun(direction, timeout_policy=policy, inactivity_timeout_s=40)
    begin = scene.world.now
    scene.be_busy(False)
    scene.node.opened.client_transfers(scene.transfer_id, 1)
    await scene.until(phase)
    assert 40 <= scene.world.now - begin < 60
    await scene.until_true(lambda: not scene.open and not scene.world.tickets)
    paused = phase is P.PAUSED_SYSTEM
    name = "TRANSFER_IMAGE_PAUSED_ON_TIMEOUT" if paused else "TRANSFER_IMAGE_CANCELED_ON_TIMEOUT"
    assert name in events_of(scene.world)
    await scene.world.engine.stop()


async def test_who_extends_has_his_whole_time_again() -> None:
    scene = await begun(UPLOAD, inactivity_timeout_s=40)
    begin = scene.world.now
    scene.be_busy(False)
    await scene.until_true(lambda: scene.world.now - begin > 30)
    await scene.act(ExtendTransfer)
    await scene.until(P.PAUSED_SYSTEM)
    assert 70 <= scene.world.now - begin < 90
    await scene.world.engine.stop()


async def test_a_transfer_that_lives_has_its_tickets_renewed() -> None:
    scene = await begun(UPLOAD)
    begin = scene.world.now
    await scene.until_true(lambda: scene.world.now - begin > 600)
    assert scene.node.opened.open[scene.transfer_id].until > scene.world.now + 200
    await scene.world.engine.stop()


async def test_a_paused_one_has_nothing_open_and_goes_on_with_another_ticket() -> None:
    scene = await begun(UPLOAD)
    before = scene.transfer.ticket
    scene.node.opened.client_transfers(scene.transfer_id, 4096)
    await scene.until_true(lambda: scene.transfer.transferred_bytes == 4096)
    await scene.act(PauseTransfer)
    await scene.until_true(lambda: not scene.open and not scene.world.tickets)
    assert "TRANSFER_IMAGE_PAUSED_BY_USER" in events_of(scene.world)
    await scene.act(ResumeTransfer)
    await scene.until(P.TRANSFERRING)
    assert scene.transfer.ticket != before
    assert list(scene.world.tickets) == [scene.transfer.ticket]
    assert scene.transfer.transferred_bytes == 4096
    await scene.act(FinalizeTransfer)
    await scene.running.wait()
    assert scene.transfer.phase is P.FINISHED_SUCCESS


async def test_a_host_that_is_lost_pauses_it_and_another_one_goes_on() -> None:
    scene = await begun(UPLOAD)
    lost = scene.node
    lost.lose_power()
    await scene.until(P.PAUSED_SYSTEM)
    with scene.world.store.transaction() as tx:
        node = tx.nodes.get(lost.node_id)
        assert node is not None
        tx.nodes.update(replace(node, status=NodeStatus.NON_RESPONSIVE))
    assert "TRANSFER_IMAGE_STOPPED_BY_SYSTEM_MISSING_HOST" in events_of(scene.world)
    await scene.act(ResumeTransfer)
    await scene.until(P.TRANSFERRING)
    assert scene.node is not lost
    await scene.act(FinalizeTransfer)
    await scene.running.wait()
    assert scene.transfer.phase is P.FINISHED_SUCCESS


async def test_a_daemon_that_was_started_anew_is_given_the_same_ticket_again() -> None:
    scene = await begun(DOWNLOAD)
    before = scene.transfer.ticket
    scene.node.opened.lose_all()
    await scene.until_true(lambda: bool(scene.open))
    assert (scene.transfer.ticket, scene.transfer.phase) == (before, P.TRANSFERRING)
    await scene.world.engine.stop()


async def test_a_host_that_is_lost_at_the_end_leaves_nothing_that_passes_for_good() -> None:
    """Whether all that was written is on the volume nobody can say."""
    scene = await begun(UPLOAD)
    scene.node.fail("close_transfer", Failed(), times=9)
    await scene.act(FinalizeTransfer)
    with pytest.raises(Failed):
        await scene.running.wait()
    assert scene.transfer.phase is P.FINISHED_FAILURE
    assert scene.disk is not None
    assert scene.disk.status is DiskStatus.ILLEGAL


async def test_a_cancelled_one_does_not_wait_for_a_lost_host() -> None:
    scene = await begun(UPLOAD)
    scene.node.fail("close_transfer", Failed(), times=9)
    await scene.act(CancelTransfer)
    await scene.running.wait()
    assert (scene.transfer.phase, scene.disk) == (P.FINISHED_CLEANUP, None)


async def test_without_the_proxy_it_goes_through_the_host_alone() -> None:
    world = a_world()
    assert isinstance(world.proxy, FakeProxy)
    world.proxy.refuses = Failed()
    scene = await begun(UPLOAD, world)
    assert scene.transfer.proxy_url == ""
    assert "TRANSFER_FAILED_TO_ADD_TICKET_TO_PROXY" in events_of(world)
    await scene.act(FinalizeTransfer)
    await scene.running.wait()
    assert scene.transfer.phase is P.FINISHED_SUCCESS


async def test_what_was_never_opened_leaves_its_disk_as_it_was() -> None:
    world = a_world()
    for node in world.nodes.values():
        node.fail("open_transfer", Failed(), times=9)
    disk = new_disk(world)
    await done(world, disk)
    with pytest.raises(Failed):
        await done(world, adding(world, IMAGE_TRANSFERS, disk_id=disk.id))
    with world.store.transaction() as tx:
        found = tx.disks.get(disk.id)
        (transfer,) = tx.of(ImageTransfer).list()
    assert found is not None
    assert (found.status, transfer.phase) == (DiskStatus.OK, P.FINISHED_FAILURE)


async def test_a_disk_in_use_is_refused_by_the_name_of_its_vm() -> None:
    world = a_world()
    vm_id = await tiny_vm(world)
    added = new_disk_on(world, vm_id)
    await done(world, added)
    await done(world, StartVm(id=vm_id))
    for direction in (UPLOAD, DOWNLOAD):
        with pytest.raises(WrongState, match="VM vm1 has it"):
            await done(world, adding(world, IMAGE_TRANSFERS, disk_id=added.disk.id, direction=direction))


async def test_a_disk_that_is_transferred_cannot_be_used_or_transferred_again() -> None:
    world = a_world()
    vm_id = await tiny_vm(world)
    added = new_disk_on(world, vm_id)
    await done(world, added)
    command = adding(world, IMAGE_TRANSFERS, disk_id=added.disk.id)
    running = await world.engine.perform(command, world.caller)
    with pytest.raises(WrongState, match="locked"):
        await done(world, StartVm(id=vm_id))
    with pytest.raises((WrongState, Busy)):
        await done(world, adding(world, IMAGE_TRANSFERS, disk_id=added.disk.id))
    await world.engine.stop()
    assert running is not None


@pytest.mark.parametrize(
    ("given", "problem", "message"),
    [
        ({"disk_id": TINY_IMAGE.disk_id}, WrongState, "belongs to a template"),
        ({"disk_id": "none"}, NotThere, "disk none"),
        ({}, BadValue, "image_transfer.disk"),
        ({"image_id": "none"}, BadValue, "image_transfer.image"),
        ({"shallow": True, "disk": "new"}, BadValue, "image_transfer.shallow"),
        ({"format": DiskFormat.COW, "disk": "raw"}, BadValue, "image_transfer.format"),
        ({"node_id": node_id(9), "disk": "new"}, NotThere, "host"),
    ],
)
async def test_what_cannot_be_transferred_so_is_refused(
    given: dict[str, Any], problem: type[Exception], message: str
) -> None:
    world = a_world()
    if kind := given.get("disk"):
        disk = new_disk(world, format=DiskFormat.RAW if kind == "raw" else DiskFormat.COW)
        await done(world, disk)
        given = {name: value for name, value in given.items() if name != "disk"} | {"disk_id": disk.id}
    with pytest.raises(problem, match=message):
        await done(world, adding(world, IMAGE_TRANSFERS, **given))
    with world.store.transaction() as tx:
        assert tx.of(ImageTransfer).count() == 0


async def test_the_host_that_is_named_takes_it_and_has_to_be_up() -> None:
    scene = await begun(DOWNLOAD, node_id=node_id(3))
    assert scene.transfer.node_id == node_id(3)
    await scene.world.engine.stop()
    world = a_world()
    disk = new_disk(world)
    await done(world, disk)
    with world.store.transaction() as tx:
        node = tx.nodes.get(node_id(2))
        assert node is not None
        tx.nodes.update(replace(node, status=NodeStatus.MAINTENANCE))
    with pytest.raises(WrongState, match="node2"):
        await done(world, adding(world, IMAGE_TRANSFERS, disk_id=disk.id, node_id=node_id(2)))
    world.readings.forget(node_id(1))
    with pytest.raises(NoNode, match="has not mounted"):
        await done(world, adding(world, IMAGE_TRANSFERS, disk_id=disk.id, node_id=node_id(1)))


async def test_transfers_are_spread_over_the_hosts() -> None:
    world = a_world()
    nodes = set()
    for number in range(3):
        disk = new_disk(world, f"disk{number}")
        await done(world, disk)
        command = adding(world, IMAGE_TRANSFERS, disk_id=disk.id)
        nodes.add((await world.engine.perform(command, world.caller)).command.transfer.node_id)  # type: ignore[attr-defined]
    assert len(nodes) == 3
    await world.engine.stop()


@pytest.mark.parametrize("action", [CancelTransfer, ExtendTransfer, FinalizeTransfer, PauseTransfer, ResumeTransfer])
async def test_one_that_has_ended_takes_no_action(action: type[Command]) -> None:
    scene = await begun(DOWNLOAD)
    await scene.act(FinalizeTransfer)
    await scene.running.wait()
    with pytest.raises(WrongState, match="finished_success"):
        await scene.act(action)


async def test_ended_ones_are_forgotten_after_a_while() -> None:
    scene = await begun(DOWNLOAD)
    await scene.act(FinalizeTransfer)
    await scene.running.wait()
    scene.world.now += 800
    scene.world.engine.sweep()
    assert scene.transfer.phase is P.FINISHED_SUCCESS
    scene.world.now += 200
    scene.world.engine.sweep()
    with scene.world.store.transaction() as tx:
        assert tx.of(ImageTransfer).count() == 0


async def test_the_file_of_an_upload_may_have_what_was_said_of_it() -> None:
    world = a_world()
    disk = new_disk(world, initial_size_bytes=7 * GIB)
    await done(world, disk)
    command = adding(world, IMAGE_TRANSFERS, disk_id=disk.id, format=DiskFormat.COW)
    await world.engine.perform(command, world.caller)
    scene = Scene(world, None, command.id)  # type: ignore[arg-type]
    await scene.until(P.TRANSFERRING)
    assert scene.node.opened.open[command.id].size_bytes == 7 * GIB
    await world.engine.stop()


async def test_a_disk_that_will_have_more_than_there_is_room_for_is_refused() -> None:
    world = a_world()
    with world.store.transaction() as tx:
        domain = tx.storage_domains.get(DATA_ID)
        assert domain is not None
        tx.storage_domains.update(replace(domain, free_bytes=GIB, critical_space_gib=0))
    await done(world, new_disk(world, initial_size_bytes=GIB))
    with pytest.raises(WrongState, match="bytes free"):
        await done(world, new_disk(world, "other", initial_size_bytes=2 * GIB))


async def test_a_running_vm_is_needed_for_nothing() -> None:
    """A VM beside does not matter."""
    world = a_world()
    await running_vm(world)
    scene = await begun(DOWNLOAD, world)
    await scene.act(FinalizeTransfer)
    await scene.running.wait()
    assert scene.transfer.phase is P.FINISHED_SUCCESS
