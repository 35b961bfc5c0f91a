"""What lies on a storage domain in use is written onto it when it has changed, and only then."""

import pytest

from hosted_engine.engine.command import Lock
from hosted_engine.engine.ovf.reconciler import OvfReconciler
from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.engine.vms.entity import VMS
from node.api.problems import Failed
from tests.fakes.engine import DATA_ID, TINY_ID, World, WorldClock
from tests.fakes.fleet import FakeFleet
from tests.unit.engine.scenes import changing, done, new_disk, tiny_vm


def reconciler_of(world: World) -> OvfReconciler:
    return OvfReconciler(world.store, FakeFleet(world.nodes), world.locks, WorldClock(world))


def written(world: World) -> list[str]:
    """The calls that wrote, since the last time."""
    calls = [one for node in world.nodes.values() for one in node.asked if one.startswith("write_")]
    for node in world.nodes.values():
        node.asked.clear()
    return calls


async def test_what_changes_is_written_once() -> None:
    world = World()
    reconciler = reconciler_of(world)
    vm_id = await tiny_vm(world)
    await reconciler.reconcile()
    assert world.shared.ovfs["data"].keys() == {vm_id, TINY_ID}
    assert "<Name>vm1</Name>" in world.shared.ovfs["data"][vm_id]
    assert len(world.shared.metadata["data"].disks) == 2
    assert written(world) == ["write_domain_metadata", "write_ovf_store"]
    await reconciler.reconcile()
    await reconciler_of(world).reconcile()
    assert written(world) == []
    await done(world, changing(world, VMS, vm_id, name="web"))
    await reconciler.reconcile()
    assert "<Name>web</Name>" in world.shared.ovfs["data"][vm_id]
    assert written(world) == ["write_ovf_store"]
    await done(world, new_disk(world, "floating"))
    await reconciler.reconcile()
    assert [disk.name for disk in world.shared.metadata["data"].disks if disk.name == "floating"] == ["floating"]
    assert written(world) == ["write_domain_metadata"]
    await done(world, RemoveVm(id=vm_id))
    await reconciler.reconcile()
    assert world.shared.ovfs["data"].keys() == {TINY_ID}


async def test_a_domain_that_somebody_works_on_is_left_alone() -> None:
    world = World()
    assert world.locks.take([Lock("storage domain", DATA_ID)], "somebody") is None
    await reconciler_of(world).reconcile()
    assert written(world) == []
    world.locks.release("somebody")
    await reconciler_of(world).reconcile()
    assert written(world) == ["write_domain_metadata", "write_ovf_store"]
    assert not world.locks.is_taken(Lock("storage domain", DATA_ID))


async def test_what_could_not_be_written_is_the_next_time_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    reconciler = reconciler_of(world)
    for node in world.nodes.values():
        node.fail("write_ovf_store", Failed(), times=2)
    for _ in range(2):
        await reconciler.reconcile()
    assert "data" not in world.shared.ovfs
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    await reconciler.reconcile()
    assert world.shared.ovfs["data"].keys() == {TINY_ID}
