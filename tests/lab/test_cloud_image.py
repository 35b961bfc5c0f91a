"""What most people do first: a cloud image is uploaded, started with cloud-init, seen on its screen, entered by SSH."""

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types

from images import build
from tests.conformance.outside import all_traces, until
from tests.conformance.test_sdk import STATUS_DOWN, STATUS_UP, UP_WITHIN_S, connect, discard, profile
from tests.lab.site_client import SiteClient, site_client
from tests.lab.under_test import LabUnderTest

pytestmark = [pytest.mark.long, pytest.mark.timeout(2400)]

MIB, DOMAIN = 1 << 20, "data"
ADDRESS, NETMASK = "192.0.2.77", "255.255.255.0"  # of the lab's network, nobody else's
USER = "edge"
SET_UP_WITHIN_S = 600  # an emulated Debian that makes its SSH keys


@pytest.fixture
def client(lab: LabUnderTest, tmp_path: Path) -> SiteClient:
    return site_client(lab, tmp_path)


@pytest.fixture
def system(lab: LabUnderTest) -> Iterator[sdk.services.SystemService]:
    with connect(lab) as connection:
        yield connection.system_service()


def test_a_cloud_image_is_uploaded_set_up_seen_and_entered(
    lab: LabUnderTest, system: sdk.services.SystemService, client: SiteClient
) -> None:
    before, name = all_traces(lab), f"test-{uuid.uuid4().hex[:8]}"
    key = _key(client)
    disk = _upload(system, client, name)
    service = _add(system, name, disk)
    try:
        service.start(use_cloud_init=True, vm=types.Vm(initialization=_initialization(name, key)))
        until("the VM is up", lambda: bool(service.get().status == STATUS_UP), timeout_s=UP_WITHIN_S)
        until("something is on its screen", lambda: _colours(client, service) > 1, timeout_s=120, every_s=5)
        until("its user gets in", lambda: _said(client, "hostname") == name, timeout_s=SET_UP_WITHIN_S, every_s=5)
        assert ADDRESS in (_said(client, "ip", "-o", "address") or "")
        until("its agent says who it is", lambda: service.get().fqdn is not None, timeout_s=120)
        devices = service.reported_devices_service().list()
        assert ADDRESS in {ip.address for device in devices for ip in device.ips or ()}
        service.shutdown()
        until("the VM is down", lambda: bool(service.get().status == STATUS_DOWN), timeout_s=300)
    finally:
        discard(system, service.get().id)
    until("nothing of it is left on any node", lambda: all_traces(lab) == before, timeout_s=90)


def _key(client: SiteClient) -> str:
    """The public half of a key that is made for this client."""
    file = client.folder / "id_ed25519"
    client.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(file))
    return file.with_suffix(".pub").read_text().strip()


def _upload(system: sdk.services.SystemService, client: SiteClient, name: str) -> types.Disk:
    image = client.folder / f"{name}.qcow2"
    image.symlink_to(build.build_cloud(build.DEFAULT_STORE, print))
    client.sdk_example("upload_disk", "--sd-name", DOMAIN, "--disk-sparse", str(image))
    (disk,) = system.disks_service().list(search=f"name={image.name}")
    return disk


def _add(system: sdk.services.SystemService, name: str, disk: types.Disk) -> sdk.services.VmService:
    vm = types.Vm(
        name=name,
        cluster=types.Cluster(name="Default"),
        template=types.Template(name="Blank"),
        memory=768 * MIB,
        memory_policy=types.MemoryPolicy(guaranteed=512 * MIB),
        os=types.OperatingSystem(type="debian_9"),
        bios=types.Bios(type=types.BiosType.Q35_SEA_BIOS),
    )
    service = system.vms_service().vm_service(system.vms_service().add(vm).id)
    attachment = types.DiskAttachment(
        disk=types.Disk(id=disk.id), interface=types.DiskInterface.VIRTIO, bootable=True, active=True
    )
    service.disk_attachments_service().add(attachment)
    service.nics_service().add(types.Nic(name="nic1", vnic_profile=profile(system, "ovirtmgmt")))
    return service


def _initialization(name: str, key: str) -> types.Initialization:
    return types.Initialization(
        host_name=name,
        user_name=USER,
        authorized_ssh_keys=key,
        nic_configurations=[
            types.NicConfiguration(
                name="enp1s0",
                on_boot=True,
                boot_protocol=types.BootProtocol.STATIC,
                ip=types.Ip(version=types.IpVersion.V4, address=ADDRESS, netmask=NETMASK),
            )
        ],
    )


def _colours(client: SiteClient, service: sdk.services.VmService) -> int:
    """How many a VNC client with a ticket sees on the VM's screen."""
    (console,) = service.graphics_consoles_service().list(current=True)
    ticket = client.folder / "ticket"
    ticket.write_text(service.ticket().value)
    return client.colours_on_screen(console.address, console.port, ticket)


def _said(client: SiteClient, *command: str) -> str | None:
    """What it prints in the VM, None as long as nobody gets in."""
    options = (
        "StrictHostKeyChecking=no",
        f"UserKnownHostsFile={client.folder}/known",
        "ConnectTimeout=5",
        "BatchMode=yes",
    )
    argv = ["ssh", "-i", str(client.folder / "id_ed25519"), *(f"-o{one}" for one in options), f"{USER}@{ADDRESS}"]
    try:
        return client.run(*argv, *command, timeout_s=60).strip()
    except (AssertionError, subprocess.TimeoutExpired):
        return None
