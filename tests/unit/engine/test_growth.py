"""Processors and memory of a running VM: what its host is asked for at once, and what waits for the next run."""

from dataclasses import replace
from typing import Any

import pytest

from hosted_engine.engine.problems import NoNode, WrongState
from hosted_engine.engine.vms.commands.resize import ResizeVm
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.commands.stop import StopVm
from hosted_engine.engine.vms.entity import VMS
from hosted_engine.engine.vms.growth import at_once, cpus_max, memory_max_bytes
from hosted_engine.engine.vms.model import Vm, VmStatus
from hosted_engine.rest.call import Parameters
from node.api.problems import NodeNonResponsive
from node.steps import StepFailed
from tests.fakes.engine import World
from tests.unit.engine.scenes import GIB, changing, done, events_of, new_vm, vm_of
from tests.unit.engine.test_hotplug import node_of

MIB = 1 << 20
VM = Vm(
    id="vm",
    name="vm",
    cluster_id="c",
    template_id="t",
    status=VmStatus.UP,
    memory_bytes=GIB,
    memory_max_bytes=4 * GIB,
    cores=2,
)


@pytest.mark.parametrize(
    ("sockets", "cores", "threads", "most"),
    [(1, 1, 1, 16), (1, 2, 1, 32), (2, 8, 2, 240), (1, 64, 4, 256), (20, 1, 1, 20), (1, 100, 1, 200)],
)
def test_a_vm_is_started_for_whole_sockets_and_no_more_than_a_machine_has(
    sockets: int, cores: int, threads: int, most: int
) -> None:
    assert cpus_max(replace(VM, sockets=sockets, cores=cores, threads=threads)) == most


@pytest.mark.parametrize(
    ("memory", "most", "grows"),
    [(GIB, 4 * GIB, True), (GIB - MIB, 4 * GIB, False), (GIB, GIB, False), (GIB, GIB + 255 * MIB, False)],
)
def test_only_a_vm_with_room_to_grow_may_grow(memory: int, most: int, grows: bool) -> None:
    assert memory_max_bytes(replace(VM, memory_bytes=memory, memory_max_bytes=most)) == (most if grows else None)


@pytest.mark.parametrize(
    ("given", "hot"),
    [
        ({"sockets": 2}, {"sockets"}),
        ({"sockets": 16}, {"sockets"}),
        ({"sockets": 17}, set()),
        ({"sockets": 2, "cores": 4}, set()),
        ({"cores": 4}, set()),
        ({"memory_bytes": GIB + 256 * MIB}, {"memory_bytes"}),
        ({"memory_bytes": GIB + 128 * MIB}, set()),
        ({"memory_bytes": GIB - 256 * MIB}, set()),
        ({"memory_bytes": 5 * GIB}, set()),
        ({"sockets": 3, "memory_bytes": 2 * GIB, "usb": True}, {"sockets", "memory_bytes"}),
    ],
)
def test_what_a_host_is_asked_for_now(given: dict[str, Any], hot: set[str]) -> None:
    assert at_once(VM, replace(VM, **given), given) == hot
    assert at_once(replace(VM, status=VmStatus.MIGRATING), replace(VM, **given), given) == set()


def test_what_waited_before_is_not_plugged_because_something_else_is_said() -> None:
    assert at_once(VM, replace(VM, sockets=4, description="x"), {"description": "x"}) == set()


async def running(world: World, **given: Any) -> str:
    command = new_vm(world, memory_bytes=GIB, **given)
    await done(world, command)
    await done(world, StartVm(id=command.id))
    return command.id


def has(world: World, vm_id: str) -> tuple[int, int]:
    """Processors and memory on its host."""
    machines = node_of(world, vm_id).machines
    return machines.cpus_of(vm_id), machines.memory_of(vm_id)


async def test_a_running_vm_gets_processors_and_memory_and_loses_processors() -> None:
    world = World()
    vm_id = await running(world)
    await done(world, changing(world, VMS, vm_id, sockets=4, memory_bytes=2 * GIB, description="grown"))
    vm = vm_of(world, vm_id)
    assert (has(world, vm_id), vm.sockets, vm.memory_bytes, vm.next_run) == ((4, 2 * GIB), 4, 2 * GIB, {})
    assert vm.description == "grown"
    assert events_of(world)[-3:] == ["HOT_SET_MEMORY", "HOT_SET_NUMBER_OF_CPUS", "USER_UPDATE_VM"]
    await done(world, changing(world, VMS, vm_id, sockets=2))
    assert (has(world, vm_id)[0], vm_of(world, vm_id).sockets) == (2, 2)
    await done(world, StopVm(id=vm_id))
    await done(world, StartVm(id=vm_id))
    assert has(world, vm_id) == (2, 2 * GIB)


async def test_less_memory_and_other_cores_come_with_the_next_run() -> None:
    world = World()
    vm_id = await running(world)
    await done(world, changing(world, VMS, vm_id, memory_bytes=512 * MIB, cores=2))
    assert (has(world, vm_id), vm_of(world, vm_id).memory_bytes) == ((1, GIB), GIB)
    assert vm_of(world, vm_id).next_run["cores"] == 2
    await done(world, StopVm(id=vm_id))
    await done(world, StartVm(id=vm_id))
    assert has(world, vm_id) == (2, 512 * MIB)


async def test_what_its_host_cannot_do_comes_with_the_next_run_and_is_said() -> None:
    """As with a VM that an earlier version started, or a guest that does not let go."""
    world = World()
    vm_id = await running(world, sockets=4)
    node_of(world, vm_id).machines.guests_let_go = False
    await done(world, changing(world, VMS, vm_id, sockets=2, memory_bytes=2 * GIB, comment="c"))
    vm = vm_of(world, vm_id)
    assert (vm.sockets, vm.memory_bytes, vm.next_run, vm.comment) == (4, 2 * GIB, {"sockets": 2}, "c")
    assert "FAILED_HOT_SET_NUMBER_OF_CPUS" in events_of(world)
    await done(world, changing(world, VMS, vm_id, description="d"))
    assert vm_of(world, vm_id).next_run == {"sockets": 2}
    await done(world, changing(world, VMS, vm_id, sockets=5))
    assert (vm_of(world, vm_id).sockets, vm_of(world, vm_id).next_run) == (5, {})


async def test_a_host_without_the_memory_is_named_and_nothing_changes() -> None:
    world = World()
    vm_id = await running(world, memory_max_bytes=900 * GIB)
    with pytest.raises(NoNode, match="of free memory"):
        await done(world, changing(world, VMS, vm_id, memory_bytes=900 * GIB))
    assert (has(world, vm_id), vm_of(world, vm_id).next_run) == ((1, GIB), {})


async def test_of_a_silent_host_nothing_is_written_down_that_was_not_done() -> None:
    world = World()
    vm_id = await running(world)
    node_of(world, vm_id).fail(
        "set_vm_cpus", NodeNonResponsive(node="node1", request="set_vm_cpus", reason="no answer")
    )
    with pytest.raises(StepFailed):
        await done(world, changing(world, VMS, vm_id, sockets=4, memory_bytes=2 * GIB))
    vm = vm_of(world, vm_id)
    assert (vm.sockets, vm.memory_bytes, has(world, vm_id)) == (1, 2 * GIB, (1, 2 * GIB))
    assert events_of(world)[-1] == "FAILED_HOT_SET_NUMBER_OF_CPUS"


async def test_hardware_waits_where_that_is_asked_for() -> None:
    world = World()
    vm_id = await running(world)
    with world.store.transaction() as tx:
        vm = tx.vms.get(vm_id)
        assert vm is not None
        command, _ = VMS.update(tx, vm, {"sockets": 2, "description": "later"}, Parameters({"next_run": "true"}))
    await done(world, command)
    vm = vm_of(world, vm_id)
    assert (has(world, vm_id)[0], vm.description, vm.next_run) == (1, "later", {"sockets": 2})


async def test_a_vm_that_was_started_meanwhile_is_not_changed_behind_its_hosts_back() -> None:
    world = World()
    command = new_vm(world, memory_bytes=GIB)
    await done(world, command)
    change = changing(world, VMS, command.id, sockets=2)
    assert not isinstance(change, ResizeVm)
    await done(world, StartVm(id=command.id))
    with pytest.raises(WrongState, match="it is up"):
        await done(world, change)
