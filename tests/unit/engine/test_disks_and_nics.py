"""Disks and NICs through commands: what they make, what they refuse."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from hosted_engine.engine.command import Command
from hosted_engine.engine.disks.commands.remove import RemoveDisk
from hosted_engine.engine.disks.entity import DISKS
from hosted_engine.engine.disks.model import DiskAttachment, DiskFormat, DiskInterface, DiskStatus, attachment_id
from hosted_engine.engine.networks.model import Nic, NicInterface
from hosted_engine.engine.networks.nic_entity import NICS
from hosted_engine.engine.problems import BadValue, NameTaken, NotThere, WrongState
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.entity import VMS
from hosted_engine.engine.vms.model import BiosType
from node.api.messages.images import ImageFormat
from node.api.messages.vms import DiskBus, VmDisk
from tests.fakes.engine import TINY_IMAGE, World, node_id
from tests.unit.engine.scenes import (
    GIB,
    adding,
    attaching,
    changing,
    detaching,
    done,
    events_of,
    new_disk,
    new_disk_on,
    new_vm,
    reattaching,
    removing,
    snapshot_of,
    tiny_vm,
)

ENGINE_DOMAIN_ID = "40000000-0000-4000-8000-000000000001"


async def refused(
    world: World, command: Command | Callable[[], Command], refusal: type[Exception], message: str
) -> None:
    """What a body says is refused where its command is made, or where that is let in."""
    before = snapshot_of(world)
    with pytest.raises(refusal, match=message):
        await done(world, command if isinstance(command, Command) else command())
    assert snapshot_of(world) == before


def attachment(world: World, vm_id: str, disk_id: str) -> DiskAttachment | None:
    with world.store.transaction() as tx:
        return tx.disk_attachments.get(attachment_id(vm_id, disk_id))


@pytest.mark.parametrize(
    ("desired", "format_", "actual"),
    [
        ({}, ImageFormat.QCOW2, 196_608),
        ({"format": DiskFormat.RAW}, ImageFormat.RAW, 196_608),
        ({"format": DiskFormat.RAW, "sparse": False}, ImageFormat.RAW, GIB),
    ],
)
async def test_a_disk_is_made_as_it_was_wished(desired: dict[str, Any], format_: ImageFormat, actual: int) -> None:
    world = World()
    command = new_disk(world, **desired)
    await done(world, command)
    with world.store.transaction() as tx:
        disk = tx.disks.get(command.id)
    assert disk is not None
    image = world.nodes[node_id(1)].site.images[disk.image]
    assert (image.format, image.virtual_size_bytes, disk.actual_size_bytes) == (format_, GIB, actual)
    assert events_of(world)[-2:] == ["USER_ADD_DISK", "USER_ADD_DISK_FINISHED_SUCCESS"]


@pytest.mark.parametrize(
    ("desired", "refusal", "message"),
    [
        ({"name": "a b"}, BadValue, "letters, digits"),
        ({"provisioned_size_bytes": 0}, BadValue, "disk.provisioned_size.*at least 512"),
        ({"provisioned_size_bytes": 1 << 60}, BadValue, "disk.provisioned_size.*at most"),
        ({"storage_domain_id": "nowhere"}, NotThere, "no storage domain"),
        ({"storage_domain_id": ENGINE_DOMAIN_ID}, WrongState, "engine's own VM"),
        ({"shareable": True}, BadValue, "has to be raw"),
        ({"sparse": False}, BadValue, "disk.sparse.*always thin"),
        ({"wanted_id": TINY_IMAGE.disk_id}, BadValue, "another disk has it"),
        ({"wanted_id": "1234"}, BadValue, "disk.id.*has to be a UUID"),
    ],
)
async def test_a_bad_disk_is_refused(desired: dict[str, Any], refusal: type[Exception], message: str) -> None:
    world = World()
    await refused(world, lambda: new_disk(world, **desired), refusal, message)


async def test_a_preallocated_disk_has_to_fit() -> None:
    world = World()
    with world.store.transaction() as tx:
        (domain,) = tx.storage_domains.list(name="data")
        tx.storage_domains.update(replace(domain, free_bytes=GIB - 1, critical_space_gib=0))
    await refused(world, new_disk(world, sparse=False, format=DiskFormat.RAW), WrongState, "bytes free")
    await done(world, new_disk(world))


async def test_a_disk_is_attached_changed_and_detached() -> None:
    world = World()
    vm_id, disk = await tiny_vm(world), new_disk(world)
    await done(world, disk)
    await done(world, attaching(world, vm_id, disk.id, interface=DiskInterface.SATA))
    await done(world, reattaching(world, vm_id, disk.id, active=False))
    found = attachment(world, vm_id, disk.id)
    assert found is not None
    assert (found.interface, found.active) == (DiskInterface.SATA, False)
    await done(world, StartVm(id=vm_id))
    node = next(node for node in world.nodes.values() if node.machines.running())
    assert len(node.machines.spec(vm_id).disks) == 1
    await done(world, detaching(world, vm_id, disk.id))
    assert attachment(world, vm_id, disk.id) is None
    await done(world, RemoveDisk(id=disk.id))
    said = [name for name in events_of(world) if "DISK" in name]
    assert said[-4:] == [
        "USER_ATTACH_DISK_TO_VM",
        "USER_UPDATE_VM_DISK",
        "USER_DETACH_DISK_FROM_VM",
        "USER_FINISHED_REMOVE_DISK",
    ]


async def test_a_disk_belongs_to_one_vm_and_a_vm_boots_from_one_disk() -> None:
    world = World()
    one, two, disk = await tiny_vm(world, "vm1"), await tiny_vm(world, "vm2"), new_disk(world)
    await done(world, disk)
    await refused(world, attaching(world, one, disk.id, bootable=True), WrongState, "is the bootable one")
    await done(world, attaching(world, one, disk.id))
    await refused(world, attaching(world, two, disk.id), WrongState, "attached to another VM")
    await refused(world, attaching(world, one, disk.id), WrongState, "attached to this VM already")
    await refused(world, reattaching(world, one, disk.id, bootable=True), WrongState, "is the bootable one")
    await refused(world, lambda: detaching(world, two, disk.id), NotThere, "no disk attachment")


@pytest.mark.parametrize(
    ("bios", "how", "message"),
    [
        (BiosType.Q35_OVMF, {"interface": DiskInterface.IDE}, "disk_attachment.interface.*q35 has no IDE"),
        (BiosType.I440FX_SEA_BIOS, {"interface": DiskInterface.SATA}, "i440fx has no SATA"),
        (BiosType.CLUSTER_DEFAULT, {"interface": DiskInterface.SPAPR_VSCSI}, "no such controller"),
        (
            BiosType.CLUSTER_DEFAULT,
            {"interface": DiskInterface.SATA, "read_only": True},
            "disk_attachment.read_only.*cannot be write-protected",
        ),
        (
            BiosType.I440FX_SEA_BIOS,
            {"interface": DiskInterface.IDE, "read_only": True},
            "disk_attachment.read_only.*cannot be write-protected",
        ),
    ],
)
async def test_an_interface_that_cannot_be_is_refused(bios: BiosType, how: dict[str, Any], message: str) -> None:
    world = World()
    vm = new_vm(world, bios_type=bios)
    await done(world, vm)
    await refused(world, new_disk_on(world, vm.id, **how), BadValue, message)
    await done(world, new_disk_on(world, vm.id, interface=DiskInterface.VIRTIO, read_only=True))


async def test_a_vm_keeps_the_chipset_that_its_disks_need() -> None:
    world = World()
    vm = new_vm(world, bios_type=BiosType.I440FX_SEA_BIOS)
    await done(world, vm)
    await done(world, new_disk_on(world, vm.id, "old", interface=DiskInterface.IDE))
    to_q35 = changing(world, VMS, vm.id, bios_type=BiosType.Q35_OVMF)
    await refused(world, to_q35, BadValue, "vm.bios.type: its disk old: the chipset q35 has no IDE")
    await done(world, changing(world, VMS, vm.id, memory_bytes=2 * GIB))


@pytest.mark.parametrize(
    ("of_disk", "how", "changed"),
    [
        ({"propagate_errors": True}, {}, {"propagate_errors": True}),
        ({"shareable": True, "format": DiskFormat.RAW}, {}, {"shareable": True, "format": ImageFormat.RAW}),
        ({}, {"interface": DiskInterface.VIRTIO}, {"bus": DiskBus.VIRTIO}),
        ({}, {"interface": DiskInterface.SATA}, {"bus": DiskBus.SATA}),
        ({}, {"read_only": True}, {"read_only": True}),
        ({}, {"bootable": True}, {"boot": True}),
    ],
)
async def test_a_node_is_told_every_setting_of_a_disk(
    of_disk: dict[str, Any], how: dict[str, Any], changed: dict[str, Any]
) -> None:
    world = World()
    vm, plain = new_vm(world), new_disk(world, **of_disk)
    for command in (vm, plain):
        await done(world, command)
    await done(world, attaching(world, vm.id, plain.id, **how))
    await done(world, StartVm(id=vm.id, node_ids=(node_id(1),)))
    (disk,) = world.nodes[node_id(1)].machines.spec(vm.id).disks
    default = VmDisk(image=plain.disk.image, format=ImageFormat.QCOW2, bus=DiskBus.VIRTIO_SCSI, serial=plain.id)
    assert disk == msgspec.structs.replace(default, **changed)


async def test_a_vm_has_so_many_disks_of_an_interface() -> None:
    world = World()
    vm = new_vm(world)
    await done(world, vm)
    for number in range(5):
        await done(world, new_disk_on(world, vm.id, f"disk{number}", interface=DiskInterface.SATA))
    sixth = new_disk_on(world, vm.id, "disk6", interface=DiskInterface.SATA)
    await refused(world, sixth, BadValue, "at most 5 disks")
    await done(world, new_disk_on(world, vm.id, "disk6"))


async def test_a_templates_disk_stays() -> None:
    world = World()
    await refused(world, RemoveDisk(id=TINY_IMAGE.disk_id), WrongState, "belongs to a template")
    await tiny_vm(world)
    await refused(world, RemoveDisk(id=TINY_IMAGE.disk_id), WrongState, "thin disks of VMs stand on it")
    vm_id = await tiny_vm(world, "vm2")
    await refused(world, attaching(world, vm_id, TINY_IMAGE.disk_id), WrongState, "belongs to a template")


async def test_disks_of_a_running_vm_do_not_change() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    command = new_disk_on(world, vm_id)
    await done(world, command)
    await done(world, StartVm(id=vm_id))
    disk_id = command.disk.id
    for late in (
        RemoveDisk(id=disk_id),
        reattaching(world, vm_id, disk_id, bootable=True),
        changing(world, DISKS, disk_id, propagate_errors=True),
    ):
        await refused(world, late, WrongState, "it is up")


async def test_what_a_disk_is_called_may_change_at_any_time() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    command = new_disk_on(world, vm_id)
    await done(world, command)
    await done(world, StartVm(id=vm_id))
    await done(world, changing(world, DISKS, command.disk.id, name="other", wipe_after_delete=True))
    with world.store.transaction() as tx:
        disk = tx.disks.get(command.disk.id)
    assert disk is not None
    assert (disk.name, disk.wipe_after_delete) == ("other", True)
    assert events_of(world)[-1] == "USER_UPDATE_DISK"


async def test_a_disk_grows_while_no_vm_runs_on_it() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    command = new_disk_on(world, vm_id)
    await done(world, command)
    disk_id = command.disk.id
    await done(world, changing(world, DISKS, disk_id, provisioned_size_bytes=2 * GIB - 1, description="larger"))
    with world.store.transaction() as tx:
        disk = tx.disks.get(disk_id)
    assert disk is not None
    image = world.nodes[node_id(1)].site.images[disk.image]
    assert disk.provisioned_size_bytes == image.virtual_size_bytes == 2 * GIB
    assert (disk.description, disk.status) == ("larger", DiskStatus.OK)
    assert events_of(world)[-2:] == ["USER_EXTEND_DISK_SIZE_SUCCESS", "USER_UPDATE_DISK"]
    smaller = changing(world, DISKS, disk_id, provisioned_size_bytes=GIB)
    await refused(world, smaller, WrongState, "Cannot shrink disk disk1.*2147483648 bytes")
    await done(world, StartVm(id=vm_id))
    larger = changing(world, DISKS, disk_id, provisioned_size_bytes=4 * GIB)
    await refused(world, larger, WrongState, "it is up")


async def test_a_preallocated_disk_grows_when_there_is_room() -> None:
    world = World()
    command = new_disk(world, format=DiskFormat.RAW, sparse=False)
    await done(world, command)
    with world.store.transaction() as tx:
        (domain,) = tx.storage_domains.list(name="data")
        tx.storage_domains.update(replace(domain, free_bytes=GIB, critical_space_gib=0))
    larger = changing(world, DISKS, command.id, provisioned_size_bytes=3 * GIB)
    await refused(world, larger, WrongState, "2147483648 are needed")
    await done(world, changing(world, DISKS, command.id, provisioned_size_bytes=2 * GIB))
    with world.store.transaction() as tx:
        disk = tx.disks.get(command.id)
    assert disk is not None
    assert disk.actual_size_bytes == 2 * GIB


async def test_nothing_is_done_to_a_disk_that_is_worked_on() -> None:
    world = World()
    command = new_disk(world)
    running = await world.engine.perform(command, world.caller)
    with world.store.transaction() as tx:
        disk = tx.disks.get(command.id)
    assert disk is not None
    assert disk.status is DiskStatus.LOCKED
    await refused(world, changing(world, DISKS, command.id, name="other"), WrongState, "it is locked")
    await running.wait()


async def test_a_disk_is_shared_and_no_longer_shared() -> None:
    world = World()
    cow, raw = new_disk(world, "cow"), new_disk(world, "raw", format=DiskFormat.RAW)
    for command in (cow, raw):
        await done(world, command)
    await refused(world, changing(world, DISKS, cow.id, shareable=True), BadValue, "has to be raw")
    await done(world, changing(world, DISKS, raw.id, shareable=True))
    vms = [await tiny_vm(world, name) for name in ("vm1", "vm2")]
    for vm_id in vms:
        await done(world, attaching(world, vm_id, raw.id))
    await refused(world, changing(world, DISKS, raw.id, shareable=False), WrongState, "2 VMs have it")
    await done(world, detaching(world, vms[0], raw.id))
    await done(world, changing(world, DISKS, raw.id, shareable=False))


async def test_a_nic_joins_the_bridge_of_its_network() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    with world.store.transaction() as tx:
        (profile,) = tx.vnic_profiles.list()
    await done(
        world, adding(world, NICS, owner_id=vm_id, name="nic1", vnic_profile_id=profile.id, mac="56-6F-00-00-00-01")
    )
    await done(world, adding(world, NICS, owner_id=vm_id, name="nic2", plugged=False))
    await done(world, StartVm(id=vm_id))
    node = next(node for node in world.nodes.values() if node.machines.running())
    (nic,) = node.machines.spec(vm_id).nics
    assert (nic.bridge, nic.mac, nic.linked) == ("ovirtmgmt", "56:6f:00:00:00:01", True)


def nics(world: World, vm_id: str) -> list[Nic]:
    with world.store.transaction() as tx:
        return list(tx.nics.list(owner_id=vm_id))


async def test_a_nic_is_added_changed_and_removed() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    command = adding(world, NICS, owner_id=vm_id, name="nic1")
    await done(world, command)
    (nic,) = nics(world, vm_id)
    assert nic.mac.startswith("56:6f:")
    await done(world, changing(world, NICS, nic.id, name="eth", linked=False, interface=NicInterface.E1000))
    (changed,) = nics(world, vm_id)
    assert (changed.name, changed.linked, changed.interface, changed.mac) == ("eth", False, "e1000", nic.mac)
    await done(world, removing(world, NICS, nic.id))
    assert nics(world, vm_id) == []
    assert events_of(world)[-3:] == [
        "NETWORK_ADD_VM_INTERFACE",
        "NETWORK_UPDATE_VM_INTERFACE",
        "NETWORK_REMOVE_VM_INTERFACE",
    ]


async def test_bad_nics_are_refused() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    first = adding(world, NICS, owner_id=vm_id, name="nic1", mac="56:6f:00:00:00:01")
    await done(world, first)
    for command, refusal, message in (
        (lambda: adding(world, NICS, owner_id=vm_id, name="nic1"), NameTaken, "another NIC has it"),
        (lambda: adding(world, NICS, owner_id=vm_id, name="n 1"), BadValue, "letters, digits"),
        (lambda: adding(world, NICS, owner_id="nobody", name="nic1"), NotThere, "no VM"),
        (lambda: adding(world, NICS, owner_id=vm_id, name="nic2", vnic_profile_id="none"), NotThere, "no vNIC profile"),
        (
            lambda: adding(world, NICS, owner_id=vm_id, name="nic2", mac="56:6F:00:00:00:01"),
            WrongState,
            "another NIC has it",
        ),
        (lambda: adding(world, NICS, owner_id=vm_id, name="nic2", mac="01:00:00:00:00:01"), BadValue, "multicast"),
        (lambda: adding(world, NICS, owner_id=vm_id, name="nic2", mac="nonsense"), BadValue, "six pairs"),
        (
            lambda: adding(world, NICS, owner_id=vm_id, name="nic2", interface=NicInterface.SPAPR_VLAN),
            BadValue,
            "a node can make",
        ),
    ):
        await refused(world, command, refusal, message)
    await done(world, StartVm(id=vm_id))
    await refused(world, lambda: changing(world, NICS, first.id, mac="02:00:00:00:00:77"), WrongState, "it is up")
    await refused(world, lambda: removing(world, NICS, first.id), WrongState, "Deactivate it first")
