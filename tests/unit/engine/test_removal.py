"""A removal that fails leaves each disk as what it is: ok while its image is whole for certain, otherwise illegal."""

import pytest

from hosted_engine.engine.disks.commands.remove import RemoveDisk
from hosted_engine.engine.disks.entity import DISKS
from hosted_engine.engine.disks.model import DiskStatus
from hosted_engine.engine.vms.commands.remove import RemoveVm
from node.api.problems import Failed, Problem
from node.api.refusals import ImageBusy, NotWiped
from node.steps import StepFailed
from tests.fakes.engine import World
from tests.unit.engine.scenes import changing, done, new_disk, new_disk_on, tiny_vm


def status_of(world: World, disk_id: str) -> DiskStatus | None:
    with world.store.transaction() as tx:
        disk = tx.disks.get(disk_id)
    return disk.status if disk else None


async def refuse_to_go(world: World, disk_id: str, problem: Problem) -> None:
    for node in world.nodes.values():
        node.fail("remove_image", problem)
    with pytest.raises(StepFailed):
        await done(world, RemoveDisk(id=disk_id))


async def test_a_disk_whose_removal_failed_is_illegal_until_it_is_gone() -> None:
    world = World()
    disk = new_disk(world)
    await done(world, disk)
    await refuse_to_go(world, disk.id, Failed())
    assert status_of(world, disk.id) is DiskStatus.ILLEGAL
    await refuse_to_go(world, disk.id, ImageBusy(image=disk.disk.image_id, vm="vm1"))
    assert status_of(world, disk.id) is DiskStatus.ILLEGAL, "what is left of the first time, nobody knows"


async def test_a_disk_whose_image_is_in_use_is_as_it_was() -> None:
    world = World()
    disk = new_disk(world)
    await done(world, disk)
    await refuse_to_go(world, disk.id, ImageBusy(image=disk.disk.image_id, vm="vm1"))
    assert status_of(world, disk.id) is DiskStatus.OK


async def test_a_disk_that_no_node_can_reach_is_as_it_was() -> None:
    world = World()
    disk = new_disk(world)
    await done(world, disk)
    for node in world.nodes.values():
        node.stop_answering()
    with pytest.raises(StepFailed):
        await done(world, RemoveDisk(id=disk.id))
    assert status_of(world, disk.id) is DiskStatus.OK


async def test_an_illegal_disk_of_a_vm_is_not_ok_because_the_vm_could_not_be_removed() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    added = new_disk_on(world, vm_id)
    await done(world, added)
    await refuse_to_go(world, added.disk.id, Failed())
    for node in world.nodes.values():
        node.stop_answering()
    with pytest.raises(StepFailed):
        await done(world, RemoveVm(id=vm_id))
    with world.store.transaction() as tx:
        disks = {disk.name: disk.status for disk in tx.disks.list() if disk.name != "tiny"}
    assert disks == {"vm1_tiny": DiskStatus.OK, "disk1": DiskStatus.ILLEGAL}


async def test_an_image_that_is_to_be_wiped_is_overwritten_to_its_end() -> None:
    world = World()
    site = next(iter(world.nodes.values())).site
    site.wipe_calls = 3
    wiped, plain = new_disk(world, wipe_after_delete=True), new_disk(world, "plain")
    for disk in (wiped, plain):
        await done(world, disk)
        await done(world, RemoveDisk(id=disk.id))
        assert status_of(world, disk.id) is None
    assert site.wiped == [wiped.disk.image]
    vm_id = await tiny_vm(world)
    own = new_disk_on(world, vm_id)
    await done(world, own)
    await done(world, changing(world, DISKS, own.disk.id, wipe_after_delete=True))
    await done(world, RemoveVm(id=vm_id))
    assert site.wiped[1:] == [own.disk.image]


@pytest.mark.parametrize(("good_calls", "status"), [(0, DiskStatus.OK), (1, DiskStatus.ILLEGAL)])
async def test_a_disk_that_cannot_be_wiped_is_as_it_was_unless_that_had_begun(
    good_calls: int, status: DiskStatus
) -> None:
    world = World()
    site = next(iter(world.nodes.values())).site
    site.wipe_calls = 3
    disk = new_disk(world, wipe_after_delete=True)
    await done(world, disk)
    refusal = NotWiped(image=disk.disk.image_id, storage_domain=disk.disk.storage_domain_id, away=1, bricks=3)
    for node in world.nodes.values():
        node.fail("wipe_image", refusal, skip=good_calls)
    with pytest.raises(StepFailed, match="1 of 3 bricks"):
        await done(world, RemoveDisk(id=disk.id))
    assert (status_of(world, disk.id), site.wiped) == (status, [])
    for node in world.nodes.values():
        node.mend("wipe_image")
    await done(world, RemoveDisk(id=disk.id))
    assert (status_of(world, disk.id), site.wiped) == (None, [disk.disk.image])
