"""Disks and NICs of a running VM: its host plugs them, the store follows, and neither goes without the other."""

from collections.abc import Mapping
from typing import Any

import pytest

from hosted_engine.engine.disks.commands.add import AddDiskToVm
from hosted_engine.engine.disks.model import DiskInterface, attachment_id
from hosted_engine.engine.networks.model import Nic, NicInterface
from hosted_engine.engine.networks.nic_entity import NICS
from hosted_engine.engine.networks.profile_entity import VNIC_PROFILES
from hosted_engine.engine.problems import BadValue, WrongState
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.commands.stop import StopVm
from node.api.messages.vms import VmDisk, VmNic, VmSpec
from node.api.problems import Failed
from node.steps import StepFailed
from tests.fakes.engine import World
from tests.fakes.node.fake import FakeNode
from tests.unit.engine.scenes import (
    adding,
    attaching,
    changing,
    detaching,
    done,
    events_of,
    new_disk,
    new_disk_on,
    reattaching,
    removing,
    running_vm,
    snapshot_of,
    tiny_vm,
)


def node_of(world: World, vm_id: str) -> FakeNode:
    return next(one for one in world.nodes.values() if any(vm.id == vm_id for vm in one.machines.vms()))


def spec(world: World, vm_id: str) -> VmSpec:
    return node_of(world, vm_id).machines.spec(vm_id)


def disks(world: World, vm_id: str) -> set[str]:
    """Those that its host gave it beside its first one."""
    return {one.image.disk_id for one in spec(world, vm_id).disks[1:]}


def nics(world: World, vm_id: str) -> Mapping[str, VmNic]:
    return {one.id: one for one in spec(world, vm_id).nics}


def active(world: World, vm_id: str, disk_id: str) -> bool | None:
    with world.store.transaction() as tx:
        found = tx.disk_attachments.get(attachment_id(vm_id, disk_id))
    return found.active if found else None


async def new_nic(world: World, vm_id: str, **more: Any) -> Nic:
    """Once it is there."""
    command = adding(world, NICS, owner_id=vm_id, name="nic1", **more)
    await done(world, command)
    with world.store.transaction() as tx:
        (nic,) = tx.nics.list(owner_id=vm_id, name="nic1")
    return nic


async def test_a_new_disk_is_plugged_when_its_image_is_there() -> None:
    world = World()
    vm_id = await running_vm(world)
    command = new_disk_on(world, vm_id)
    await done(world, command)
    (plugged,) = spec(world, vm_id).disks[1:]
    assert isinstance(plugged, VmDisk)
    assert plugged.image in node_of(world, vm_id).site.images
    assert active(world, vm_id, command.disk.id) is True


async def test_a_disk_that_is_there_is_plugged_and_unplugged() -> None:
    world = World()
    vm_id = await running_vm(world)
    disk = new_disk(world)
    await done(world, disk)
    await done(world, attaching(world, vm_id, disk.id))
    assert disks(world, vm_id) == {disk.id}
    await done(world, reattaching(world, vm_id, disk.id, active=False))
    assert (disks(world, vm_id), active(world, vm_id, disk.id)) == (set(), False)
    await done(world, reattaching(world, vm_id, disk.id, active=True))
    assert (disks(world, vm_id), active(world, vm_id, disk.id)) == ({disk.id}, True)
    await done(world, detaching(world, vm_id, disk.id))
    assert (disks(world, vm_id), active(world, vm_id, disk.id)) == (set(), None)
    events = [name for name in events_of(world) if "HOT" in name]
    plugged, unplugged = "USER_HOTPLUG_DISK", "USER_HOTUNPLUG_DISK"
    assert events == [plugged, unplugged, plugged, unplugged]


async def test_what_is_not_plugged_concerns_no_host() -> None:
    world = World()
    vm_id = await running_vm(world)
    before = spec(world, vm_id)
    command = new_disk_on(world, vm_id, active=False)
    await done(world, command)
    await new_nic(world, vm_id, plugged=False)
    await done(world, detaching(world, vm_id, command.disk.id))
    assert spec(world, vm_id) == before


@pytest.mark.parametrize("interface", [DiskInterface.SATA, DiskInterface.IDE])
async def test_disks_that_cannot_come_and_go_are_refused(interface: DiskInterface) -> None:
    world = World()
    vm_id = await running_vm(world)
    before = snapshot_of(world)
    with pytest.raises(BadValue, match="disk"):
        await done(world, new_disk_on(world, vm_id, interface=interface))
    assert snapshot_of(world) == before


async def test_a_guest_that_does_not_let_go_keeps_what_it_has() -> None:
    world = World()
    vm_id = await running_vm(world)
    command = new_disk_on(world, vm_id)
    await done(world, command)
    nic = await new_nic(world, vm_id)
    node_of(world, vm_id).machines.guests_let_go = False
    before = snapshot_of(world)
    for change in (
        reattaching(world, vm_id, command.disk.id, active=False),
        detaching(world, vm_id, command.disk.id),
        changing(world, NICS, nic.id, plugged=False),
    ):
        with pytest.raises(StepFailed, match="did not let go"):
            await done(world, change)
        assert snapshot_of(world) == before
    failed = ["USER_FAILED_HOTUNPLUG_DISK", "USER_FAILED_HOTUNPLUG_DISK", "NETWORK_DEACTIVATE_VM_INTERFACE_FAILURE"]
    assert [name for name in events_of(world) if "UNPLUG" in name or "DEACTIVATE" in name] == failed


async def test_a_disk_that_its_host_does_not_take_is_not_attached() -> None:
    world = World()
    vm_id = await running_vm(world)
    before = snapshot_of(world)
    node_of(world, vm_id).fail("plug_disk", Failed())
    with pytest.raises(StepFailed):
        await done(world, new_disk_on(world, vm_id))
    assert snapshot_of(world) == before


async def test_nics_are_plugged_and_unplugged() -> None:
    world = World()
    vm_id = await running_vm(world)
    nic = await new_nic(world, vm_id)
    assert nics(world, vm_id)[nic.id].mac == nic.mac
    deactivate, activate = NICS.actions["deactivate"].command, NICS.actions["activate"].command
    with world.store.transaction() as tx:
        command = deactivate(tx, nic, {})
    await done(world, command)
    assert nics(world, vm_id) == {}
    with world.store.transaction() as tx:
        (now,) = tx.nics.list(owner_id=vm_id)
        command = activate(tx, now, {})
    assert not now.plugged
    await done(world, command)
    assert set(nics(world, vm_id)) == {nic.id}
    with pytest.raises(WrongState, match="Deactivate it first"):
        await done(world, removing(world, NICS, nic.id))
    await done(world, changing(world, NICS, nic.id, plugged=False))
    await done(world, removing(world, NICS, nic.id))
    assert nics(world, vm_id) == {}


async def test_link_and_network_of_a_plugged_nic_change_at_once_and_nothing_else_does() -> None:
    world = World()
    vm_id = await running_vm(world)
    with world.store.transaction() as tx:
        (network,) = tx.networks.list()
    await done(world, profile := adding(world, VNIC_PROFILES, name="second", network_id=network.id))
    nic = await new_nic(world, vm_id)
    await done(world, changing(world, NICS, nic.id, linked=False))
    assert not nics(world, vm_id)[nic.id].linked
    await done(world, changing(world, NICS, nic.id, vnic_profile_id=profile.id, linked=True, comment="moved"))
    plugged = nics(world, vm_id)[nic.id]
    assert (plugged.linked, plugged.bridge) == (True, network.bridge)
    for change in ({"mac": "02:00:00:00:00:77"}, {"interface": NicInterface.E1000}):
        with pytest.raises(WrongState, match="it is up"):
            await done(world, changing(world, NICS, nic.id, **change))


async def test_a_name_changes_without_its_host() -> None:
    world = World()
    vm_id = await running_vm(world)
    nic = await new_nic(world, vm_id)
    node_of(world, vm_id).fail("plug_nic", Failed(), times=9)
    await done(world, changing(world, NICS, nic.id, name="other"))


async def test_a_vm_that_ended_meanwhile_has_nothing_to_unplug() -> None:
    world = World()
    vm_id = await running_vm(world)
    command = new_disk_on(world, vm_id)
    await done(world, command)
    late = detaching(world, vm_id, command.disk.id)
    await done(world, StopVm(id=vm_id))
    await done(world, late)
    assert active(world, vm_id, command.disk.id) is None


async def test_a_disk_of_a_vm_that_was_started_meanwhile_is_plugged() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    command = new_disk_on(world, vm_id)
    assert isinstance(command, AddDiskToVm)
    await done(world, StartVm(id=vm_id))
    await done(world, command)
    assert disks(world, vm_id) == {command.disk.id}


async def test_a_command_that_would_ask_no_host_is_refused_when_its_vm_was_started_meanwhile() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    there, other = new_disk(world, "there"), new_disk(world, "other")
    await done(world, there)
    await done(world, other)
    await done(world, attaching(world, vm_id, there.id))
    nic = await new_nic(world, vm_id)
    late = (
        attaching(world, vm_id, other.id),
        reattaching(world, vm_id, there.id, active=False),
        detaching(world, vm_id, there.id),
        changing(world, NICS, nic.id, linked=False),
        adding(world, NICS, owner_id=vm_id, name="nic2"),
    )
    await done(world, StartVm(id=vm_id))
    before = snapshot_of(world)
    for command in late:
        with pytest.raises(WrongState, match="just been started"):
            await done(world, command)
        assert snapshot_of(world) == before
