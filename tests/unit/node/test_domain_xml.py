"""Specifications become the domains in tests/data/node/domains. `TRIVET_GOLDEN=write` writes them anew."""

import os
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from node.api.messages.images import ImageFormat, ImageRef
from node.api.messages.machine import Accelerator
from node.api.messages.vms import DiskBus, Firmware, GraphicsType, NicModel, VmDisk, VmLease, VmNic, VmSpec
from node.api.refusals import Malformed
from node.vms.domain_facts import LeaseFact, domain_facts
from node.vms.domain_xml import DomainPaths, domain_xml

GOLDEN = Path(__file__).parents[2] / "data" / "node" / "domains"
TCG = DomainPaths(
    accelerator=Accelerator.TCG,
    volumes=PurePosixPath("/var/lib/trivet/volumes"),
    console_logs=PurePosixPath("/var/log/libvirt/qemu"),
    new_ticket_value=lambda: "nobody's",
)
KVM = replace(TCG, accelerator=Accelerator.KVM)


def image(name: str, volume: str = "data") -> ImageRef:
    return ImageRef(storage_domain=volume, disk_id=f"disk-{name}", image_id=f"image-{name}")


SMALL = VmSpec(id="6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f60", name="small", memory_bytes=64 << 20)
ENGINE = VmSpec(
    id="0b4cf0f2-31d3-4f2b-bb52-5a39d9e0a001",
    name="engine",
    memory_bytes=1 << 30,
    cores=2,
    disks=(
        VmDisk(image=image("system", "engine"), format=ImageFormat.QCOW2, boot=True, serial="system"),
        VmDisk(image=image("seed", "engine"), format=ImageFormat.RAW, read_only=True),
    ),
    nics=(VmNic(id="9d2f2f4e-6a7f-4d8c-8f57-0d7f3a1f0001", mac="02:00:00:00:00:0a", bridge="ovirtmgmt"),),
    leases=(VmLease(lockspace="trivet", resource="engine", storage_domain="engine"),),
    watchdog=True,
)
MANY = VmSpec(
    id="6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f61",
    name="Büro & <Lager>\n№ 7",
    memory_bytes=(64 << 20) + 1,
    sockets=2,
    cores=2,
    threads=2,
    firmware=Firmware.UEFI,
    disks=tuple(
        VmDisk(image=image(bus.value), format=ImageFormat.RAW, bus=bus, serial="s" * 40)
        for bus in (DiskBus.SATA, DiskBus.VIRTIO, DiskBus.IDE, DiskBus.VIRTIO_SCSI)
    ),
    nics=(VmNic(id="n1", mac="02:00:00:00:00:0b", bridge="b", model=NicModel.E1000, linked=False),),
    guest_agent=False,
    graphics=(GraphicsType.VNC,),
)


@pytest.mark.parametrize(
    ("name", "spec", "paths"),
    [("small-tcg", SMALL, TCG), ("engine-kvm", ENGINE, KVM), ("many-tcg", MANY, TCG)],
)
def test_domain_is_as_in_the_golden_file(name: str, spec: VmSpec, paths: DomainPaths) -> None:
    path = GOLDEN / f"{name}.xml"
    made = domain_xml(spec, name, paths)
    if os.environ.get("TRIVET_GOLDEN") == "write":
        path.write_text(made)
    assert made == path.read_text()


def test_names_cannot_break_out_of_the_document() -> None:
    domain = ET.fromstring(domain_xml(MANY, "x", TCG))
    assert domain.findtext("title") == "Büro & <Lager> № 7"
    assert domain.findtext("metadata/{urn:trivet:vm:1}vm/{urn:trivet:vm:1}name") == MANY.name


def test_the_thirtieth_disk_has_two_letters() -> None:
    disk = VmDisk(image=image("x"), format=ImageFormat.RAW)
    spec = VmSpec(id=SMALL.id, name="x", memory_bytes=1 << 20, disks=(disk,) * 30)
    names = [t.get("dev") for t in ET.fromstring(domain_xml(spec, "x", TCG)).iterfind("devices/disk/target")]
    assert (names[0], names[25], names[26], names[29]) == ("vda", "vdz", "vdaa", "vdad")


def test_an_image_outside_the_volume_is_refused() -> None:
    away = ImageRef(storage_domain="data", disk_id="..", image_id="passwd")
    spec = VmSpec(id=SMALL.id, name="x", memory_bytes=1, disks=(VmDisk(image=away, format=ImageFormat.RAW),))
    with pytest.raises(Malformed):
        domain_xml(spec, "x", TCG)


def test_what_a_domain_needs_is_read_back() -> None:
    facts = domain_facts(domain_xml(ENGINE, "engine", TCG))
    assert facts.id == ENGINE.id
    assert facts.title == "engine"
    assert facts.disks == (
        "/var/lib/trivet/volumes/engine/images/disk-system/image-system",
        "/var/lib/trivet/volumes/engine/images/disk-seed/image-seed",
    )
    assert facts.bridges == ("ovirtmgmt",)
    assert facts.leases == (LeaseFact("trivet", "engine", "/var/lib/trivet/volumes/engine/leases/trivet/engine.lease"),)
