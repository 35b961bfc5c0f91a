"""What one word of a node does to a VM, also when it comes late, twice, or from the wrong node."""

from dataclasses import replace

import pytest

from hosted_engine.engine.vms.lifecycle import vm_reported
from hosted_engine.engine.vms.model import VmStatus
from node.api.messages.images import ImageRef
from node.api.messages.vms import DownReason, IoError, VmReport, VmState
from tests.fakes.engine import World, node_id
from tests.unit.engine.scenes import events_of, running_vm, tiny_vm, vm_of

ONE, TWO = node_id(1), node_id(2)


def hear(
    world: World,
    vm_id: str,
    state: VmState,
    *,
    on: str = ONE,
    reason: DownReason = DownReason.NONE,
    since: float = 0.0,
    complete: bool = False,
    io_error: IoError = IoError.NONE,
) -> None:
    report = VmReport(id=vm_id, name="vm1", state=state, reason=reason, since=since, io_error=io_error)
    with world.store.transaction() as tx:
        vm_reported(tx, on, report, world.now, complete=complete)


def put(world: World, vm_id: str, status: VmStatus, *, on: str | None = ONE, reported_at: float = 0.0) -> None:
    vm = replace(vm_of(world, vm_id), status=status, node_id=on, reported_at=reported_at)
    with world.store.transaction() as tx:
        tx.vms.update(vm)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (VmState.STARTING, VmStatus.POWERING_UP),
        (VmState.UP, VmStatus.UP),
        (VmState.PAUSED, VmStatus.PAUSED),
        (VmState.SHUTTING_DOWN, VmStatus.POWERING_DOWN),
        (VmState.UNKNOWN, VmStatus.UP),
    ],
)
async def test_states_of_a_running_vm(state: VmState, status: VmStatus) -> None:
    world = World()
    vm_id = await running_vm(world)
    hear(world, vm_id, state, on=str(vm_of(world, vm_id).node_id))
    assert vm_of(world, vm_id).status is status


async def test_why_a_vm_is_paused_is_shown_and_said_once() -> None:
    world = World()
    vm_id = await running_vm(world)
    before = len(events_of(world))
    for error in (IoError.ENOSPC, IoError.ENOSPC, IoError.EIO):
        hear(world, vm_id, VmState.PAUSED, on=str(vm_of(world, vm_id).node_id), io_error=error)
        assert (vm_of(world, vm_id).status, vm_of(world, vm_id).detail) == (VmStatus.PAUSED, error.value)
    hear(world, vm_id, VmState.UP, on=str(vm_of(world, vm_id).node_id))
    assert vm_of(world, vm_id).detail == ""
    for _ in range(2):
        hear(world, vm_id, VmState.PAUSED, on=str(vm_of(world, vm_id).node_id))
    assert vm_of(world, vm_id).detail == "none"
    hear(world, vm_id, VmState.UP, on=str(vm_of(world, vm_id).node_id))
    assert events_of(world)[before:] == [
        "VM_PAUSED",
        "VM_PAUSED_ENOSPC",
        "VM_PAUSED_EIO",
        "VM_RECOVERED_FROM_PAUSE_ERROR",
        "VM_PAUSED",
    ]


async def test_the_end_of_the_run_before_does_not_end_this_one() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    put(world, vm_id, VmStatus.UP, reported_at=200.0)
    hear(world, vm_id, VmState.DOWN, reason=DownReason.DESTROYED, since=100.0)
    assert vm_of(world, vm_id).status is VmStatus.UP
    hear(world, vm_id, VmState.DOWN, reason=DownReason.CRASHED, since=300.0)
    assert vm_of(world, vm_id).status is VmStatus.DOWN


async def test_a_late_word_of_a_run_that_has_ended_brings_nothing_back() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    put(world, vm_id, VmStatus.DOWN, on=None, reported_at=200.0)
    hear(world, vm_id, VmState.SHUTTING_DOWN, since=100.0, complete=True)
    hear(world, vm_id, VmState.UP)
    assert vm_of(world, vm_id).status is VmStatus.DOWN


async def test_a_vm_that_runs_although_it_is_down_here_is_shown_once_the_node_reports_all() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    hear(world, vm_id, VmState.UP, on=TWO, complete=True)
    assert (vm_of(world, vm_id).status, vm_of(world, vm_id).node_id) == (VmStatus.UP, TWO)
    assert events_of(world)[-1] == "VM_STATUS_RESTORED"


async def test_a_vm_of_unknown_fate_is_where_a_node_says_it_runs() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    put(world, vm_id, VmStatus.UNKNOWN)
    hear(world, vm_id, VmState.UP, on=TWO)
    assert (vm_of(world, vm_id).status, vm_of(world, vm_id).node_id) == (VmStatus.UP, TWO)


async def test_a_running_vm_stays_where_it_is_whatever_another_node_says() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    put(world, vm_id, VmStatus.UP)
    hear(world, vm_id, VmState.UP, on=TWO, complete=True)
    hear(world, vm_id, VmState.DOWN, on=TWO, reason=DownReason.SHUTDOWN)
    assert (vm_of(world, vm_id).status, vm_of(world, vm_id).node_id) == (VmStatus.UP, ONE)


async def test_the_end_of_an_earlier_run_does_not_end_one_that_waits_for_its_launch() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    put(world, vm_id, VmStatus.WAIT_FOR_LAUNCH)
    hear(world, vm_id, VmState.DOWN)
    assert vm_of(world, vm_id).status is VmStatus.WAIT_FOR_LAUNCH
    hear(world, vm_id, VmState.DOWN, on=TWO)


async def test_a_guest_that_was_asked_to_shut_down_is_not_up_again_while_it_thinks() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    put(world, vm_id, VmStatus.POWERING_DOWN, reported_at=100.0)
    hear(world, vm_id, VmState.UP, since=100.0)
    assert vm_of(world, vm_id).status is VmStatus.POWERING_DOWN
    hear(world, vm_id, VmState.SHUTTING_DOWN, since=150.0)
    assert vm_of(world, vm_id).status is VmStatus.POWERING_DOWN


async def test_a_guest_that_does_not_shut_down_in_time_is_up_again_and_that_is_told_once() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    put(world, vm_id, VmStatus.POWERING_DOWN, reported_at=150.0)
    for _ in range(2):
        hear(world, vm_id, VmState.UP, since=270.0)
    assert vm_of(world, vm_id).status is VmStatus.UP
    assert events_of(world).count("VM_POWER_DOWN_FAILED") == 1
    hear(world, vm_id, VmState.DOWN, reason=DownReason.SHUTDOWN, since=300.0)
    assert events_of(world)[-1] == "VM_DOWN"


async def test_an_end_with_its_memory_is_no_end_of_a_vm_that_is_suspended() -> None:
    """Its node says so also when the command that asked for it is not there any more."""
    world = World()
    vm_id = await tiny_vm(world)
    put(world, vm_id, VmStatus.UNKNOWN)
    memory = ImageRef(storage_domain="data", disk_id="d", image_id="memory")
    suspended = replace(vm_of(world, vm_id), saved_memory=memory)
    with world.store.transaction() as tx:
        tx.vms.update(suspended)
    hear(world, vm_id, VmState.DOWN, reason=DownReason.SAVED, since=300.0, complete=True)
    vm = vm_of(world, vm_id)
    assert (vm.status, vm.node_id, vm.saved_memory) == (VmStatus.SUSPENDED, None, memory)
    assert "VM_DOWN" not in events_of(world)


@pytest.mark.parametrize(
    ("reason", "event"),
    [
        (DownReason.SHUTDOWN, "VM_DOWN"),
        (DownReason.DESTROYED, "VM_DOWN"),
        (DownReason.CRASHED, "VM_DOWN_ERROR"),
        (DownReason.FAILED, "VM_DOWN_ERROR"),
        (DownReason.LOST, "VM_DOWN_ERROR"),
    ],
)
async def test_an_end_is_told_once_and_says_why(reason: DownReason, event: str) -> None:
    world = World()
    vm_id = await tiny_vm(world)
    put(world, vm_id, VmStatus.UP)
    hear(world, vm_id, VmState.DOWN, reason=reason)
    hear(world, vm_id, VmState.DOWN, reason=reason)
    vm = vm_of(world, vm_id)
    assert (vm.status, vm.node_id, vm.stop_reason) == (VmStatus.DOWN, None, reason)
    assert [name for name in events_of(world) if name.startswith("VM_DOWN")] == [event]
