"""A VM is installed as people do it: an ISO is uploaded, the VM boots from it, somebody types on its screen, takes the
disc out, and the VM starts from its disk from then on, on any host."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types

from tests.conformance.outside import all_traces, console, until
from tests.conformance.test_sdk import STATUS_DOWN, STATUS_UP, UP_WITHIN_S, connect, discard
from tests.lab import installer_disc
from tests.lab.operator import Operator
from tests.lab.site_client import SiteClient, site_client
from tests.lab.under_test import LabUnderTest

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

MIB, DOMAIN = 1 << 20, "data"
DISK_BYTES = 64 * MIB
NAME = "Edge-Site7"
WORK_WITHIN_S = 180


@pytest.fixture
def client(lab: LabUnderTest, tmp_path: Path) -> SiteClient:
    return site_client(lab, tmp_path)


@pytest.fixture
def system(lab: LabUnderTest) -> Iterator[sdk.services.SystemService]:
    with connect(lab) as connection:
        yield connection.system_service()


def test_an_iso_is_installed_by_keyboard_over_vnc(
    lab: LabUnderTest, system: sdk.services.SystemService, client: SiteClient
) -> None:
    before = all_traces(lab)
    with uploaded(system, client) as disc, empty_vm(system) as service:
        drive = service.cdroms_service().cdrom_service(service.cdroms_service().list()[0].id)
        drive.update(types.Cdrom(file=types.File(id=disc.id)))
        service.start(vm=types.Vm(os=boots_from(types.BootDevice.CDROM, types.BootDevice.HD)))
        until("the VM is up", lambda: bool(service.get().status == STATUS_UP), timeout_s=UP_WITHIN_S)

        operator = Operator(lab, service)
        until("the installer asks", lambda: operator.colour() == installer_disc.ASKS, timeout_s=UP_WITHIN_S, every_s=2)
        operator.type_text(f"{NAME}\n")
        until("it has installed", lambda: operator.colour() != installer_disc.ASKS, timeout_s=UP_WITHIN_S, every_s=2)
        assert operator.colour() == installer_disc.DONE
        with pytest.raises(sdk.Error, match="CD"):
            system.disks_service().disk_service(disc.id).remove()
        drive.update(types.Cdrom(file=types.File(id="")), current=True)
        operator.type_text("\n")
        host = host_of(system, service)
        until("it starts from its disk", lambda: names_itself(lab, host, service), timeout_s=UP_WITHIN_S)

        service.stop()
        until("the VM is down", lambda: bool(service.get().status == STATUS_DOWN), timeout_s=WORK_WITHIN_S)
        drive.update(types.Cdrom(file=types.File(id="")))
        elsewhere = next(one for one in lab.nodes if one != host)
        service.start(vm=types.Vm(placement_policy=types.VmPlacementPolicy(hosts=[types.Host(name=elsewhere)])))
        until("it starts on another host", lambda: names_itself(lab, elsewhere, service), timeout_s=UP_WITHIN_S)
        assert host_of(system, service) == elsewhere
    until("nothing of it is left on any node", lambda: all_traces(lab) == before, timeout_s=90)


@contextmanager
def uploaded(system: sdk.services.SystemService, client: SiteClient) -> Iterator[types.Disk]:
    """The medium as a disk, by the SDK's own example; gone afterwards."""
    iso = client.folder / f"test-{uuid.uuid4().hex[:8]}.iso"
    installer_disc.make(iso)
    client.sdk_example("upload_disk", "--sd-name", DOMAIN, str(iso))
    (disc,) = system.disks_service().list(search=f"name={iso.name}")
    try:
        assert disc.content_type == types.DiskContentType.ISO
        yield disc
    finally:
        system.disks_service().disk_service(disc.id).remove()


@contextmanager
def empty_vm(system: sdk.services.SystemService) -> Iterator[sdk.services.VmService]:
    """One with an empty disk; gone afterwards, with it."""
    vm = types.Vm(
        name=f"test-{uuid.uuid4().hex[:8]}",
        cluster=types.Cluster(name="Default"),
        template=types.Template(name="Blank"),
        memory=256 * MIB,
        memory_policy=types.MemoryPolicy(guaranteed=256 * MIB),
        bios=types.Bios(type=types.BiosType.Q35_SEA_BIOS),
    )
    service = system.vms_service().vm_service(system.vms_service().add(vm).id)
    try:
        until("the VM is made", lambda: bool(service.get().status == STATUS_DOWN), timeout_s=WORK_WITHIN_S)
        disk = types.Disk(
            name=f"{vm.name}-system",
            provisioned_size=DISK_BYTES,
            format=types.DiskFormat.COW,
            storage_domains=[types.StorageDomain(name=DOMAIN)],
        )
        added = service.disk_attachments_service().add(
            types.DiskAttachment(disk=disk, interface=types.DiskInterface.VIRTIO, bootable=True, active=True)
        )
        made = system.disks_service().disk_service(added.disk.id)
        until("its disk is made", lambda: bool(made.get().status == types.DiskStatus.OK), timeout_s=WORK_WITHIN_S)
        yield service
    finally:
        discard(system, service.get().id)


def boots_from(*devices: types.BootDevice) -> types.OperatingSystem:
    return types.OperatingSystem(boot=types.Boot(devices=list(devices)))


def host_of(system: sdk.services.SystemService, service: sdk.services.VmService) -> str:
    return str(system.hosts_service().host_service(service.get().host.id).get().name)


def names_itself(lab: LabUnderTest, host: str, service: sdk.services.VmService) -> bool:
    return f"{installer_disc.INSTALLED}{NAME}" in console(lab, host, service.get().id)
