"""Pools of VMs: how they are made, who gets which VM and for how long, and what runs for whoever comes next."""

import asyncio
from typing import Any

import pytest

from hosted_engine.engine.permissions.grants import grant
from hosted_engine.engine.permissions.model import Permission
from hosted_engine.engine.problems import BadValue, NotSupported, WrongState
from hosted_engine.engine.roles.predefined import USER_ROLE_ID, USER_VM_MANAGER_ID
from hosted_engine.engine.vmpools.commands.allocate import AllocateVm
from hosted_engine.engine.vmpools.commands.remove import RemovePool
from hosted_engine.engine.vmpools.entity import VM_POOLS
from hosted_engine.engine.vmpools.model import VmPool, VmPoolType
from hosted_engine.engine.vmpools.names import check_mask, new_names, vm_name
from hosted_engine.engine.vmpools.prestart import PAUSE_S, PoolStarter
from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.commands.stop import StopVm
from hosted_engine.engine.vms.commands.suspend import SuspendVm
from hosted_engine.engine.vms.entity import VMS
from hosted_engine.engine.vms.model import Vm, VmStatus
from node.api.problems import Failed
from node.steps import StepFailed
from tests.fakes.engine import TINY_ID, World
from tests.unit.engine.scenes import (
    a_user,
    acting,
    changing,
    done,
    events_of,
    new_pool,
    new_template,
    new_vm,
    snapshot_of,
    vm_of,
)
from tests.unit.engine.test_snapshots import disk_of, read, write


@pytest.mark.parametrize(
    ("pool", "number", "name"),
    [("pool", 7, "pool-7"), ("pool-?", 7, "pool-7"), ("vm??x", 7, "vm07x"), ("???", 12, "012"), ("a?b", 3, "a3b")],
)
def test_question_marks_stand_for_the_number_of_a_vm(pool: str, number: int, name: str) -> None:
    assert vm_name(pool, number) == name


def test_new_vms_get_the_first_free_names() -> None:
    assert new_names("p", 3, {"p-2", "p-1", "other"}) == ("p-3", "p-4", "p-5")
    assert new_names("p-??", 2, {"p-01"}) == ("p-02", "p-03")
    with pytest.raises(BadValue, match="enough for 9 VMs"):
        new_names("p?", 10, ())
    with pytest.raises(BadValue, match="in one place"):
        check_mask("a?b?")


async def pool_of(world: World, size: int = 2, **given: Any) -> str:
    command = new_pool(world, size=size, **given)
    await done(world, command)
    return command.id


def vms_in(world: World, pool_id: str) -> list[Vm]:
    with world.store.transaction() as tx:
        return list(tx.vms.list(vm_pool_id=pool_id))


def users_of(world: World, vm_id: str) -> list[str]:
    with world.store.transaction() as tx:
        return [one.holder_id for one in tx.of(Permission).list(object_id=vm_id, role_id=USER_ROLE_ID)]


async def allocated(world: World, pool_id: str, user_id: str) -> str:
    running = await done(world, AllocateVm(pool_id=pool_id, user_id=user_id))
    assert isinstance(running.command, AllocateVm)
    return running.command.id


async def test_a_pool_has_its_vms_thin_on_the_template() -> None:
    world = World()
    pool_id = await pool_of(world, 3, name="desk-??", vm={"memory_bytes": 128 << 20})
    vms = vms_in(world, pool_id)
    assert [vm.name for vm in vms] == ["desk-01", "desk-02", "desk-03"]
    assert {(vm.template_id, vm.status, vm.memory_bytes) for vm in vms} == {(TINY_ID, VmStatus.DOWN, 128 << 20)}
    assert all(disk_of(world, vm.id).template_disk_id for vm in vms)
    assert events_of(world)[-1] == "USER_ADD_VM_POOL_WITH_VMS"


async def test_each_nic_of_a_pool_has_an_address_of_its_own() -> None:
    world = World()
    made = new_vm(world, template_id=TINY_ID, nics=({"name": "nic1"},))
    await done(world, made)
    template = new_template(world, made.id)
    await done(world, template)
    vms = vms_in(world, await pool_of(world, 4, template_id=template.id))
    with world.store.transaction() as tx:
        macs = [nic.mac for nic in tx.nics.list(owner_id=tuple(vm.id for vm in vms))]
    assert (len(macs), len(set(macs)), "" in macs) == (4, 4, False)


async def test_a_pool_grows_by_vms_like_those_that_it_has_and_does_not_shrink() -> None:
    world = World()
    pool_id = await pool_of(world, 2, vm={"memory_bytes": 128 << 20})
    await done(world, changing(world, VM_POOLS, pool_id, size=4, description="more", prestarted_vms=3))
    vms = vms_in(world, pool_id)
    assert ([vm.name for vm in vms], {vm.memory_bytes for vm in vms}) == (
        ["pool-1", "pool-2", "pool-3", "pool-4"],
        {128 << 20},
    )
    with world.store.transaction() as tx:
        (pool,) = tx.of(VmPool).list()
    assert (pool.description, pool.prestarted_vms) == ("more", 3)
    with pytest.raises(BadValue, match="it has 4 VMs"):
        changing(world, VM_POOLS, pool_id, size=3)
    with pytest.raises(BadValue, match="no more than 4 VMs"):
        await done(world, changing(world, VM_POOLS, pool_id, prestarted_vms=5))


async def test_what_its_vms_tell_their_guests_is_the_same_in_a_pool_that_grew() -> None:
    world = World()
    told = {"root_password": "a secret", "host_name": "desk"}
    pool_id = await pool_of(world, 1, vm={"initialization": told})
    await done(world, changing(world, VM_POOLS, pool_id, size=2))
    first, second = (vm.initialization for vm in vms_in(world, pool_id))
    assert first is not None
    assert (first.host_name, first == second) == ("desk", True)
    assert "a secret" not in str(first)


async def test_what_is_one_vms_alone_is_not_said_of_all() -> None:
    world = World()
    given: dict[str, Any]
    for given in ({"nics": ({"name": "nic1"},)}, {"disk_attachments": ({"disk": {}},)}):
        with pytest.raises(NotSupported, match="its template"):
            new_pool(world, vm=given)
    with pytest.raises(BadValue, match="of the pool itself"):
        new_pool(world, vm={"name": "vm"})
    with pytest.raises(BadValue, match="no more than 2 VMs"):
        new_pool(world, prestarted_vms=3)


async def test_a_user_gets_a_vm_for_one_session_and_nothing_of_it_stays() -> None:
    world = World()
    pool_id, alice = await pool_of(world), a_user(world)
    vm_id = await allocated(world, pool_id, alice)
    assert (vm_of(world, vm_id).status, users_of(world, vm_id)) == (VmStatus.UP, [alice])
    write(world, vm_id, "gone")
    await done(world, StopVm(id=vm_id))
    assert (users_of(world, vm_id), read(world, vm_id)) == ([], ())
    names = [name for name in events_of(world) if "USER_FROM_POOL" in name or "TO_VM_FROM_POOL" in name]
    assert names == ["USER_ATTACH_USER_TO_VM_FROM_POOL", "USER_ATTACH_USER_TO_VM_FROM_POOL_FINISHED_SUCCESS"]


async def test_a_stateful_pool_keeps_what_is_written_and_a_manual_one_its_user() -> None:
    world = World()
    pool_id, alice = await pool_of(world, stateful=True, type=VmPoolType.MANUAL), a_user(world)
    vm_id = await allocated(world, pool_id, alice)
    write(world, vm_id, "kept")
    await done(world, StopVm(id=vm_id))
    assert (users_of(world, vm_id), read(world, vm_id)) == ([alice], ("kept",))


async def test_nobody_gets_more_vms_than_one_may_nor_one_that_another_has() -> None:
    world = World()
    pool_id, alice, bob = await pool_of(world, 2, max_user_vms=2), a_user(world), a_user(world, "bob")
    first, second = await allocated(world, pool_id, alice), await allocated(world, pool_id, alice)
    assert first != second
    with pytest.raises(WrongState, match="2 of its VMs already"):
        await allocated(world, pool_id, alice)
    with pytest.raises(WrongState, match="none of its VMs is free"):
        await allocated(world, pool_id, bob)
    await done(world, StopVm(id=first))
    assert await allocated(world, pool_id, bob) == first


async def test_two_who_ask_at_once_get_two_vms() -> None:
    world = World()
    pool_id = await pool_of(world, 2)
    got = await asyncio.gather(*(allocated(world, pool_id, a_user(world, name)) for name in ("alice", "bob")))
    assert len(set(got)) == 2


async def test_a_start_that_fails_gives_the_vm_back() -> None:
    world = World()
    pool_id, alice = await pool_of(world), a_user(world)
    for node in world.nodes.values():
        node.fail("start_vm", Failed(), times=1)
    with pytest.raises(StepFailed):
        await allocated(world, pool_id, alice)
    assert snapshot_of(world)["uses"] == []
    assert events_of(world)[-1] == "USER_ATTACH_USER_TO_VM_FROM_POOL_FINISHED_FAILURE"


async def test_vms_run_already_for_whoever_comes_next() -> None:
    world = World()
    pool_id, starter = await pool_of(world, 3, prestarted_vms=2), PoolStarter(world.engine)
    await starter.observe()
    running = {vm.id for vm in vms_in(world, pool_id) if vm.status is VmStatus.UP}
    assert len(running) == 2
    vm_id = await allocated(world, pool_id, a_user(world))
    assert vm_id in running
    write(world, vm_id, "gone")
    await starter.observe()
    assert [vm.status for vm in vms_in(world, pool_id)] == [VmStatus.UP] * 3
    await starter.observe()
    await done(world, StopVm(id=vm_id))
    assert read(world, vm_id) == ()


async def test_a_pool_whose_vm_cannot_be_prestarted_waits_and_says_so() -> None:
    world = World()
    pool_id, starter = await pool_of(world, 2, prestarted_vms=2), PoolStarter(world.engine)
    for node in world.nodes.values():
        node.fail("start_vm", Failed(), times=1)
    await starter.observe()
    await starter.observe()
    assert events_of(world).count("VM_FAILED_TO_PRESTART_IN_POOL") == 1
    assert {vm.status for vm in vms_in(world, pool_id)} == {VmStatus.DOWN}
    for _ in world.nodes:  # each fails once
        world.now += PAUSE_S
        await starter.observe()
    assert {vm.status for vm in vms_in(world, pool_id)} == {VmStatus.UP}


async def test_what_an_administrator_starts_keeps_what_it_writes() -> None:
    world = World()
    (vm, _) = vms_in(world, await pool_of(world))
    await done(world, StartVm(id=vm.id))
    write(world, vm.id, "kept")
    await done(world, StopVm(id=vm.id))
    assert read(world, vm.id) == ("kept",)


async def test_a_vm_of_a_pool_is_neither_removed_nor_suspended_until_it_is_detached() -> None:
    world = World()
    pool_id = await pool_of(world)
    (first, second) = vms_in(world, pool_id)
    with pytest.raises(WrongState, match="one of VM pool pool"):
        await done(world, RemoveVm(id=first.id))
    await done(world, StartVm(id=first.id))
    with pytest.raises(WrongState, match="one of VM pool pool"):
        await done(world, SuspendVm(id=first.id))
    with pytest.raises(WrongState, match="it is up"):
        await done(world, acting(world, VMS, first.id, "detach"))
    await done(world, StopVm(id=first.id))
    await done(world, acting(world, VMS, first.id, "detach"))
    assert vm_of(world, first.id).vm_pool_id is None
    with pytest.raises(WrongState, match="in no VM pool"):
        acting(world, VMS, first.id, "detach")
    await done(world, RemoveVm(id=first.id))
    await done(world, acting(world, VMS, second.id, "detach"))
    assert snapshot_of(world)["pools"] == [], "a pool without VMs goes"
    assert events_of(world)[-1] == "USER_REMOVE_VM_FROM_POOL"


async def test_a_pool_goes_with_its_vms_whether_they_run_or_not() -> None:
    world = World()
    before, other = snapshot_of(world), a_user(world)
    pool_id = await pool_of(world, 3)
    await allocated(world, pool_id, other)
    await done(world, RemovePool(id=pool_id))
    after = snapshot_of(world)
    assert {key: after[key] for key in before} == before
    assert events_of(world)[-1] == "USER_REMOVE_VM_POOL"


async def test_a_pool_of_which_one_vm_may_not_be_removed_stays_as_it_is() -> None:
    world = World()
    pool_id = await pool_of(world)
    (first, _) = vms_in(world, pool_id)
    await done(world, changing(world, VMS, first.id, delete_protected=True))
    before = snapshot_of(world)
    for start in (None, StartVm(id=first.id)):
        if start is not None:
            await done(world, start)
            before = snapshot_of(world)
        with pytest.raises(WrongState, match="protected from removal"):
            await done(world, RemovePool(id=pool_id))
        assert snapshot_of(world) == before


async def test_a_removal_that_failed_half_way_can_be_repeated() -> None:
    world = World()
    before = len(snapshot_of(world)["images"])
    pool_id = await pool_of(world)
    for node in world.nodes.values():
        node.fail("remove_image", Failed())
    with pytest.raises(StepFailed):
        await done(world, RemovePool(id=pool_id))
    assert {vm.status for vm in vms_in(world, pool_id)} == {VmStatus.DOWN}
    for node in world.nodes.values():
        node.fail("remove_image", Failed(), times=0)
    await done(world, RemovePool(id=pool_id))
    assert (len(snapshot_of(world)["images"]), snapshot_of(world)["pools"]) == (before, [])


async def test_other_roles_on_a_vm_do_not_make_it_somebodys() -> None:
    world = World()
    pool_id, alice, bob = await pool_of(world, 1), a_user(world), a_user(world, "bob")
    (vm,) = vms_in(world, pool_id)
    with world.store.transaction() as tx:
        grant(tx, bob, USER_VM_MANAGER_ID, "vms", vm.id)
    assert await allocated(world, pool_id, alice) == vm.id
