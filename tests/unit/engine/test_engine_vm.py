"""The engine's own VM: what of it can be edited, when that holds, and what the API shows of it meanwhile and after."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from hosted_engine.engine.problems import BadValue
from hosted_engine.engine.vms.commands.update_engine_vm import NotOfEngineVm, UpdateEngineVm
from hosted_engine.engine.vms.engine_vm import has_next_run, learn
from hosted_engine.engine.vms.entity import VMS
from hosted_engine.engine.vms.model import VmType
from node.api.messages.ha import EngineVmConfig, EngineVmReport, TriedEngineVm
from node.api.problems import Failed
from node.steps import StepFailed
from node.storage.engine_vm_files import GOOD, TRIED, WANTED
from tests.fakes.engine import ENGINE_VM_ID, World, node_id
from tests.unit.engine.scenes import done, events_of, vm_of

GIB = 1 << 30
FIRST = EngineVmConfig(id=ENGINE_VM_ID, name="HostedEngine", memory_bytes=GIB)


@pytest.fixture
async def world() -> World:
    """The engine's VM runs on node1 as the deploy made it, and is healthy."""
    world = World()
    machine = world.nodes[node_id(1)]
    for name in (WANTED, GOOD):
        machine.storage.put_engine_vm(name, FIRST)
    machine.machines.start_vm(FIRST)
    await observe(world)
    return world


async def observe(world: World) -> EngineVmReport:
    """The fleet asks the host that has the VM."""
    report = await world.nodes[node_id(1)].engine_vm("engine")
    world.readings.note_engine_vm(report)
    with world.store.transaction() as tx:
        learn(tx, report, world.now)
    return report


async def restart(world: World, config: EngineVmConfig) -> None:
    machine = world.nodes[node_id(1)].machines
    machine.destroy_vm(ENGINE_VM_ID)
    machine.start_vm(config)


def edit(**values: Any) -> UpdateEngineVm:
    return UpdateEngineVm(id=ENGINE_VM_ID, given=VMS.normal(values))


async def test_an_edit_lies_on_the_volume_and_holds_from_the_next_start_on(world: World) -> None:
    assert not has_next_run(world.readings.engine_vm)
    command = edit(memory_bytes=2 * GIB, sockets=2)
    await done(world, command)
    report = await observe(world)
    assert (report.wanted.memory_bytes, report.wanted.sockets, report.wanted.edit) == (2 * GIB, 2, command.edit)
    assert has_next_run(world.readings.engine_vm)
    assert (vm_of(world, ENGINE_VM_ID).memory_bytes, vm_of(world, ENGINE_VM_ID).sockets) == (GIB, 1)

    await restart(world, report.wanted)
    world.nodes[node_id(1)].storage.put_engine_vm(GOOD, report.wanted)
    await observe(world)
    vm = vm_of(world, ENGINE_VM_ID)
    assert (vm.memory_bytes, vm.memory_guaranteed_bytes, vm.memory_max_bytes, vm.sockets) == (*[2 * GIB] * 3, 2)
    assert not has_next_run(world.readings.engine_vm)
    assert events_of(world) == ["USER_UPDATE_VM", "SYSTEM_UPDATE_VM"]


async def test_an_edit_builds_on_the_one_before_that_has_not_been_started_yet(world: World) -> None:
    await done(world, edit(memory_bytes=2 * GIB))
    await done(world, edit(sockets=2))
    wanted = (await observe(world)).wanted
    assert (wanted.memory_bytes, wanted.sockets) == (2 * GIB, 2)


async def test_an_edit_that_was_given_up_is_told_once_and_shown_no_more(world: World) -> None:
    await done(world, edit(memory_bytes=GIB // 32))
    wanted = (await observe(world)).wanted
    storage = world.nodes[node_id(1)].storage
    storage.put_engine_vm(TRIED, TriedEngineVm(config=wanted, host="node2", at=1.0))
    await restart(world, wanted)
    await observe(world)
    assert "EXTERNAL_EVENT_WARNING" not in events_of(world), "it still boots"
    await restart(world, FIRST)
    for _ in range(3):
        await observe(world)
    assert events_of(world).count("EXTERNAL_EVENT_WARNING") == 1
    with world.store.transaction() as tx:
        text = tx.events.list(limit=1, name="EXTERNAL_EVENT_WARNING")[0].description
    assert "it runs with the last one that was: the engine was not healthy with it after its start on node2" in text
    assert vm_of(world, ENGINE_VM_ID).memory_bytes == GIB
    assert not has_next_run(world.readings.engine_vm)
    await done(world, edit(memory_bytes=GIB // 32))
    assert has_next_run(await observe(world)), "asked for again it is tried again"


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"name": "other"}, "name"),
        ({"type": VmType.DESKTOP, "high_availability": False}, "high_availability, type"),
        ({"delete_protected": False}, "delete_protected"),
    ],
)
async def test_nothing_else_of_it_can_be_changed(world: World, values: dict[str, Any], names: str) -> None:
    with pytest.raises(NotOfEngineVm, match=f"Cannot change {names} of VM HostedEngine"):
        await done(world, edit(**values))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"memory_bytes": 17 * GIB}, "no host has more than"),
        ({"memory_bytes": 1000}, "vm.memory.*at least"),
        ({"sockets": 9}, "no host has more than 8"),
        ({"sockets": 0}, "vm.cpu.topology.sockets.*at least 1"),
        ({"memory_bytes": 2 * GIB, "memory_guaranteed_bytes": GIB // 2}, "guaranteed"),
        ({"memory_max_bytes": 4 * GIB}, "memory max"),
    ],
)
async def test_what_no_host_could_start_is_refused(world: World, values: dict[str, Any], message: str) -> None:
    machine = world.nodes[node_id(1)]
    capabilities = await machine.capabilities()
    with world.store.transaction() as tx:
        node = tx.nodes.get(node_id(1))
        assert node is not None
        tx.nodes.update(replace(node, capabilities=capabilities))
    with pytest.raises(BadValue, match=message):
        await done(world, edit(**values))
    assert (await observe(world)).wanted == FIRST


async def test_what_is_as_it_was_and_words_for_people_are_taken_at_once(world: World) -> None:
    running = await done(world, edit(name="HostedEngine", memory_bytes=GIB, description="of branch 7", comment="x"))
    assert running.finished
    vm = vm_of(world, ENGINE_VM_ID)
    assert (vm.description, vm.comment) == ("of branch 7", "x")
    assert (await observe(world)).wanted == FIRST


async def test_an_edit_that_could_not_be_written_is_told(world: World) -> None:
    for machine in world.nodes.values():
        machine.fail("edit_engine_vm", Failed())
    with pytest.raises(StepFailed):
        await done(world, edit(memory_bytes=2 * GIB))
    assert events_of(world) == ["USER_FAILED_UPDATE_VM"]
    assert not has_next_run(await observe(world))


def test_nothing_is_said_while_nobody_knows() -> None:
    assert not has_next_run(None)
    assert not has_next_run(EngineVmReport(wanted=msgspec.structs.replace(FIRST, sockets=2)))
