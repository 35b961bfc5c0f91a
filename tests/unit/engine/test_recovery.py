"""Every command under every failure and every crash: it is done, or it never was; nothing is left half-made."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from hosted_engine.engine.command import Command, Lock
from hosted_engine.engine.disks.commands.remove import RemoveDisk
from hosted_engine.engine.disks.model import DiskStatus
from hosted_engine.engine.jobs.model import JobStatus
from hosted_engine.engine.nodes.commands.approve import ApproveNode
from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState
from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.commands.stop import StopVm
from hosted_engine.engine.vms.commands.suspend import ResumeSuspendedVm, StopSuspendedVm
from hosted_engine.engine.vms.model import VmStatus
from node.api.problems import Failed, NodeNonResponsive
from node.steps import StepFailed
from tests.fakes.engine import TINY_ID, World
from tests.fakes.store import ReadsHere
from tests.unit.engine.scenes import (
    GIB,
    done,
    events_of,
    new_disk,
    new_vm,
    running_vm,
    snapshot_of,
    tiny_vm,
    vm_of,
)
from tests.unit.engine.task_scenes.devices import grow_disk
from tests.unit.engine.task_scenes.nodes import approve_node
from tests.unit.engine.task_scenes.tables import (
    ASKED_AGAIN,
    BACKWARD,
    CALLS,
    SCENES,
    SCENES_OF_LOST_ANSWERS,
    Scene,
)
from tests.unit.engine.task_scenes.templates import add_template
from tests.unit.engine.task_scenes.vms import add_vm, add_vm_with_devices, remove_vm, start_vm, suspended_vm

# How many writes of a command are cut off; all of them take minutes.
CUTS = int(os.environ.get("TRIVET_CUTS", "6"))


class PowerCut(BaseException):
    """Not an Exception: nothing may catch it."""


class CutStore(ReadsHere):
    """Pulls the plug right before or right after the commit of the write number `cut_at` (from 1). What only reads
    changes nothing that a crash could lose."""

    def __init__(self, world: World, cut_at: int = 0, *, committed: bool = True) -> None:
        self._store, self._rows_written = world.store, world.count_writes()
        self.writes = self.transactions = 0
        self._cut_at, self._committed = cut_at, committed

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        self.transactions += 1
        before = self._rows_written()
        with self._store.transaction() as tx:
            yield tx
            wrote = self._rows_written() != before
            self.writes += wrote
            cut = wrote and self.writes == self._cut_at
            if cut and not self._committed:
                raise PowerCut
        if cut:
            raise PowerCut


@pytest.mark.parametrize("scene", BACKWARD)
async def test_a_failure_of_any_call_leaves_all_as_it_was(scene: Scene) -> None:
    for call in CALLS[scene.__name__]:
        world = World()
        command = await scene(world)
        before = snapshot_of(world)
        for node in world.nodes.values():
            node.fail(call, Failed(), times=5)
        with pytest.raises(StepFailed):
            await done(world, command)
        assert snapshot_of(world) == before
        with world.store.transaction() as tx:
            assert [job.status for job in tx.jobs.list(status=JobStatus.FAILED)] == [JobStatus.FAILED]
            assert tx.jobs.count(status=JobStatus.STARTED) == 0
            assert tx.job_steps.count(status=JobStatus.STARTED) == 0


@pytest.mark.parametrize("scene", SCENES_OF_LOST_ANSWERS)
async def test_an_answer_that_got_lost_is_taken_back_too(scene: Scene) -> None:
    """The node did it and its answer never came: the undo has to find what was made."""
    for call in set(CALLS[scene.__name__]) - ASKED_AGAIN:
        world = World()
        command = await scene(world)
        before = snapshot_of(world)
        for node in world.nodes.values():
            node.lose_answer(call, times=5)
        with pytest.raises(StepFailed):
            await done(world, command)
        assert snapshot_of(world) == before


async def crashed(world: World, command: Command, cut_at: int, *, committed: bool = True) -> bool:
    """Run `command` into a power cut at that write. False when it ended before."""
    world.begin(CutStore(world, cut_at, committed=committed))
    try:
        await done(world, command)
    except PowerCut:
        return True
    return False


async def restarted(world: World) -> int:
    """A new process over the same database goes on with what was interrupted."""
    world.begin()
    count = world.engine.resume()
    while works := list(world.engine._tasks._works):
        await asyncio.wait(works)
    return count


@pytest.mark.parametrize("committed", [True, False], ids=["after the commit", "before the commit"])
@pytest.mark.parametrize("scene", SCENES)
async def test_a_crash_between_writes_is_resumed(scene: Scene, committed: bool) -> None:
    finished = World()
    command = await scene(finished)
    store = CutStore(finished)
    finished.begin(store)
    await done(finished, command)
    for cut_at in spread(range(1, store.writes + 1), CUTS):
        world = World()
        command = await scene(world)
        before = shape(snapshot_of(world))
        assert await crashed(world, command, cut_at, committed=committed)
        await restarted(world)
        never_began = cut_at == 1 and not committed
        assert shape(snapshot_of(world)) == (before if never_began else shape(snapshot_of(finished))), f"write {cut_at}"


def spread(all_of_them: Sequence[int], count: int) -> Sequence[int]:
    """`count` of them, evenly, with the first and the last; all when there are no more."""
    if len(all_of_them) <= count:
        return all_of_them
    return [all_of_them[round(index * (len(all_of_them) - 1) / (count - 1))] for index in range(count)]


@pytest.mark.parametrize("scene", [add_vm, add_vm_with_devices, add_template, start_vm])
async def test_a_crash_while_going_back_still_goes_back(scene: Scene) -> None:
    for cut_at in range(1, 100):
        world = World()
        command = await scene(world)
        before = snapshot_of(world)
        for node in world.nodes.values():
            node.fail(CALLS[scene.__name__][-1], Failed(), times=100)
        try:
            if not await crashed(world, command, cut_at):
                raise AssertionError("it should have failed")
        except StepFailed:
            return
        await restarted(world)
        assert snapshot_of(world) == before
    raise AssertionError("never ended")


async def test_a_crash_while_an_approval_goes_back_still_goes_back() -> None:
    for cut_at in range(1, 100):
        world = World()
        command = await approve_node(world)
        assert isinstance(command, ApproveNode)
        machine = world.nodes[command.id]
        machine.fail("deploy_hosted_engine", Failed(), times=100)
        before = dict(world.shared.ha_files["engine"]), list(world.shared.peers)
        try:
            if not await crashed(world, command, cut_at):
                raise AssertionError("it should have failed")
        except StepFailed:
            assert cut_at > 20
            return
        await restarted(world)
        assert (machine.host.claimed, dict(machine.storage.mounted), dict(machine.storage.joined)) == (None, {}, {})
        assert (dict(world.shared.ha_files["engine"]), list(world.shared.peers)) == before
        with world.store.transaction() as tx:
            node = tx.nodes.get(command.id)
        assert node is not None
        assert node.status is NodeStatus.INSTALL_FAILED
    raise AssertionError("never ended")


def shape(snapshot_of: dict[str, Any]) -> Any:
    """Ids differ from world to world: what is there, by name and state."""
    return (
        [
            (vm.name, vm.status, vm.node_id is None, vm.sockets, vm.memory_bytes, vm.description)
            for vm in snapshot_of["vms"]
        ],
        sorted((one.description, one.status, len(one.disks)) for one in snapshot_of["snapshots"]),
        sorted((bool(one.snapshot_id), one.status, one.parent_id is None) for one in snapshot_of["layers"]),
        [(one.name, one.status, one.version_number) for one in snapshot_of["templates"]],
        [
            (disk.name, disk.status, disk.actual_size_bytes, disk.provisioned_size_bytes)
            for disk in snapshot_of["disks"]
        ],
        sorted((attachment.active, attachment.bootable) for attachment in snapshot_of["attachments"]),
        [(one.name, one.prestarted_vms) for one in snapshot_of["pools"]],
        len(snapshot_of["uses"]),
        sorted(nic.name for nic in snapshot_of["nics"]),
        (snapshot_of["open tasks"], snapshot_of["journal"], snapshot_of["locks"]),
        sorted(image.virtual_size_bytes for image in snapshot_of["images"].values()),
        {name: len(vms) for name, vms in snapshot_of["running"].items()},
        (snapshot_of["nodes"], snapshot_of["hosts"]),
        [(one.name, one.status, one.master, one.data_center_id is None) for one in snapshot_of["domains"]],
        (len(snapshot_of["connections"]), [center.status for center in snapshot_of["centers"]]),
        {name: len(mounted) for name, mounted in snapshot_of["mounted"].items()},
        sorted((one.name, one.data_center_id == "") for one in snapshot_of["metadata"].values()),
        sorted(len(ovfs) for ovfs in snapshot_of["ovfs"].values()),
        sorted((one.kind, one.name) for one in snapshot_of["unregistered"]),
        (snapshot_of["transfers"], snapshot_of["open"]),
    )


async def test_an_image_that_cannot_be_removed_stays_visible_as_an_illegal_disk() -> None:
    world = World()
    for node in world.nodes.values():
        node.lose_answer("make_image", times=5)
        node.fail("remove_image", Failed(), times=1)
    command = new_disk(world)
    with pytest.raises(StepFailed):
        await done(world, command)
    with world.store.transaction() as tx:
        disk = tx.disks.get(command.id)
    assert disk is not None
    assert disk.status is DiskStatus.ILLEGAL
    images = len(snapshot_of(world)["images"])
    await done(world, RemoveDisk(id=command.id))
    assert len(snapshot_of(world)["images"]) == images - 1


async def test_a_start_on_a_node_that_fell_silent_leaves_the_vm_unknown() -> None:
    """The node may have started it: saying down would let it be started twice."""
    world = World()
    vm_id = await tiny_vm(world)
    silence = NodeNonResponsive(node="node1", request="start_vm", reason="no answer")
    for node in world.nodes.values():
        node.lose_answer("start_vm", times=9)
        node.fail("destroy_vm", silence, times=9)
    with pytest.raises(StepFailed):
        await done(world, StartVm(id=vm_id))
    vm = vm_of(world, vm_id)
    assert vm.status is VmStatus.UNKNOWN
    assert vm.node_id is not None


async def test_a_vm_whose_node_falls_silent_while_it_resumes_is_unknown_and_not_suspended() -> None:
    """It may run, and its disks go on without the memory."""
    world = World()
    vm_id = await suspended_vm(world)
    for node in world.nodes.values():
        node.lose_answer("start_vm", times=9)
    with pytest.raises(StepFailed):
        await done(world, ResumeSuspendedVm(id=vm_id))
    assert vm_of(world, vm_id).status is VmStatus.UNKNOWN
    with pytest.raises(WrongState, match="it is unknown"):
        await done(world, ResumeSuspendedVm(id=vm_id))


async def test_a_memory_that_cannot_be_removed_is_when_the_vm_starts_next() -> None:
    world = World()
    images = len(snapshot_of(world)["images"])
    vm_id = await suspended_vm(world)
    for node in world.nodes.values():
        node.fail("remove_image", Failed())
    await done(world, StopSuspendedVm(id=vm_id, reason="a test"))
    vm = vm_of(world, vm_id)
    assert (vm.status, vm.stop_note, vm.saved_memory is None) == (VmStatus.DOWN, "a test", False)
    assert len(snapshot_of(world)["images"]) == images + 2
    await done(world, StartVm(id=vm_id))
    assert vm_of(world, vm_id).saved_memory is None
    assert len(snapshot_of(world)["images"]) == images + 1


async def test_a_removal_that_failed_half_way_can_be_repeated() -> None:
    world = World()
    before = len(snapshot_of(world)["images"])
    command = await remove_vm(world)
    assert isinstance(command, RemoveVm)
    carrier = next(iter(world.nodes.values()))
    carrier.fail("remove_image", Failed())
    with pytest.raises(StepFailed):
        await done(world, command)
    assert vm_of(world, command.id).status is VmStatus.DOWN
    await done(world, RemoveVm(id=command.id))
    assert len(snapshot_of(world)["images"]) == before


async def test_an_image_of_a_new_vm_that_cannot_be_removed_stays_visible_too() -> None:
    world = World()
    for node in world.nodes.values():
        node.lose_answer("make_image", times=5)
        node.fail("remove_image", Failed(), times=1)
    command = new_vm(world, template_id=TINY_ID)
    with pytest.raises(StepFailed):
        await done(world, command)
    with world.store.transaction() as tx:
        assert [disk.name for disk in tx.disks.list(status=DiskStatus.ILLEGAL)] == ["vm1_tiny"]
        assert tx.vms.get(command.id) is None


async def test_a_disk_whose_image_has_grown_without_an_answer_is_as_large_as_its_image() -> None:
    """Nothing is taken off an image again; to say less than it has would hide it from its owner."""
    world = World()
    command = await grow_disk(world)
    for node in world.nodes.values():
        node.lose_answer("resize_image", times=5)
    with pytest.raises(StepFailed):
        await done(world, command)
    with world.store.transaction() as tx:
        (disk,) = tx.disks.list(name="disk1")
    assert (disk.status, disk.provisioned_size_bytes) == (DiskStatus.OK, 2 * GIB)
    assert events_of(world)[-1] == "USER_EXTEND_DISK_SIZE_FAILURE"


async def test_what_a_resumed_task_works_on_is_its_own_again() -> None:
    world = World()
    command = StartVm(id=await tiny_vm(world))
    assert await crashed(world, command, 3)
    world.begin()
    assert world.engine.resume() == 1
    assert world.locks.take([Lock("VM", command.id)], "somebody else") is not None
    await asyncio.wait(list(world.engine._tasks._works))
    assert world.locks.take([Lock("VM", command.id)], "somebody else") is None


async def test_a_stop_of_a_vm_that_has_just_ended_by_itself_is_done() -> None:
    world = World()
    vm_id = await running_vm(world)
    machine = next(node for node in world.nodes.values() if node.machines.running())
    machine.machines.vanish(vm_id)
    await done(world, StopVm(id=vm_id))
    assert vm_of(world, vm_id).status is VmStatus.POWERING_DOWN, "the node's own event has the reason and ends it"


async def test_a_start_takes_few_transactions() -> None:
    """Each of them waits for the disk of the engine's VM."""
    world = World()
    command = await start_vm(world)
    store = CutStore(world)
    world.begin(store)
    await done(world, command)
    assert store.transactions <= 5
