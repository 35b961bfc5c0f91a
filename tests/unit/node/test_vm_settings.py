"""No setting of a VM is passed over: each changes its domain, or the VM is refused with a reason."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import msgspec
import pytest

from node.api.messages.images import ImageFormat
from node.api.messages.machine import Accelerator
from node.api.messages.vms import BootDevice, DiskBus, Firmware, NicModel, VmDisk, VmLease, VmNic, VmSpec
from node.system.time_zones import is_known
from node.vms.domain_xml import DomainPaths, domain_xml
from node.vms.vm_checks import why_not_possible
from tests.unit.node.vm_settings import BASE, DISK, DISKS, LEASES, NIC, NICS, SPEC, changed

TCG = DomainPaths(Accelerator.TCG, PurePosixPath("/volumes"), PurePosixPath("/logs"))
HD, CDROM, NETWORK = BootDevice.HD, BootDevice.CDROM, BootDevice.NETWORK


def with_(base: Any, **values: Any) -> Any:
    return msgspec.structs.replace(base, **values)


def disk(number: int, **values: Any) -> VmDisk:
    image = with_(DISK.image, image_id=f"i{number}")
    return msgspec.structs.replace(DISK, image=image, **values)


def domain(spec: VmSpec) -> ET.Element:
    return ET.fromstring(domain_xml(spec, "x", TCG))


def found(spec: VmSpec, path: str, attribute: str) -> list[str | None]:
    return [element.get(attribute) for element in domain(spec).iterfind(path)]


@pytest.mark.parametrize(
    ("kind", "values"), [(VmSpec, SPEC), (VmDisk, DISKS), (VmNic, NICS), (VmLease, LEASES)], ids=lambda one: str(one)
)
def test_every_setting_has_another_value_here(kind: type[msgspec.Struct], values: dict[str, Any]) -> None:
    assert values.keys() == set(kind.__struct_fields__)


BESIDE_DOMAIN = {"start_paused", "resume_from"}  # how it is started: test_vms, test_suspending
IN_DOMAIN = [pytest.param(base, other, id=name) for name, base, other in changed() if name not in BESIDE_DOMAIN]


@pytest.mark.parametrize(("base", "other"), IN_DOMAIN)
def test_every_setting_changes_the_domain(base: VmSpec, other: VmSpec) -> None:
    assert base != other
    for spec in (base, other):
        assert why_not_possible(spec, knows_time_zone=True) is None
    assert domain_xml(base, base.name, TCG) != domain_xml(other, other.name, TCG)


def test_a_setting_at_its_default_is_not_sent() -> None:
    """An older node, which does not know it, still takes the VM."""
    sent = msgspec.json.decode(msgspec.json.encode(BASE))
    assert sent.keys() == {"id", "name", "memory_bytes", "disks", "nics"}
    assert sent["nics"] == [{"id": "nic", "mac": NIC.mac, "bridge": "br0"}]
    assert msgspec.json.decode(msgspec.json.encode(BASE), type=VmSpec) == BASE


# --- what is tried first when it boots -------------------------------------------------------------------------------


def boot_orders(spec: VmSpec) -> Iterator[tuple[str, str]]:
    for device in domain(spec).find("devices") or ():
        if (boot := device.find("boot")) is not None:
            source = device.find("source")
            name = "" if source is None else source.get("file", source.get("bridge", "")).rpartition("/")[2]
            yield boot.get("order", ""), name or device.get("device", "")


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        ((), []),
        ((HD,), ["i2", "i3"]),
        ((NETWORK,), ["br0", "br1"]),
        ((CDROM, HD), ["cdrom", "i2", "i3"]),
        ((NETWORK, HD, CDROM), ["br0", "br1", "i2", "i3", "cdrom"]),
    ],
)
def test_devices_are_tried_in_their_order_and_no_others(devices: tuple[BootDevice, ...], expected: list[str]) -> None:
    disks = (disk(1, boot=False), disk(2), disk(3))
    spec = with_(BASE, boot_devices=devices, disks=disks, nics=(NIC, with_(NIC, id="n2", bridge="br1")))
    assert sorted(boot_orders(spec)) == [(str(i + 1), name) for i, name in enumerate(expected)]


def test_a_nic_has_its_boot_rom_only_when_it_boots() -> None:
    assert found(BASE, "devices/interface/rom", "enabled") == ["no"]
    assert found(with_(BASE, boot_devices=(NETWORK,)), "devices/interface/rom", "enabled") == []


# --- buses -----------------------------------------------------------------------------------------------------------


def test_ide_is_ide_on_an_i440fx_and_sata_on_a_q35() -> None:
    spec = with_(BASE, disks=(disk(1, bus=DiskBus.IDE), disk(2, bus=DiskBus.SATA)), boot_devices=(CDROM,))
    target = "devices/disk/target"
    assert (found(spec, target, "bus"), found(spec, target, "dev")) == (["sata"] * 3, ["sda", "sdb", "sdc"])
    for machine in ("pc", "pc-i440fx-9.2"):
        other = with_(spec, machine=machine)
        assert found(other, target, "bus") == ["ide", "sata", "ide"]
        assert found(other, target, "dev") == ["hda", "sda", "hdb"]


def test_io_threads_share_the_virtio_disks_and_the_first_has_the_scsi_controller() -> None:
    disks = tuple(disk(i, bus=DiskBus.VIRTIO_SCSI if i == 1 else DiskBus.VIRTIO) for i in range(4))
    spec = with_(BASE, disks=disks, io_threads=2)
    assert domain(spec).findtext("iothreads") == "2"
    assert found(spec, "devices/disk/driver", "iothread") == ["1", None, "2", "1"]
    assert found(spec, "devices/controller/driver", "iothread") == ["1"]


def test_a_disk_whose_storage_fails_stops_the_vm_or_tells_its_guest() -> None:
    spec = with_(BASE, disks=(disk(1), disk(2, propagate_errors=True)))
    assert found(spec, "devices/disk/driver", "error_policy") == ["stop", "report"]


def test_uefi_has_a_store_of_variables_for_each_vm() -> None:
    """By the VM's id: two may have had the same name here, one after the other."""
    for firmware in (Firmware.UEFI, Firmware.UEFI_SECURE_BOOT):
        assert BASE.id in (domain(with_(BASE, firmware=firmware)).findtext("os/nvram") or "")
    assert domain(BASE).find("os/nvram") is None


# --- what no node can make -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"memory_guaranteed_bytes": BASE.memory_bytes + 1}, "cannot be guaranteed"),
        ({"memory_guaranteed_bytes": -1}, "cannot be guaranteed"),
        ({"machine": "isapc"}, "its machine 'isapc'"),
        ({"machine": "pc-q35-"}, "its machine"),
        ({"machine": "pc", "firmware": Firmware.UEFI_SECURE_BOOT}, "secure boot"),
        ({"machine": "pc-i440fx-9.2", "firmware": Firmware.UEFI_SECURE_BOOT}, "secure boot"),
        ({"cpu_model": "-vmx"}, "its processor"),
        ({"boot_devices": (HD, HD)}, "named twice"),
        ({"boot_devices": (NETWORK,), "nics": ()}, "has no NIC"),
        ({"serial_number": "a\nb"}, "cannot be printed"),
        ({"io_threads": -1}, "I/O threads"),
        ({"scsi_queues": 0}, "cannot have 0 queues"),
        ({"disks": (with_(DISK, format=ImageFormat.QCOW2, shareable=True),)}, "disk disk cannot be shared"),
        ({"disks": (with_(DISK, bus=DiskBus.IDE, read_only=True),)}, "disk disk cannot be read-only: ide"),
        ({"disks": (with_(DISK, bus=DiskBus.SATA, read_only=True),)}, "disk disk cannot be read-only: sata"),
        ({"nics": (with_(NIC, queues=0),)}, "NIC nic cannot have 0 queues"),
        ({"nics": (with_(NIC, queues=257),)}, "NIC nic cannot have 257 queues"),
        ({"nics": (with_(NIC, queues=2, model=NicModel.E1000E),)}, "a e1000e has one"),
        ({"machine": "pc", "disks": tuple(disk(i, bus=DiskBus.IDE) for i in range(5))}, "needs 5 places for IDE"),
        (
            {"machine": "pc", "disks": tuple(disk(i, bus=DiskBus.IDE) for i in range(4)), "boot_devices": (CDROM,)},
            "needs 5 places for IDE",
        ),
    ],
)
def test_what_no_node_can_make_has_a_reason(values: dict[str, Any], reason: str) -> None:
    assert reason in (why_not_possible(with_(BASE, **values), knows_time_zone=True) or "")


@pytest.mark.parametrize(
    "values",
    [
        {"memory_guaranteed_bytes": 0},
        {"memory_guaranteed_bytes": BASE.memory_bytes},
        {"machine": "pc-q35-10.0+debian"},
        {"machine": "pc", "firmware": Firmware.UEFI},
        {"machine": "pc", "disks": tuple(disk(i, bus=DiskBus.IDE) for i in range(4))},
        {"disks": tuple(disk(i, bus=DiskBus.IDE) for i in range(5))},
        {"disks": (with_(DISK, read_only=True, bus=DiskBus.VIRTIO_SCSI),)},
        {"boot_devices": ()},
    ],
)
def test_what_a_node_can_make_has_none(values: dict[str, Any]) -> None:
    assert why_not_possible(with_(BASE, **values), knows_time_zone=True) is None


def test_a_time_zone_that_a_node_does_not_have_is_a_reason() -> None:
    assert "'Europe/Nowhere'" in (
        why_not_possible(with_(BASE, time_zone="Europe/Nowhere"), knows_time_zone=False) or ""
    )


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("", True),
        ("Europe/Berlin", True),
        ("Etc/GMT", True),
        ("GMT Standard Time", False),
        ("Europe", False),
        ("../../etc/passwd", False),
        ("localtime", False),
        ("right/Europe/Berlin", False),
        ("a\0b", False),
    ],
)
def test_time_zones(name: str, known: bool) -> None:
    assert is_known(name) is known
