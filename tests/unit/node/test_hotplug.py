"""Plugging into running domains: what is decided, and that nothing is said to be gone that a guest has still."""

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from pathlib import PurePosixPath
from typing import Any

import msgspec
import pytest

from node.api.messages.machine import Accelerator
from node.api.messages.vms import DiskBus, NicModel, VmNic
from node.api.refusals import ImageUnknown, NotPluggable, NotUnplugged
from node.system.threads import Threads
from node.vms.domain_facts import DomainFacts
from node.vms.domain_xml import DomainPaths, domain_xml
from node.vms.hotplug import UNPLUG_S, HotPlug
from node.vms.hotplug_plan import changed_nic, nic_of, taken_names
from node.vms.states import PAUSED, SHUT_OFF
from tests.fakes.clock import FakeClock
from tests.fakes.hypervisor import FakeHypervisor
from tests.unit.node.vm_settings import BASE, DISK

TCG = DomainPaths(Accelerator.TCG, PurePosixPath("/volumes"), PurePosixPath("/logs"))
NIC = VmNic(id="nic", mac="02:00:00:00:00:0a", bridge="br0")
THIRD = msgspec.structs.replace(DISK, image=msgspec.structs.replace(DISK.image, disk_id="third"), boot=False)

# A plugged NIC as libvirt 11.3 has it of a VM that runs.
LIVE_NIC = """<interface type='bridge'>
  <mac address='02:00:00:00:00:0a'/>
  <source bridge='br0'/>
  <target dev='vnet0'/>
  <model type='virtio'/>
  <link state='up'/>
  <alias name='ua-nic'/>
  <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
</interface>"""


class World:
    def __init__(self) -> None:
        self.hypervisor, self.clock, self.threads = FakeHypervisor(), FakeClock(), Threads("hotplug", 2)
        self.missing: str = ""
        self.asked: list[DomainFacts] = []
        volumes = PurePosixPath(TCG.volumes)
        self.plug = HotPlug(self.hypervisor, self.threads, self.clock, volumes, ready=self._ready)
        self.hypervisor.start(domain_xml(BASE, "base", TCG))

    async def _ready(self, facts: DomainFacts) -> None:
        self.asked.append(facts)
        if self.missing:
            raise ImageUnknown(image=self.missing, storage_domain="data")

    def domain(self) -> ET.Element:
        return ET.fromstring(self.hypervisor.live_xml(BASE.id))

    def names(self) -> list[str | None]:
        return [target.get("dev") for target in self.domain().iterfind("devices/disk/target")]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    made.threads.close()


async def test_a_disk_gets_the_next_name_and_is_plugged_once(world: World) -> None:
    for _ in range(2):
        await world.plug.plug_disk(BASE.id, THIRD)
    await world.plug.plug_disk(BASE.id, DISK)  # it was started with it
    assert world.names() == ["vda", "vdb", "vdc"]
    assert [facts.disks for facts in world.asked] == [("/volumes/data/images/third/image",)]


async def test_a_name_in_the_middle_is_not_given_twice(world: World) -> None:
    await world.plug.plug_disk(BASE.id, THIRD)
    await world.plug.unplug_disk(BASE.id, BASE.disks[1].image)
    assert world.names() == ["vda", "vdc"]
    await world.plug.plug_disk(BASE.id, BASE.disks[1])
    assert world.names() == ["vda", "vdc", "vdd"]


@pytest.mark.parametrize("bus", [DiskBus.SATA, DiskBus.IDE])
async def test_what_qemu_cannot_plug_is_refused_before_it_is_asked(world: World, bus: DiskBus) -> None:
    with pytest.raises(NotPluggable, match=f"{bus} disks cannot be plugged"):
        await world.plug.plug_disk(BASE.id, msgspec.structs.replace(THIRD, bus=bus))


async def test_a_scsi_disk_needs_the_controller_that_the_vm_was_started_with(world: World) -> None:
    scsi = msgspec.structs.replace(THIRD, bus=DiskBus.VIRTIO_SCSI)
    with pytest.raises(NotPluggable, match="without a virtio-SCSI controller"):
        await world.plug.plug_disk(BASE.id, scsi)
    world.hypervisor.edit(domain_xml(msgspec.structs.replace(BASE, virtio_scsi=True), "base", TCG))
    await world.plug.plug_disk(BASE.id, scsi)
    assert world.names() == ["vda", "vdb", "sda"]


async def test_what_is_missing_is_said_and_nothing_is_plugged(world: World) -> None:
    world.missing = "image"
    with pytest.raises(ImageUnknown):
        await world.plug.plug_disk(BASE.id, THIRD)
    world.missing, world.hypervisor.refuse_attach = "", 'Failed to get "write" lock'
    with pytest.raises(NotPluggable, match="lock"):
        await world.plug.plug_disk(BASE.id, THIRD)
    assert world.names() == ["vda", "vdb"]


@pytest.mark.parametrize(("state", "reason"), [(SHUT_OFF, "does not run"), (0, "it is unknown")])
async def test_a_vm_that_does_not_run_has_nothing_plugged(world: World, state: int, reason: str) -> None:
    world.hypervisor.set(BASE.id, state, 1)
    with pytest.raises(NotPluggable, match=reason):
        await world.plug.plug_nic(BASE.id, NIC)


async def test_a_guest_that_does_not_let_go_has_its_device_still(world: World) -> None:
    world.hypervisor.lets_go = False
    began = world.clock.monotonic()
    with pytest.raises(NotUnplugged, match="did not let go of disk second"):
        await world.plug.unplug_disk(BASE.id, BASE.disks[1].image)
    assert world.clock.monotonic() - began >= UNPLUG_S
    assert world.names() == ["vda", "vdb"]


async def test_a_guest_that_lets_go_late_is_waited_for(world: World) -> None:
    world.hypervisor.lets_go = False
    unplugs = asyncio.create_task(world.plug.unplug_disk(BASE.id, BASE.disks[1].image))
    await asyncio.sleep(0.02)
    element = world.domain().findall("devices/disk")[1]
    world.hypervisor.let_go(BASE.id, ET.tostring(element, encoding="unicode"))
    await unplugs
    assert world.names() == ["vda"]


async def test_a_vm_that_ends_meanwhile_has_let_go(world: World) -> None:
    world.hypervisor.lets_go = False
    unplugs = asyncio.create_task(world.plug.unplug_disk(BASE.id, BASE.disks[1].image))
    await asyncio.sleep(0.02)
    world.hypervisor.set(BASE.id, SHUT_OFF, 1)
    await unplugs


async def test_a_paused_vm_may_have_something_plugged(world: World) -> None:
    world.hypervisor.set(BASE.id, PAUSED, 1)
    await world.plug.plug_disk(BASE.id, THIRD)
    assert world.names() == ["vda", "vdb", "vdc"]


async def test_a_nic_is_plugged_and_unplugged(world: World) -> None:
    second = msgspec.structs.replace(NIC, id="second", mac="02:00:00:00:00:1b")
    for _ in range(2):
        await world.plug.plug_nic(BASE.id, second)
    assert nic_of(world.domain(), "second") is not None
    for _ in range(2):
        await world.plug.unplug_nic(BASE.id, "second")
    assert nic_of(world.domain(), "second") is None
    assert nic_of(world.domain(), "nic") is not None


def change(**values: Any) -> ET.Element | None:
    text = changed_nic(ET.fromstring(LIVE_NIC), msgspec.structs.replace(NIC, **values))
    return ET.fromstring(text) if text is not None else None


def test_a_nic_that_is_as_it_has_to_be_is_left_alone() -> None:
    assert change() is None


def test_network_and_link_change_and_nothing_else() -> None:
    changed = change(bridge="br1", linked=False, isolated=True)
    assert changed is not None
    source, link, port = changed.find("source"), changed.find("link"), changed.find("port")
    assert source is not None
    assert link is not None
    assert port is not None
    assert (source.attrib, link.attrib, port.attrib) == ({"bridge": "br1"}, {"state": "down"}, {"isolated": "yes"})
    for same in ("mac", "target", "model", "alias", "address"):
        before, after = ET.fromstring(LIVE_NIC).find(same), changed.find(same)
        assert before is not None
        assert after is not None
        assert before.attrib == after.attrib


@pytest.mark.parametrize(
    ("values", "reason"), [({"mac": "02:00:00:00:00:0b"}, "address"), ({"model": NicModel.E1000}, "model")]
)
def test_address_and_model_do_not_change_while_it_is_plugged(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        change(**values)


def test_names_of_devices_go_on_after_the_last() -> None:
    disks = "".join(f"<disk><target dev='{name}'/></disk>" for name in ("vda", "vdz", "sdb", "vdaa"))
    assert taken_names(ET.fromstring(f"<domain><devices>{disks}</devices></domain>")) == {"vd": 27, "sd": 2}
