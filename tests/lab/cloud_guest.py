"""VMs of a cloud image on a lab: told who they are by cloud-init, entered by SSH as their user would."""

import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import ovirtsdk4 as sdk
from ovirtsdk4 import types

from images import build
from tests.conformance.outside import until
from tests.conformance.test_sdk import STATUS_DOWN, STATUS_UP, UP_WITHIN_S, discard, profile
from tests.lab.site_client import SiteClient

MIB, DOMAIN = 1 << 20, "data"
NETMASK = "255.255.255.0"  # of the lab's network
USER = "edge"
SET_UP_WITHIN_S = 600  # an emulated Debian that makes its SSH keys
DOWN_WITHIN_S = 300


@dataclass(frozen=True)
class CloudGuest:
    """`name` is the VM's and its host name; `address` nobody else's in the lab's network."""

    client: SiteClient
    service: sdk.services.VmService
    name: str
    address: str

    def start(self) -> None:
        """Returns when its user gets in."""
        key = public_key(self.client)
        self.service.start(
            use_cloud_init=True, vm=types.Vm(initialization=_initialization(self.name, self.address, key))
        )
        self._gets_up()

    def start_again(self) -> None:
        """As it was set up before."""
        self.service.start()
        self._gets_up()

    def _gets_up(self) -> None:
        until("the VM is up", lambda: bool(self.service.get().status == STATUS_UP), timeout_s=UP_WITHIN_S)
        until("its user gets in", lambda: self.asked("hostname") == self.name, timeout_s=SET_UP_WITHIN_S, every_s=5)

    def shut_down(self) -> None:
        self.service.shutdown()
        until("the VM is down", lambda: bool(self.service.get().status == STATUS_DOWN), timeout_s=DOWN_WITHIN_S)

    def run(self, script: str) -> str:
        """What a script prints in there, run as root."""
        return self.client.run(*self._ssh(), "sudo", "sh", "-c", f"'{script}'").strip()

    def asked(self, *command: str) -> str | None:
        """What a command prints in there, None as long as nobody gets in."""
        try:
            return self.client.run(*self._ssh(), *command, timeout_s=60).strip()
        except (AssertionError, subprocess.TimeoutExpired):
            return None

    def colours_on_screen(self) -> int:
        """How many a VNC client with a ticket sees."""
        (console,) = self.service.graphics_consoles_service().list(current=True)
        ticket = self.client.folder / "ticket"
        ticket.write_text(self.service.ticket().value)
        return self.client.colours_on_screen(console.address, console.port, ticket)

    def _ssh(self) -> list[str]:
        options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "ConnectTimeout=5")
        key = str(self.client.folder / "id_ed25519")
        return ["ssh", "-i", key, *(f"-o{one}" for one in (*options, "BatchMode=yes")), f"{USER}@{self.address}"]


def upload(system: sdk.services.SystemService, client: SiteClient) -> types.Disk:
    """The cloud image as a disk, by the SDK's own example."""
    image = client.folder / f"test-{uuid.uuid4().hex[:8]}.qcow2"
    image.symlink_to(build.build_cloud(build.DEFAULT_STORE, print))
    client.sdk_example("upload_disk", "--sd-name", DOMAIN, "--disk-sparse", str(image))
    (disk,) = system.disks_service().list(search=f"name={image.name}")
    return disk


@contextmanager
def guest_with(
    system: sdk.services.SystemService, client: SiteClient, disk: types.Disk, address: str
) -> Iterator[CloudGuest]:
    """A VM that has the disk; gone afterwards, with it."""
    service = _add(system, "Blank")
    attachment = types.DiskAttachment(
        disk=types.Disk(id=disk.id), interface=types.DiskInterface.VIRTIO, bootable=True, active=True
    )
    service.disk_attachments_service().add(attachment)
    service.nics_service().add(types.Nic(name="nic1", vnic_profile=profile(system, "ovirtmgmt")))
    yield from _guest(system, client, service, address)


@contextmanager
def guest_of(
    system: sdk.services.SystemService, client: SiteClient, template: str, address: str
) -> Iterator[CloudGuest]:
    """A thin VM of a template; gone afterwards."""
    yield from _guest(system, client, _add(system, template), address)


def _guest(
    system: sdk.services.SystemService, client: SiteClient, service: sdk.services.VmService, address: str
) -> Iterator[CloudGuest]:
    vm = service.get()
    until("the VM is made", lambda: bool(service.get().status == STATUS_DOWN), timeout_s=DOWN_WITHIN_S)
    try:
        yield CloudGuest(client, service, vm.name, address)
    finally:
        discard(system, vm.id)


def _add(system: sdk.services.SystemService, template: str) -> sdk.services.VmService:
    vm = types.Vm(
        name=f"test-{uuid.uuid4().hex[:8]}",
        cluster=types.Cluster(name="Default"),
        template=types.Template(name=template),
        memory=768 * MIB,
        memory_policy=types.MemoryPolicy(guaranteed=512 * MIB),
        os=types.OperatingSystem(type="debian_9"),
        bios=types.Bios(type=types.BiosType.Q35_SEA_BIOS),
    )
    return system.vms_service().vm_service(system.vms_service().add(vm).id)


def public_key(client: SiteClient) -> str:
    """Of a pair that is made for this client, once."""
    file = client.folder / "id_ed25519"
    if not file.exists():
        client.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(file))
    return file.with_suffix(".pub").read_text().strip()


def _initialization(name: str, address: str, key: str) -> types.Initialization:
    return types.Initialization(
        host_name=name,
        user_name=USER,
        authorized_ssh_keys=key,
        nic_configurations=[
            types.NicConfiguration(
                name="enp1s0",
                on_boot=True,
                boot_protocol=types.BootProtocol.STATIC,
                ip=types.Ip(version=types.IpVersion.V4, address=address, netmask=NETMASK),
            )
        ],
    )
