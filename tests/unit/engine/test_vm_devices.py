"""A VM that is made with disks and NICs: what comes of them, what is refused, and where the refusal says it is."""

from typing import Any

import pytest

from hosted_engine.engine.disks.model import Disk, DiskAttachment, DiskFormat, DiskInterface, DiskStatus
from hosted_engine.engine.networks.model import Nic, NicInterface
from hosted_engine.engine.problems import BadValue, NotSupported, NotThere, WrongState
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.model import VmStatus
from node.api.messages.images import ImageFormat, ImageRequest
from node.steps import StepFailed
from tests.fakes.engine import DATA_ID, MIB, TINY_ID, TINY_IMAGE, World, node_id
from tests.unit.engine.scenes import GIB, attaching, done, new_disk, new_disk_on, new_vm, snapshot_of, tiny_vm, vm_of

ENGINE_DOMAIN_ID = "40000000-0000-4000-8000-000000000001"
NEW = {"storage_domain_id": DATA_ID, "provisioned_size_bytes": GIB}
TINY = TINY_IMAGE.disk_id
DISK, NIC = "vm.disk_attachments.disk_attachment", "vm.nics.nic"


def disks_of(world: World, vm_id: str) -> list[tuple[DiskAttachment, Disk]]:
    """By name."""
    with world.store.transaction() as tx:
        attachments = {one.disk_id: one for one in tx.disk_attachments.list(owner_id=vm_id)}
        disks = sorted(tx.disks.find(list(attachments)).values(), key=lambda disk: disk.name)
    return [(attachments[disk.id], disk) for disk in disks]


def nics_of(world: World, vm_id: str) -> list[Nic]:
    with world.store.transaction() as tx:
        return list(tx.nics.list(owner_id=vm_id))


async def test_a_vm_has_the_disks_that_were_asked_for() -> None:
    world = World()
    there = new_disk(world, "there")
    await done(world, there)
    asked = (
        {"disk": {**NEW, "format": DiskFormat.RAW}, "interface": DiskInterface.VIRTIO, "bootable": True},
        {"disk": {**NEW, "name": "log", "provisioned_size_bytes": 2 * GIB}, "active": False},
        {"disk": {"id": there.id}, "read_only": True},
    )
    command = new_vm(world, disk_attachments=asked)
    await done(world, command)
    (log, other, one) = disks_of(world, command.id)
    assert (log[1].name, log[1].provisioned_size_bytes, log[0].active) == ("log", 2 * GIB, False)
    assert (other[1].id, other[0].read_only, other[0].active) == (there.id, True, True)
    assert (one[1].name, one[1].format, one[0].interface, one[0].bootable) == (
        "vm1_Disk1",
        DiskFormat.RAW,
        DiskInterface.VIRTIO,
        True,
    )
    assert {disk.status for _, disk in (one, log, other)} == {DiskStatus.OK}
    made = world.nodes[node_id(1)].site.images[one[1].image]
    assert (made.format, made.virtual_size_bytes) == (ImageFormat.RAW, GIB)
    await done(world, StartVm(id=command.id, node_ids=(node_id(1),)))
    spec = world.nodes[node_id(1)].machines.spec(command.id)
    assert [(disk.image.disk_id, disk.boot) for disk in spec.disks] == [(one[1].id, True), (there.id, False)]


async def test_what_is_said_of_a_disk_of_the_template_is_of_the_vms_copy() -> None:
    world = World()
    said = {"id": TINY, "name": "root", "format": DiskFormat.COW, "provisioned_size_bytes": GIB}
    how = {"disk": {**said, "storage_domain_id": DATA_ID, "sparse": True}, "interface": DiskInterface.VIRTIO_SCSI}
    command = new_vm(world, template_id=TINY_ID, disk_attachments=(how, {"disk": NEW}))
    await done(world, command)
    (root, second) = disks_of(world, command.id)
    assert (root[1].name, root[1].template_disk_id, root[0].interface) == ("root", TINY, DiskInterface.VIRTIO_SCSI)
    assert root[0].bootable
    made = world.nodes[node_id(1)].site.images[root[1].image]
    assert (made.backing, made.virtual_size_bytes) == (TINY_IMAGE, GIB)
    assert second[1].name == "vm1_Disk2"


async def test_a_vm_has_the_nics_that_were_asked_for() -> None:
    world = World()
    with world.store.transaction() as tx:
        (profile,) = tx.vnic_profiles.list()
    mac = "56:6f:00:00:00:01"
    asked = ({"name": "nic1", "vnic_profile_id": profile.id}, {"name": "nic2", "mac": mac, "plugged": False})
    command = new_vm(world, nics=asked)
    await done(world, command)
    first, second = nics_of(world, command.id)
    assert (first.name, first.vnic_profile_id, first.owner_id) == ("nic1", profile.id, command.id)
    assert first.mac
    assert first.mac != second.mac == mac
    assert vm_of(world, command.id).status is VmStatus.DOWN
    again = new_vm(world, "vm2", nics=(asked[1],))
    with pytest.raises(WrongState, match="another NIC has it"):
        await done(world, again)


@pytest.mark.parametrize(
    ("asked", "refusal", "message"),
    [
        ({"disk": {**NEW, "sparse": False}}, BadValue, f"{DISK}[1].disk.sparse"),
        ({"disk": {**NEW, "shareable": True}}, BadValue, f"{DISK}[1].disk.format"),
        ({"disk": {**NEW, "storage_domain_id": ENGINE_DOMAIN_ID}}, WrongState, "engine's own VM"),
        ({"disk": {"id": "nothing"}}, NotThere, "no disk has that id"),
        ({"disk": NEW, "interface": DiskInterface.IDE}, BadValue, f"{DISK}[1].interface"),
        ({"disk": NEW, "bootable": True}, WrongState, "vm1_Disk2: its disk vm1_tiny is the bootable one"),
        ({"disk": {"id": TINY, "format": DiskFormat.RAW}}, NotSupported, f"{DISK}[1].disk.format: .* have cow"),
        ({"disk": {"id": TINY, "sparse": False}}, NotSupported, f"{DISK}[1].disk.sparse"),
        (
            {"disk": {"id": TINY, "storage_domain_id": ENGINE_DOMAIN_ID}},
            NotSupported,
            f"{DISK}[1].disk.storage_domains",
        ),
        ({"disk": {"id": TINY, "provisioned_size_bytes": MIB}}, BadValue, f"{DISK}[1].disk.provisioned_size"),
    ],
    ids=range(10),
)
async def test_a_disk_that_a_vm_cannot_have_is_refused_at_its_place(
    asked: dict[str, Any], refusal: type[Exception], message: str
) -> None:
    world = World()
    before = snapshot_of(world)
    with pytest.raises(refusal, match=message.replace("[", r"\[")):
        await done(world, new_vm(world, template_id=TINY_ID, disk_attachments=(asked,)))
    assert snapshot_of(world) == before


async def test_a_disk_of_another_vm_is_refused() -> None:
    world = World()
    vm_id = await tiny_vm(world, "owner")
    taken, free = new_disk_on(world, vm_id), new_disk(world, "free")
    for command in (taken, free):
        await done(world, command)
    mine = {"disk": {"id": taken.disk.id}}
    with pytest.raises(WrongState, match="attached to another VM and not shareable"):
        await done(world, new_vm(world, disk_attachments=(mine,)))
    twice = {"disk": {"id": free.id}}
    with pytest.raises(BadValue, match=r"disk_attachment\[2\].disk: it stands there twice"):
        await done(world, new_vm(world, disk_attachments=(twice, twice)))
    other = {"disk": {"id": free.id, "name": "mine"}}
    with pytest.raises(BadValue, match=r"disk_attachment\[1\].disk.name: the disk is there, and its name is free"):
        new_vm(world, disk_attachments=(other,))
    await done(world, new_vm(world, disk_attachments=(twice,)))
    with pytest.raises(WrongState, match="attached to another VM"):
        await done(world, attaching(world, vm_id, free.id))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (({"name": "nic1"}, {"name": "nic1"}), f"{NIC}[2].name: another NIC of the VM"),
        (({"name": "a", "mac": "56:6f:1:1:1:1"}, {"name": "b", "mac": "56:6f:1:1:1:1"}), f"{NIC}[2].mac.address"),
        (({"name": "nic1", "interface": NicInterface.E1000E},), f"{NIC}[1].interface: a node can make"),
    ],
)
async def test_a_nic_that_a_vm_cannot_have_is_refused_at_its_place(
    asked: tuple[dict[str, Any], ...], message: str
) -> None:
    world = World()
    before = snapshot_of(world)
    with pytest.raises(BadValue, match=message.replace("[", r"\[")):
        await done(world, new_vm(world, nics=asked))
    assert snapshot_of(world) == before


async def test_an_image_that_cannot_be_made_takes_the_others_back() -> None:
    world = World()
    before = snapshot_of(world)
    command = new_vm(world, template_id=TINY_ID, disk_attachments=({"disk": NEW}, {"disk": NEW}), nics=({"name": "n"},))
    last = command.made[-1]
    other = ImageRequest(format=ImageFormat.RAW, size_bytes=MIB)
    await world.nodes[node_id(1)].make_image(last.image, other)
    with pytest.raises(StepFailed):
        await done(world, command)
    assert snapshot_of(world) == before
