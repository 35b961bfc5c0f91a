"""Discs in the drives of running VMs."""

import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath

import msgspec
import pytest

from node.api.messages.images import ImageRef
from node.api.messages.machine import Accelerator
from node.api.messages.vms import BootDevice, CdRequest, VmCdrom, VmSpec
from node.api.refusals import ImageUnknown, NoCdrom, NotMounted, VmUnknown
from node.storage import layout
from node.system.threads import Threads
from node.vms.cdroms import Cdroms, with_disc
from node.vms.domain_xml import DomainPaths, domain_xml
from tests.fakes.hypervisor import FakeHypervisor

ONE = ImageRef(storage_domain="data", disk_id="one", image_id="image")
TWO = ImageRef(storage_domain="data", disk_id="two", image_id="image")
SPEC = VmSpec(id="6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f60", name="vm", memory_bytes=64 << 20, cdrom=VmCdrom(disc=ONE))


class World:
    def __init__(self, volumes: Path) -> None:
        self.hypervisor = FakeHypervisor()
        self.threads = Threads("cdroms", 1)
        self.paths = DomainPaths(Accelerator.TCG, PurePosixPath(volumes), PurePosixPath("/logs"))
        self.cdroms = Cdroms(self.hypervisor, self.threads, volumes=volumes, need=self.need)
        self.two = Path(layout.image(PurePosixPath(volumes), TWO))

    async def need(self, domain: str) -> None:
        if domain != "data":
            raise NotMounted(storage_domain=domain, reason="it is not mounted")

    def start(self, spec: VmSpec) -> None:
        self.hypervisor.start(domain_xml(spec, "vm", self.paths))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    made.two.parent.mkdir(parents=True)
    made.two.touch()
    yield made
    made.threads.close()


def drive(xml: str) -> ET.Element:
    (found,) = ET.fromstring(xml).findall("devices/disk[@device='cdrom']")
    return found


def source(element: ET.Element) -> str | None:
    found = element.find("source")
    return found.get("file") if found is not None else None


async def test_a_vm_has_one_drive_with_its_disc_whether_it_boots_from_it_or_not(world: World) -> None:
    for devices in ((BootDevice.HD,), (BootDevice.CDROM, BootDevice.HD)):
        xml = domain_xml(msgspec.structs.replace(SPEC, boot_devices=devices), "vm", world.paths)
        assert str(source(drive(xml))).endswith("/data/images/one/image")
        assert (drive(xml).find("boot") is not None) is (BootDevice.CDROM in devices)
        assert drive(xml).find("readonly") is not None


async def test_another_disc_and_none_by_force(world: World) -> None:
    world.start(SPEC)
    await world.cdroms.change_cd(SPEC.id, CdRequest(disc=TWO))
    await world.cdroms.change_cd(SPEC.id, CdRequest())
    inserted, ejected = (ET.fromstring(xml) for xml in world.hypervisor.updated_devices)
    assert source(inserted) == str(world.two)
    assert source(ejected) is None
    assert world.hypervisor.forced == [True, True]


async def test_what_cannot_be_put_in_is_refused(world: World) -> None:
    with pytest.raises(VmUnknown):
        await world.cdroms.change_cd(SPEC.id, CdRequest(disc=TWO))
    world.start(SPEC)
    with pytest.raises(ImageUnknown):
        await world.cdroms.change_cd(SPEC.id, CdRequest(disc=msgspec.structs.replace(TWO, image_id="other")))
    with pytest.raises(NotMounted):
        await world.cdroms.change_cd(SPEC.id, CdRequest(disc=msgspec.structs.replace(TWO, storage_domain="other")))
    assert world.hypervisor.updated_devices == []


async def test_a_vm_without_a_drive_has_none_to_put_it_in(world: World) -> None:
    world.start(msgspec.structs.replace(SPEC, cdrom=None))
    with pytest.raises(NoCdrom, match="without a drive"):
        await world.cdroms.change_cd(SPEC.id, CdRequest(disc=TWO))


def test_what_the_disc_before_brought_goes_with_it() -> None:
    """As libvirt 11.3 shows a drive of a VM that runs."""
    live = """<domain><devices><disk type='file' device='cdrom'><driver name='qemu' type='raw'/>
        <source file='/a' index='1'/><backingStore/><target dev='sda' bus='sata'/><readonly/>
        <alias name='sata0-0-0'/></disk></devices></domain>"""
    changed = ET.fromstring(str(with_disc(live, "/b")))
    assert [(e.tag, e.get("file")) for e in changed if e.tag in ("source", "backingStore")] == [("source", "/b")]
