"""Disks and NICs through commands: what they make, what they refuse."""

from collections.abc import Callable
from typing import Any

import pytest

from hosted_engine.engine.command import Command
from hosted_engine.engine.disks.commands.add import AddDisk
from hosted_engine.engine.disks.commands.attach import AddDiskAttachment, RemoveDiskAttachment, UpdateDiskAttachment
from hosted_engine.engine.disks.commands.remove import RemoveDisk
from hosted_engine.engine.disks.model import DiskAttachment, DiskFormat, DiskInterface, attachment_id
from hosted_engine.engine.networks.entity import NICS
from hosted_engine.engine.networks.model import Nic, NicInterface
from hosted_engine.engine.problems import BadValue, NameTaken, NotThere, WrongState
from hosted_engine.engine.vms.commands.start import StartVm
from node.api.messages.images import ImageFormat
from tests.fakes.engine import DATA_ID, TINY_IMAGE, World, node_id
from tests.unit.engine.scenes import (
    GIB,
    adding,
    changing,
    done,
    events_of,
    new_disk,
    new_disk_on,
    picture,
    removing,
    tiny_vm,
)

ENGINE_DOMAIN_ID = "40000000-0000-4000-8000-000000000001"


async def refused(world: World, command: Command | Callable[[], Command], refusal: type[Exception], words: str) -> None:
    """What a body says is refused where its command is made, or where that is let in."""
    before = picture(world)
    with pytest.raises(refusal, match=words):
        await done(world, command if isinstance(command, Command) else command())
    assert picture(world) == before


def attachment(world: World, vm_id: str, disk_id: str) -> DiskAttachment | None:
    with world.store.transaction() as tx:
        return tx.disk_attachments.get(attachment_id(vm_id, disk_id))


@pytest.mark.parametrize(
    ("wish", "format_", "actual"),
    [
        ({}, ImageFormat.QCOW2, 196_608),
        ({"format": DiskFormat.RAW}, ImageFormat.RAW, 196_608),
        ({"format": DiskFormat.RAW, "sparse": False}, ImageFormat.RAW, GIB),
    ],
)
async def test_a_disk_is_made_as_it_was_wished(wish: dict[str, Any], format_: ImageFormat, actual: int) -> None:
    world = World()
    command = new_disk(**wish)
    await done(world, command)
    with world.store.transaction() as tx:
        disk = tx.disks.get(command.id)
    assert disk is not None
    image = world.nodes[node_id(1)].site.images[disk.image("data")]
    assert (image.format, image.virtual_size_bytes, disk.actual_size_bytes) == (format_, GIB, actual)
    assert events_of(world)[-2:] == ["USER_ADD_DISK", "USER_ADD_DISK_FINISHED_SUCCESS"]


@pytest.mark.parametrize(
    ("wish", "refusal", "words"),
    [
        ({"name": "a b"}, BadValue, "letters, digits"),
        ({"provisioned_size_bytes": 0}, BadValue, "512 bytes and 500 TiB"),
        ({"provisioned_size_bytes": 1 << 60}, BadValue, "512 bytes and 500 TiB"),
        ({"storage_domain_id": "nowhere"}, NotThere, "no storage domain"),
        ({"storage_domain_id": ENGINE_DOMAIN_ID}, WrongState, "engine's own VM"),
        ({"shareable": True}, BadValue, "has to be raw"),
        ({"id": TINY_IMAGE.disk_id}, BadValue, "another disk has it"),
    ],
)
async def test_a_bad_disk_is_refused(wish: dict[str, Any], refusal: type[Exception], words: str) -> None:
    given = {"name": "d", "storage_domain_id": DATA_ID, "provisioned_size_bytes": GIB, **wish}
    await refused(World(), AddDisk(**given), refusal, words)


async def test_a_preallocated_disk_has_to_fit() -> None:
    world = World()
    with world.store.transaction() as tx:
        from dataclasses import replace

        (domain,) = tx.storage_domains.list(name="data")
        tx.storage_domains.update(replace(domain, free_bytes=GIB - 1))
    await refused(world, new_disk(sparse=False, format=DiskFormat.RAW), WrongState, "bytes free")
    await done(world, new_disk())


async def test_a_disk_is_attached_changed_and_detached() -> None:
    world = World()
    vm_id, disk = await tiny_vm(world), new_disk()
    await done(world, disk)
    await done(world, AddDiskAttachment(vm_id=vm_id, disk_id=disk.id, interface=DiskInterface.SATA))
    await done(world, UpdateDiskAttachment(vm_id=vm_id, disk_id=disk.id, active=False))
    found = attachment(world, vm_id, disk.id)
    assert found is not None
    assert (found.interface, found.active) == (DiskInterface.SATA, False)
    await done(world, StartVm(id=vm_id))
    node = next(node for node in world.nodes.values() if node.machines.running())
    assert len(node.machines.spec(vm_id).disks) == 1
    await done(world, RemoveDiskAttachment(vm_id=vm_id, disk_id=disk.id))
    assert attachment(world, vm_id, disk.id) is None
    await done(world, RemoveDisk(id=disk.id))


async def test_a_disk_belongs_to_one_vm_and_a_vm_boots_from_one_disk() -> None:
    world = World()
    one, two, disk = await tiny_vm(world, "vm1"), await tiny_vm(world, "vm2"), new_disk()
    await done(world, disk)
    bootable = AddDiskAttachment(vm_id=one, disk_id=disk.id, bootable=True)
    await refused(world, bootable, WrongState, "is the bootable one")
    await done(world, AddDiskAttachment(vm_id=one, disk_id=disk.id))
    await refused(world, AddDiskAttachment(vm_id=two, disk_id=disk.id), WrongState, "attached to another VM")
    await refused(world, AddDiskAttachment(vm_id=one, disk_id=disk.id), WrongState, "attached to this VM already")
    await refused(
        world, UpdateDiskAttachment(vm_id=one, disk_id=disk.id, bootable=True), WrongState, "is the bootable one"
    )
    await refused(world, RemoveDiskAttachment(vm_id=two, disk_id=disk.id), NotThere, "no disk attachment")


async def test_a_templates_disk_stays() -> None:
    world = World()
    await refused(world, RemoveDisk(id=TINY_IMAGE.disk_id), WrongState, "belongs to a template")
    await tiny_vm(world)
    await refused(world, RemoveDisk(id=TINY_IMAGE.disk_id), WrongState, "thin disks of VMs stand on it")
    vm_id = await tiny_vm(world, "vm2")
    attach = AddDiskAttachment(vm_id=vm_id, disk_id=TINY_IMAGE.disk_id)
    await refused(world, attach, WrongState, "belongs to a template")


async def test_disks_of_a_running_vm_are_not_touched() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    command = new_disk_on(vm_id)
    await done(world, command)
    await done(world, StartVm(id=vm_id))
    disk_id = command.disk.id
    for late in (
        RemoveDisk(id=disk_id),
        RemoveDiskAttachment(vm_id=vm_id, disk_id=disk_id),
        UpdateDiskAttachment(vm_id=vm_id, disk_id=disk_id, active=False),
    ):
        await refused(world, late, WrongState, "it is up")


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
    for command, refusal, words in (
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
        await refused(world, command, refusal, words)
    await done(world, StartVm(id=vm_id))
    await refused(world, lambda: changing(world, NICS, first.id, linked=False), WrongState, "it is up")
    await refused(world, lambda: removing(world, NICS, first.id), WrongState, "it is up")
