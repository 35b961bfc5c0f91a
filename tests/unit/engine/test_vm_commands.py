"""The life of a VM through commands: what they do, what they refuse, which events clients see."""

from dataclasses import replace
from typing import Any

import pytest

from hosted_engine.engine.disks.model import DiskFormat, DiskStatus
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.jobs.model import JobStatus
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.problems import BadValue, NameTaken, NoNode, NotSupported, NotThere, Protected, WrongState
from hosted_engine.engine.users.model import Caller
from hosted_engine.engine.vms.commands.add import AddVm
from hosted_engine.engine.vms.commands.reboot import RebootVm, ResetVm
from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.commands.stop import ShutdownVm, StopVm
from hosted_engine.engine.vms.entity import VMS
from hosted_engine.engine.vms.model import VmStatus
from hosted_engine.engine.vms.next_run import with_next_run
from node.api.messages.images import ImageFormat
from node.api.problems import Failed
from node.steps import StepFailed
from tests.fakes.engine import DATA_ID, ENGINE_VM_ID, MIB, TINY_ID, TINY_IMAGE, World, node_id
from tests.unit.engine.scenes import (
    attaching,
    changing,
    done,
    events_of,
    new_disk,
    new_disk_on,
    new_vm,
    running_vm,
    snapshot_of,
    tiny_vm,
    vm_of,
)


async def test_a_vm_from_a_template_has_thin_overlays_of_its_disks() -> None:
    world = World()
    running = await world.engine.perform(new_vm(world, template_id=TINY_ID), world.caller)
    assert not running.finished
    assert isinstance(running.command, AddVm)
    assert vm_of(world, running.command.id).status is VmStatus.IMAGE_LOCKED
    await running.wait()
    vm = vm_of(world, running.command.id)
    assert (vm.status, vm.memory_bytes) == (VmStatus.DOWN, 64 * MIB)
    with world.store.transaction() as tx:
        (attachment,) = tx.disk_attachments.list(owner_id=vm.id)
        disk = tx.disks.get(attachment.disk_id)
    assert disk is not None
    assert attachment.bootable
    assert (disk.status, disk.format, disk.provisioned_size_bytes) == (DiskStatus.OK, DiskFormat.COW, 64 * MIB)
    made = world.nodes[node_id(1)].site.images[disk.image]
    assert (made.backing, made.format) == (TINY_IMAGE, ImageFormat.QCOW2)
    assert events_of(world)[-2:] == ["USER_ADD_VM_STARTED", "USER_ADD_VM_FINISHED_SUCCESS"]


async def test_a_vm_from_blank_is_there_at_once() -> None:
    world = World()
    running = await world.engine.perform(new_vm(world, memory_bytes=GIB), world.caller)
    assert running.finished
    assert isinstance(running.command, AddVm)
    vm = vm_of(world, running.command.id)
    assert (vm.status, vm.memory_bytes, vm.memory_guaranteed_bytes, vm.memory_max_bytes) == (
        VmStatus.DOWN,
        GIB,
        GIB,
        4 * GIB,
    )
    assert events_of(world)[-1] == "USER_ADD_VM"


GIB = 1 << 30

BAD = [
    ({"name": ""}, BadValue, "may not be empty"),
    ({"name": "two words"}, BadValue, "letters, digits"),
    ({"name": "a/b"}, BadValue, "letters, digits"),
    ({"name": "x" * 256}, BadValue, "256 characters and may have 64"),
    ({"name": "HostedEngine"}, NameTaken, "another VM has it"),
    ({"memory_bytes": 0}, BadValue, "vm.memory.*at least"),
    ({"memory_bytes": 5 << 40}, BadValue, "at most"),
    ({"memory_guaranteed_bytes": 2 << 40}, BadValue, "between 1 MiB and the memory"),
    ({"memory_max_bytes": MIB}, BadValue, "less than the memory"),
    ({"sockets": 0}, BadValue, "vm.cpu.topology.sockets.*at least 1"),
    ({"sockets": 512, "cores": 2}, BadValue, "1 to 512 CPUs"),
    ({"boot_devices": ()}, BadValue, "boot.devices"),
    ({"boot_devices": ("hd", "hd")}, BadValue, "boot.devices"),
    ({"cluster_id": "nowhere"}, NotThere, "no cluster"),
    ({"template_id": "nothing"}, NotThere, "no template"),
    ({"template_id": TINY_ID, "storage_domain_id": "nowhere"}, NotSupported, "beside the template's disk"),
]


@pytest.mark.parametrize(("fields", "refusal", "message"), BAD, ids=str)
async def test_a_bad_vm_is_refused_and_nothing_is_made(
    fields: dict[str, Any], refusal: type[Exception], message: str
) -> None:
    world = World()
    before = snapshot_of(world)
    with pytest.raises(refusal, match=message):
        await world.engine.perform(new_vm(world, **fields), world.caller)
    assert snapshot_of(world) == before


async def test_names_in_any_language_are_taken_in_one_form() -> None:
    world = World()
    await tiny_vm(world, "Gerät-é")
    with pytest.raises(NameTaken):
        await tiny_vm(world, "Gerät-é")
    with world.store.transaction() as tx:
        assert [vm.name for vm in tx.vms.list()] == ["Gerät-é", "HostedEngine"]


async def test_a_vm_starts_stops_and_goes() -> None:
    world = World()
    before = snapshot_of(world)
    vm_id = await running_vm(world)
    vm = vm_of(world, vm_id)
    assert vm.status is VmStatus.UP
    assert vm.node_id is not None
    assert world.nodes[vm.node_id].machines.running() == 1
    await done(world, StopVm(id=vm_id))
    assert (vm_of(world, vm_id).status, vm_of(world, vm_id).node_id) == (VmStatus.DOWN, None)
    assert world.nodes[vm.node_id].machines.running() == 0
    await done(world, RemoveVm(id=vm_id))
    assert snapshot_of(world) == before
    assert events_of(world)[2:] == [
        "USER_STARTED_VM",
        "USER_RUN_VM",
        "VM_DOWN",
        "USER_STOP_VM",
        "USER_REMOVE_VM_FINISHED",
    ]


async def test_the_node_is_told_what_the_vm_is_made_of() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    await done(world, new_disk_on(world, vm_id))
    await done(world, StartVm(id=vm_id, node_ids=(node_id(2),)))
    spec = world.nodes[node_id(2)].machines.spec(vm_id)
    assert [disk.boot for disk in spec.disks] == [True, False]
    assert (spec.name, spec.memory_bytes) == ("vm1", 64 * MIB)


async def test_a_shutdown_asks_the_guest_and_leaves_the_end_to_it() -> None:
    world = World()
    vm_id = await running_vm(world)
    node = world.nodes[str(vm_of(world, vm_id).node_id)]
    node.machines.guests_obey = False
    await done(world, ShutdownVm(id=vm_id))
    assert vm_of(world, vm_id).status is VmStatus.POWERING_DOWN
    await done(world, StopVm(id=vm_id))
    assert vm_of(world, vm_id).status is VmStatus.DOWN


async def test_a_reboot_asks_the_guest_and_with_force_nobody() -> None:
    world = World()
    vm_id = await running_vm(world)
    machines = world.nodes[str(vm_of(world, vm_id).node_id)].machines
    machines.guests_obey = False
    await done(world, RebootVm(id=vm_id))
    assert (vm_of(world, vm_id).status, machines.boots(vm_id)) == (VmStatus.REBOOT_IN_PROGRESS, 1)
    with pytest.raises(WrongState, match="it is reboot_in_progress"):
        await done(world, RebootVm(id=vm_id))
    await done(world, ResetVm(id=vm_id))
    await done(world, RebootVm(id=vm_id, force=True))
    assert (vm_of(world, vm_id).status, machines.boots(vm_id)) == (VmStatus.UP, 3)
    assert events_of(world)[-3:] == ["USER_REBOOT_VM", "USER_RESET_VM", "USER_REBOOT_VM"]


async def test_a_host_that_was_not_upgraded_is_not_asked_for_a_reboot() -> None:
    world = World()
    vm_id = await running_vm(world)
    node = world.nodes[str(vm_of(world, vm_id).node_id)]
    node.host.api_version = 1
    with pytest.raises(StepFailed, match="was not asked for reboot_vm: it has version 1 of the contract"):
        await done(world, RebootVm(id=vm_id))
    assert (vm_of(world, vm_id).status, events_of(world)[-1]) == (VmStatus.UP, "USER_FAILED_REBOOT_VM")


async def test_a_reset_boots_it_again_whatever_its_guest_was_asked() -> None:
    world = World()
    vm_id = await running_vm(world)
    machines = world.nodes[str(vm_of(world, vm_id).node_id)].machines
    machines.guests_obey = False
    await done(world, ShutdownVm(id=vm_id))
    await done(world, ResetVm(id=vm_id))
    assert (vm_of(world, vm_id).status, machines.boots(vm_id)) == (VmStatus.UP, 2)
    assert events_of(world)[-1] == "USER_RESET_VM"
    await done(world, ShutdownVm(id=vm_id))
    world.nodes[str(vm_of(world, vm_id).node_id)].fail("reset_vm", Failed())
    with pytest.raises(StepFailed):
        await done(world, ResetVm(id=vm_id))
    assert (vm_of(world, vm_id).status, machines.boots(vm_id)) == (VmStatus.POWERING_DOWN, 2)
    assert events_of(world)[-1] == "USER_FAILED_RESET_VM"


async def test_commands_of_the_wrong_moment_are_refused() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    for command in (StopVm(id=vm_id), ShutdownVm(id=vm_id), ResetVm(id=vm_id), RebootVm(id=vm_id)):
        with pytest.raises(WrongState, match="it is down"):
            await done(world, command)
    await done(world, StartVm(id=vm_id))
    for late in (StartVm(id=vm_id), RemoveVm(id=vm_id)):
        with pytest.raises(WrongState, match="it is up"):
            await done(world, late)
    await done(world, changing(world, VMS, vm_id, description="may change any time"))


async def test_what_cannot_change_while_it_runs_counts_from_its_next_start_on() -> None:
    world = World()
    vm_id = await running_vm(world)
    memory = vm_of(world, vm_id).memory_bytes
    await done(world, changing(world, VMS, vm_id, name="renamed", memory_bytes=GIB))
    vm = vm_of(world, vm_id)
    assert (vm.name, vm.memory_bytes, with_next_run(vm).memory_bytes) == ("renamed", memory, GIB)
    await done(world, changing(world, VMS, vm_id, cores=2))
    await done(world, StopVm(id=vm_id))
    vm = vm_of(world, vm_id)
    assert (vm.memory_bytes, vm.memory_guaranteed_bytes, vm.cores, vm.next_run) == (GIB, memory, 2, {})


async def test_a_change_for_the_next_start_that_is_taken_back_is_none() -> None:
    world = World()
    vm_id = await running_vm(world)
    before = vm_of(world, vm_id)
    await done(world, changing(world, VMS, vm_id, cores=2))
    await done(world, changing(world, VMS, vm_id, cores=1))
    assert vm_of(world, vm_id) == before
    with pytest.raises(BadValue, match="1 to 512 CPUs"):
        await done(world, changing(world, VMS, vm_id, cores=512, sockets=512))


async def test_a_vm_runs_on_its_own_hosts_only() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    await done(world, changing(world, VMS, vm_id, host_ids=(node_id(3),)))
    await done(world, StartVm(id=vm_id))
    assert vm_of(world, vm_id).node_id == node_id(3)
    with pytest.raises(NotThere, match="no host"):
        await done(world, changing(world, VMS, vm_id, host_ids=("nobody",)))


async def test_the_engines_own_vm_is_left_alone() -> None:
    world = World()
    before = snapshot_of(world)
    for command in (
        StopVm(id=ENGINE_VM_ID),
        RemoveVm(id=ENGINE_VM_ID),
        new_disk_on(world, ENGINE_VM_ID),
    ):
        with pytest.raises(Protected):
            await done(world, command)
    assert snapshot_of(world) == before


async def test_a_start_that_no_node_can_take_says_of_each_why() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    await done(world, changing(world, VMS, vm_id, memory_bytes=1 << 40, memory_guaranteed_bytes=1 << 40))
    with pytest.raises(NoNode, match="node1 has 15360 MiB of free memory, 1048576 MiB are needed; node2"):
        await done(world, StartVm(id=vm_id))
    assert vm_of(world, vm_id).status is VmStatus.DOWN


async def test_a_start_needs_the_last_word_of_a_node() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    world.readings = Readings()
    for id_ in world.nodes:
        world.engine.readings.forget(id_)
    with pytest.raises(NoNode, match="has not reported its memory yet"):
        await done(world, StartVm(id=vm_id))


async def test_vms_that_start_count_before_they_have_taken_their_memory() -> None:
    world = World()
    nodes = set()
    for number in range(3):
        vm_id = await tiny_vm(world, f"vm{number}")
        await done(world, changing(world, VMS, vm_id, memory_bytes=2 * GIB))
        running = await world.engine.perform(StartVm(id=vm_id), world.caller)
        nodes.add(vm_of(world, vm_id).node_id)
        del running
    assert len(nodes) == 3


async def test_an_update_changes_what_it_names_and_nothing_else() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    before = vm_of(world, vm_id)
    await done(world, changing(world, VMS, vm_id, name="vm2", cores=2))
    assert vm_of(world, vm_id) == replace(before, name="vm2", cores=2)


async def test_a_vm_goes_and_its_disks_stay_when_asked_so() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    images = dict(world.nodes[node_id(1)].site.images)
    await done(world, RemoveVm(id=vm_id, detach_only=True))
    assert world.nodes[node_id(1)].site.images == images
    with world.store.transaction() as tx:
        assert tx.disks.count(status=DiskStatus.OK) == 2
        assert tx.disk_attachments.count() == 1


async def test_a_shared_disk_outlives_the_vm() -> None:
    world = World()
    disk = new_disk(world, format=DiskFormat.RAW, shareable=True)
    await done(world, disk)
    vm_ids = [await tiny_vm(world, name) for name in ("vm1", "vm2")]
    for vm_id in vm_ids:
        await done(world, attaching(world, vm_id, disk.id))
    await done(world, RemoveVm(id=vm_ids[0]))
    with world.store.transaction() as tx:
        assert tx.disks.get(disk.id) is not None
        assert [a.owner_id for a in tx.disk_attachments.list(disk_id=disk.id)] == [vm_ids[1]]


async def test_a_protected_vm_is_not_removed() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    await done(world, changing(world, VMS, vm_id, delete_protected=True))
    with pytest.raises(WrongState, match="protected from removal"):
        await done(world, RemoveVm(id=vm_id))


async def test_a_job_tells_how_a_command_went() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    caller = Caller(user_id=world.caller.user_id, user_name="admin@internal", correlation_id="my-id")
    running = await world.engine.perform(StartVm(id=vm_id), caller)
    with world.store.transaction() as tx:
        (job,) = tx.jobs.list(correlation_id="my-id")
        assert (job.id, job.status, job.description) == (running.job_id, JobStatus.STARTED, "Launching VM vm1")
    await running.wait()
    with world.store.transaction() as tx:
        (job,) = tx.jobs.list(correlation_id="my-id")
        steps = tx.job_steps.list(job_id=job.id)
        assert job.status is JobStatus.FINISHED
        assert {step.status for step in steps} == {JobStatus.FINISHED}
        assert {step.description for step in steps} == {"Validating", "Executing", "Start the VM"}
        assert {event.name for event in tx.events.list(correlation_id="my-id")} == {"USER_STARTED_VM", "USER_RUN_VM"}
        assert tx.events.list(job_id=job.id)[0].vm_id == vm_id


async def test_a_job_tells_which_step_failed() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    for node in world.nodes.values():
        node.fail("start_vm", Failed())
    with pytest.raises(StepFailed):
        await done(world, StartVm(id=vm_id))
    with world.store.transaction() as tx:
        (job,) = tx.jobs.list(status=JobStatus.FAILED)
        steps = {step.key: step.status for step in tx.job_steps.list(job_id=job.id) if step.key}
    assert steps == {"start": JobStatus.FAILED}


def test_every_event_has_ovirts_code_and_severity() -> None:
    import json
    from pathlib import Path

    import hosted_engine.engine.events.types as types

    codes = json.loads((Path(types.__file__).parent / "codes.json").read_text())
    codes = codes.get("events", codes)
    assert {event.name: [event.code, event.severity] for event in EventType} == {
        event.name: codes[event.name] for event in EventType
    }


def test_the_data_domain_is_where_disks_go() -> None:
    world = World()
    with world.store.transaction() as tx:
        assert [(d.name, d.master, d.hosted_engine) for d in tx.storage_domains.list()] == [
            ("data", True, False),
            ("engine", False, True),
        ]
        assert tx.storage_domains.get(DATA_ID) is not None
