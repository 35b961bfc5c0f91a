"""A VM or a template becomes an OVF in oVirt's names, and is the same when it is read again."""

from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from hosted_engine.engine.networks.model import NicInterface
from hosted_engine.engine.ovf import names as n
from hosted_engine.engine.ovf.collect import entities_on
from hosted_engine.engine.ovf.model import OvfEntity, OvfUnreadable
from hosted_engine.engine.ovf.read import read_ovf
from hosted_engine.engine.ovf.write import ovf_of
from hosted_engine.engine.snapshots.entity import SNAPSHOTS
from hosted_engine.engine.vms.initialization.model import Initialization
from hosted_engine.engine.vms.model import (
    Affinity,
    BiosType,
    SerialNumberPolicy,
    Vm,
    VmType,
)
from tests.fakes.engine import DATA_ID, TINY_ID, World
from tests.unit.engine.scenes import adding, done, new_vm, tiny_vm

MIB = 1 << 20


async def entity_of(world: World, vm_id: str) -> OvfEntity:
    with world.store.transaction() as tx:
        return next(one for one in entities_on(tx, DATA_ID) if one.id == vm_id)


def as_read(entity: OvfEntity) -> OvfEntity:
    """What no OVF carries to another engine: clusters, profiles and what others count."""
    changes: dict[str, Any] = {"cluster_id": "" if isinstance(entity.item, Vm) else None}
    nics = tuple(replace(nic, nic=replace(nic.nic, vnic_profile_id=None)) for nic in entity.nics)
    changes |= {"created_at": float(int(entity.item.created_at))}
    return replace(entity, item=replace(entity.item, **changes), nics=nics)


async def a_vm(world: World) -> str:
    """With a NIC, a thin disk and a snapshot, and hardly a setting at its default."""
    with world.store.transaction() as tx:
        (profile,) = tx.vnic_profiles.list()
    nic = {"name": "nic1", "vnic_profile_id": profile.id, "interface": NicInterface.E1000, "linked": False}
    given: dict[str, Any] = {
        "description": "Ünusual <& odd>",
        "type": VmType.DESKTOP,
        "memory_bytes": 128 * MIB,
        "sockets": 2,
        "cores": 3,
        "bios_type": BiosType.Q35_OVMF,
        "serial_number_policy": SerialNumberPolicy.CUSTOM,
        "serial_number": "4711",
        "affinity": Affinity.PINNED,
        "boot_devices": ("network", "hd"),
        "high_availability": True,
        "delete_protected": True,
        "time_zone": "Europe/Berlin",
        "nics": (nic,),
    }
    command = new_vm(world, template_id=TINY_ID, **given)
    await done(world, command)
    await done(world, adding(world, SNAPSHOTS, vm_id=command.id, description="before"))
    return command.id


async def test_a_vm_is_the_same_when_it_is_read_again() -> None:
    world = World()
    entity = await entity_of(world, await a_vm(world))
    assert [len(entity.disks), len(entity.disks[0].layers), len(entity.nics), len(entity.snapshots)] == [1, 1, 1, 2]
    again = read_ovf(ovf_of(entity), DATA_ID)
    assert again == as_read(entity)
    assert (again.cluster, again.template, again.nics[0].network) == ("Default", "tiny", "ovirtmgmt")
    assert ovf_of(again) == ovf_of(as_read(entity))


async def test_a_template_is_the_same_when_it_is_read_again() -> None:
    world = World()
    template = await entity_of(world, TINY_ID)
    assert read_ovf(ovf_of(template), DATA_ID) == as_read(template)


async def test_its_names_are_those_of_ovirt() -> None:
    world = World()
    vm_id = await a_vm(world)
    envelope: Any = etree.fromstring(ovf_of(await entity_of(world, vm_id)).encode())
    content = envelope.find("Content")
    message = {one.tag: one.text for one in content if isinstance(one.tag, str)}
    assert (message["Name"], message["VmType"], message["BiosType"], message["MigrationSupport"]) == (
        "vm1",
        "0",
        "3",
        "2",
    )
    assert (message["default_boot_sequence"], message["TemplateId"], message["ClusterName"]) == (
        "13",
        TINY_ID,
        "Default",
    )
    assert message["MinAllocatedMem"].isdecimal()
    disks = envelope.findall("Section/Disk")
    assert [disk.get(f"{{{n.OVF}}}volume-format") for disk in disks] == ["COW", "COW"]
    assert disks[0].get(f"{{{n.OVF}}}parentRef").startswith("20000000-")
    assert disks[1].get(f"{{{n.OVF}}}disk-interface") == "VirtIO"
    assert disks[1].get(f"{{{n.OVF}}}parentRef") == disks[0].get(f"{{{n.OVF}}}fileRef")
    kinds = [one.findtext(f"{{{n.RASD}}}ResourceType") for one in content.iterfind("Section/Item")]
    assert kinds == ["3", "4", "17", "10"]
    mac = content.findtext(f"Section/Item/{{{n.RASD}}}MACAddress")
    assert mac is not None


async def test_no_secret_is_written() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    with world.store.transaction() as tx:
        vm = tx.vms.get(vm_id)
        assert vm is not None
        told = Initialization(host_name="web1", root_password=tx.secrets.seal("geheim"))
        tx.vms.update(replace(vm, initialization=told))
    await done(world, adding(world, SNAPSHOTS, vm_id=vm_id, description="before"))
    text = ovf_of(await entity_of(world, vm_id))
    assert "sealed" not in text
    assert read_ovf(text, DATA_ID).item.initialization == Initialization(host_name="web1")


async def test_what_counts_from_the_next_start_is_written() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    with world.store.transaction() as tx:
        vm = tx.vms.get(vm_id)
        assert vm is not None
        tx.vms.update(replace(vm, next_run={"cores": 4}))
    read = read_ovf(ovf_of(await entity_of(world, vm_id)), DATA_ID)
    assert read.item.cores == 4


@pytest.mark.parametrize(
    "text",
    ["", "no XML", "<Envelope/>", "<Envelope><Content/></Envelope>", "<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"],
    ids=str,
)
def test_what_is_no_ovf_is_refused(text: str) -> None:
    with pytest.raises(OvfUnreadable, match="the-id"):
        read_ovf(text, DATA_ID, "the-id")
