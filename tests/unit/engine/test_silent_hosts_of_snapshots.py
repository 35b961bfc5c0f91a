"""A snapshot of a running VM whose host falls silent: nothing that its VM may write to is removed, and it ends by
itself once it is known how it went."""

import asyncio

import pytest

from hosted_engine.engine.disks.model import DiskStatus
from hosted_engine.engine.snapshots.entity import SNAPSHOTS
from hosted_engine.engine.tasks.runner import Running
from hosted_engine.engine.vms.model import VmStatus
from node.api.problems import Failed, NodeNonResponsive
from node.steps import StepFailed
from tests.fakes.engine import World
from tests.fakes.node.fake import FakeNode
from tests.unit.engine.scenes import adding, done, removing, running_vm, snapshot_of, vm_of
from tests.unit.engine.test_snapshots import contents, described, disk_of, read, take, write, written_to

TURNS = 200  # of the event loop: more than a command needs that waits for nobody


async def let_pass() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


def host_of(world: World, vm_id: str) -> FakeNode:
    return world.nodes[vm_of(world, vm_id).node_id or ""]


async def snapshot_without_answer(world: World, vm_id: str, *, is_switched: bool) -> Running:
    """Its host falls silent as it is asked to switch the VM to the new images."""
    node = host_of(world, vm_id)
    if is_switched:
        node.lose_answer("snapshot_vm")
    silence = NodeNonResponsive(node=vm_id, request="snapshot_vm", reason="it is a fake")
    node.fail("snapshot_vm", silence, times=TURNS)
    running = await world.engine.perform(
        adding(world, SNAPSHOTS, vm_id=vm_id, description="snap", persist_memorystate=False), world.caller
    )
    await let_pass()
    assert not running.finished
    return running


@pytest.mark.parametrize("is_switched", [False, True])
async def test_it_is_waited_for_and_the_snapshot_is_taken(is_switched: bool) -> None:
    world = World()
    vm_id = await running_vm(world)
    write(world, vm_id, "w0")
    node = host_of(world, vm_id)
    running = await snapshot_without_answer(world, vm_id, is_switched=is_switched)
    assert disk_of(world, vm_id).status is DiskStatus.LOCKED
    assert written_to(world, vm_id) in {image.image_id for image in world.shared.images}
    node.mend("snapshot_vm")
    await running.wait()
    write(world, vm_id, "w1")
    assert (described(world, vm_id), read(world, vm_id)) == (["snap"], contents(2))
    assert written_to(world, vm_id) == disk_of(world, vm_id).image_id


async def test_a_host_that_is_back_without_the_vm_ends_it() -> None:
    world = World()
    vm_id = await running_vm(world)
    before, node = disk_of(world, vm_id), host_of(world, vm_id)
    running = await snapshot_without_answer(world, vm_id, is_switched=True)
    node.lose_power()
    node.start()
    world.hear(node.node_id, world.store)
    await running.wait()
    after = disk_of(world, vm_id)
    assert (vm_of(world, vm_id).status, after.status) == (VmStatus.DOWN, DiskStatus.OK)
    assert (described(world, vm_id), after.parent_image_id) == (["snap"], before.image_id)


async def test_what_a_failed_switch_has_left_is_not_removed_while_the_host_is_silent() -> None:
    world = World()
    vm_id = await running_vm(world)
    node = host_of(world, vm_id)
    node.fail("snapshot_vm", Failed())
    node.fail("vm_images", NodeNonResponsive(node=vm_id, request="vm_images", reason="it is a fake"), times=TURNS)
    images = len(world.shared.images)
    running = await world.engine.perform(
        adding(world, SNAPSHOTS, vm_id=vm_id, description="snap", persist_memorystate=False), world.caller
    )
    await let_pass()
    assert (running.finished, len(world.shared.images)) == (False, images + 1)
    node.mend("vm_images")
    with pytest.raises(StepFailed):
        await running.wait()
    assert (described(world, vm_id), snapshot_of(world)["layers"], len(world.shared.images)) == ([], [], images)


async def test_a_merge_goes_on_when_the_host_answers_again() -> None:
    world = World()
    vm_id = await running_vm(world)
    write(world, vm_id, "w0")
    snapshot_id = await take(world, vm_id)
    write(world, vm_id, "w1")
    host_of(world, vm_id).lose_answer("merge_image", times=3)
    await done(world, removing(world, SNAPSHOTS, snapshot_id))
    assert (read(world, vm_id), written_to(world, vm_id)) == (contents(2), disk_of(world, vm_id).image_id)
    assert snapshot_of(world)["layers"] == []
