"""Every action on a VM in every status: carried out, or refused with the status named, as the one table says."""

from dataclasses import replace

import pytest

from hosted_engine.engine.problems import WrongState
from hosted_engine.engine.snapshots.checks import previewing_vm
from hosted_engine.engine.snapshots.entity import SNAPSHOTS
from hosted_engine.engine.vms.checks import pluggable_vm, resting_vm
from hosted_engine.engine.vms.commands.change_cd import ChangeCd
from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.engine.vms.commands.suspend import SuspendVm
from hosted_engine.engine.vms.consoles.tickets import open_screen
from hosted_engine.engine.vms.entity import VMS
from hosted_engine.engine.vms.model import RUNNING, VmStatus
from hosted_engine.engine.vms.statuses import ALLOWED, VmAction
from hosted_engine.rest.entities.documentation import page
from hosted_engine.rest.schema import schema
from node.api.messages.guests import GuestReport
from node.api.problems import Refused
from tests.fakes.engine import World
from tests.unit.engine.scenes import adding, done, running_vm, tiny_vm, vm_of

PLUGGING = frozenset({VmAction.PLUG_DISK, VmAction.PLUG_NIC})

AT_REST = frozenset({VmAction.PREVIEW, VmAction.CLONE, VmAction.DETACH})


async def vm_in(world: World, status: VmStatus) -> str:
    """It runs on a node where VMs of that status do."""
    if status is VmStatus.SUSPENDED:
        vm_id = await running_vm(world)
        await done(world, SuspendVm(id=vm_id))
        return vm_id
    vm_id = await (running_vm(world) if status in RUNNING else tiny_vm(world))
    changed = replace(vm_of(world, vm_id), status=status)
    with world.store.transaction() as tx:
        tx.vms.update(changed)
    return vm_id


async def perform(world: World, action: VmAction, vm_id: str) -> None:
    if action is VmAction.TICKET:
        await open_screen(world.engine._tasks._dependencies, world.caller, vm_id)
    elif action in PLUGGING:
        with world.store.transaction() as tx:
            pluggable_vm(tx, vm_id, action, "plug a device into")
    elif action is VmAction.SNAPSHOT:
        await done(world, adding(world, SNAPSHOTS, vm_id=vm_id))
    elif action in AT_REST:
        with world.store.transaction() as tx:
            resting_vm(tx, vm_id, action.value)
    elif action in (VmAction.COMMIT, VmAction.UNDO):
        with world.store.transaction() as tx:
            previewing_vm(tx, vm_id, action.value)
    elif action is VmAction.CHANGE_CD:
        await done(world, ChangeCd(id=vm_id))
    elif action is VmAction.REMOVE:
        await done(world, RemoveVm(id=vm_id))
    else:
        vm = vm_of(world, vm_id)
        with world.store.transaction() as tx:
            command = VMS.actions[action].command(tx, vm, {})
        await done(world, command)


@pytest.mark.parametrize("status", VmStatus)
@pytest.mark.parametrize("action", VmAction)
async def test_an_action_is_carried_out_or_refused_with_the_status(action: VmAction, status: VmStatus) -> None:
    world = World()
    vm_id = await vm_in(world, status)
    assert vm_of(world, vm_id).status is status
    if action in (VmAction.FREEZE, VmAction.THAW) and status in RUNNING:
        node = next(node for node in world.nodes.values() if node.machines.vm(vm_id) is not None)
        node.machines.set_guest(vm_id, GuestReport(vm_id=vm_id))
    if status in ALLOWED[action]:
        await perform(world, action, vm_id)
        return
    with pytest.raises(WrongState) as refused:
        await perform(world, action, vm_id)
    assert isinstance(refused.value, Refused)
    assert (refused.value.text.status, f"it is {status.value}" in refused.value.text.why) == (409, True)
    assert vm_of(world, vm_id).status is status


def test_what_the_api_offers_is_in_the_table() -> None:
    assert VMS.actions.keys() <= set(VmAction)
    for name, action in VMS.actions.items():
        assert action.statuses == ALLOWED[VmAction(name)]


def test_the_page_about_vms_shows_the_table() -> None:
    assert "| suspend | up |" in page(VMS, schema())
