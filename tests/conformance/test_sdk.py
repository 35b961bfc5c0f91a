"""The unmodified oVirt SDK from outside the appliance, and what came of it seen on the nodes, not through the API."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types

from tests.conformance.outside import all_traces, answers_ping, console, running, until
from tests.lab.under_test import LabUnderTest

GIB = 1 << 30
UP_WITHIN_S = 360  # emulated guests on busy cores
STATUS_UP, STATUS_DOWN = types.VmStatus.UP, types.VmStatus.DOWN


@pytest.fixture
def connection(lab: LabUnderTest) -> Iterator[sdk.Connection]:
    opened = connect(lab)
    yield opened
    opened.close()


@pytest.fixture
def system(connection: sdk.Connection) -> sdk.services.SystemService:
    return connection.system_service()


@pytest.fixture
def name(system: sdk.services.SystemService) -> Iterator[str]:
    """A name of the test's own; VMs and disks that carry it are gone afterwards, whatever happened."""
    own = f"test-{uuid.uuid4().hex[:8]}"
    yield own
    for vm in system.vms_service().list(search=f"name={own}*"):
        discard(system, vm.id)
    for disk in system.disks_service().list(search=f"name={own}*"):
        system.disks_service().disk_service(disk.id).remove()


def connect(lab: LabUnderTest, password: str | None = None) -> sdk.Connection:
    """As an outside client; `trivet lab env` can name another appliance."""
    environment = os.environ
    file = environment.get("TRIVET_PASSWORD_FILE")
    return sdk.Connection(
        url=environment.get("TRIVET_URL", lab.url),
        username=environment.get("TRIVET_USER", lab.user),
        password=password or (Path(file).read_text() if file else lab.password),
        ca_file=environment.get("TRIVET_CA", str(lab.authority)),
        timeout=60,
    )


def discard(system: sdk.services.SystemService, vm_id: str) -> None:
    service = system.vms_service().vm_service(vm_id)
    if service.get().status != STATUS_DOWN:
        service.stop()
        until("the VM goes down", lambda: bool(service.get().status == STATUS_DOWN), timeout_s=180)
    service.remove()
    until("the VM is gone", lambda: not system.vms_service().list(search=f"id={vm_id}"), timeout_s=180)


def new_vm(name: str | None = "x", template: str = "tiny", cluster: str = "Default") -> types.Vm:
    return types.Vm(name=name, cluster=types.Cluster(name=cluster), template=types.Template(name=template))


def test_the_connection_is_made_and_three_hosts_are_up(lab: LabUnderTest, connection: sdk.Connection) -> None:
    assert connection.test(raise_exception=True)
    hosts = connection.system_service().hosts_service().list()
    assert sorted((host.name, host.status) for host in hosts) == [(node, types.HostStatus.UP) for node in lab.nodes]


def test_a_vm_from_tiny_lives_and_leaves_nothing(
    lab: LabUnderTest, system: sdk.services.SystemService, name: str
) -> None:
    before = all_traces(lab)
    added = system.vms_service().add(new_vm(name))
    service = system.vms_service().vm_service(added.id)
    until("the VM is made", lambda: bool(service.get().status == STATUS_DOWN), timeout_s=180)
    nic = service.nics_service().add(types.Nic(name="nic1", vnic_profile=profile(system, "ovirtmgmt")))
    second = add_disk(system, service, f"{name}-second")
    service.start()
    until("the VM is up", lambda: bool(service.get().status == STATUS_UP), timeout_s=UP_WITHIN_S)

    host = system.hosts_service().host_service(service.get().host.id).get().name
    assert {node: added.id in running(lab, node) for node in lab.nodes} == {node: node == host for node in lab.nodes}
    until("the guest has started", lambda: "trivet-tiny: ready" in console(lab, host, added.id), timeout_s=UP_WITHIN_S)
    said = [line.split() for line in console(lab, host, added.id).splitlines() if line.startswith("trivet-tiny: disk")]
    sizes = sorted(int(words[3]) for words in said)
    assert len(sizes) == 2
    assert sizes[1] == GIB
    elsewhere = next(node for node in lab.nodes if node != host)
    until("the guest answers", lambda: answers_ping(lab, elsewhere, nic.mac.address), timeout_s=90)

    service.stop()
    until("the VM is down", lambda: bool(service.get().status == STATUS_DOWN), timeout_s=180)
    assert not answers_ping(lab, elsewhere, nic.mac.address)
    assert added.id not in running(lab, host)
    service.remove()
    until("the VM is gone", lambda: not system.vms_service().list(search=f"name={name}"), timeout_s=180)
    assert not system.disks_service().list(search=f"name={name}*")
    with pytest.raises(sdk.NotFoundError):
        system.disks_service().disk_service(second.id).get()
    until("nothing of it is left on any node", lambda: all_traces(lab) == before, timeout_s=90)


def test_a_guest_shuts_down_when_asked(lab: LabUnderTest, system: sdk.services.SystemService, name: str) -> None:
    service = system.vms_service().vm_service(system.vms_service().add(new_vm(name)).id)
    until("the VM is made", lambda: bool(service.get().status == STATUS_DOWN), timeout_s=180)
    service.start()
    until("the VM is up", lambda: bool(service.get().status == STATUS_UP), timeout_s=UP_WITHIN_S)
    vm = service.get()
    host = system.hosts_service().host_service(vm.host.id).get().name
    until("the guest has started", lambda: "trivet-tiny: ready" in console(lab, host, vm.id), timeout_s=UP_WITHIN_S)
    service.shutdown()
    until("the guest goes down", lambda: bool(service.get().status == STATUS_DOWN), timeout_s=180)
    assert vm.id not in running(lab, host)
    codes = {event.code for event in system.events_service().list(search=f"vm.name={name}", max=50)}
    assert {153, 61} <= codes  # started, down


def test_a_wrong_password(lab: LabUnderTest) -> None:
    with connect(lab, "wrong") as stranger, pytest.raises(sdk.AuthError, match="access_denied"):
        stranger.system_service().get()


def test_a_stranger_without_the_authority(lab: LabUnderTest, tmp_path: Path) -> None:
    """A client that trusts somebody else does not talk to us."""
    other = tmp_path / "other.crt"
    other.write_text(Path("/etc/ssl/certs/ca-certificates.crt").read_text())
    stranger = sdk.Connection(url=lab.url, username=lab.user, password="x", ca_file=str(other), timeout=20)
    with pytest.raises(sdk.Error, match="certificate"):
        stranger.system_service().get()


@pytest.mark.parametrize(
    ("vm", "code"),
    [
        (types.Vm(name="no-cluster"), 400),
        (new_vm(name=None), 400),
        (new_vm("with spaces"), 400),
        (new_vm("x", template="no-such-template"), 404),
        (new_vm("x", cluster="no-such-cluster"), 404),
    ],
)
def test_a_vm_that_cannot_be_leaves_nothing(
    lab: LabUnderTest, system: sdk.services.SystemService, vm: types.Vm, code: int
) -> None:
    before = all_traces(lab)
    with pytest.raises(sdk.Error) as caught:
        system.vms_service().add(vm)
    assert caught.value.code == code
    assert caught.value.fault.reason
    assert caught.value.fault.detail
    assert all_traces(lab) == before


def test_a_name_can_be_used_once_in_any_language(
    lab: LabUnderTest, system: sdk.services.SystemService, name: str
) -> None:
    unicode = f"{name}-größe-日本"
    added = system.vms_service().add(new_vm(unicode, template="Blank"))
    assert added.name == unicode
    assert [vm.id for vm in system.vms_service().list(search=f'name="{unicode}"')] == [added.id]
    with pytest.raises(sdk.Error) as caught:
        system.vms_service().add(new_vm(unicode))
    assert caught.value.code == 409
    assert [vm.id for vm in system.vms_service().list(search=f"name={name}*")] == [added.id]


def test_an_unknown_id_is_not_found(system: sdk.services.SystemService) -> None:
    nobody = system.vms_service().vm_service("00000000-0000-4000-8000-000000000000")
    for ask in (nobody.get, nobody.start, nobody.remove):
        with pytest.raises(sdk.NotFoundError):
            ask()


def test_a_malformed_body_is_told_as_one(connection: sdk.Connection) -> None:
    request = sdk.http.Request(method="POST", path="/vms", body="<vm><name>")
    response = connection.wait(connection.send(request))
    fault = sdk.reader.Reader.read(response.body)
    assert response.code == 400
    assert fault.reason == "Request syntactically incorrect."


def profile(system: sdk.services.SystemService, name: str) -> types.VnicProfile:
    return next(p for p in system.vnic_profiles_service().list() if p.name == name)


def add_disk(system: sdk.services.SystemService, vm: sdk.services.VmService, name: str) -> types.Disk:
    disk = types.Disk(
        name=name,
        provisioned_size=GIB,
        format=types.DiskFormat.COW,
        storage_domains=[types.StorageDomain(name="data")],
    )
    attachment = types.DiskAttachment(disk=disk, interface=types.DiskInterface.VIRTIO_SCSI, bootable=False, active=True)
    added = vm.disk_attachments_service().add(attachment)
    service = system.disks_service().disk_service(added.disk.id)
    until("the disk is made", lambda: bool(service.get().status == types.DiskStatus.OK), timeout_s=180)
    return service.get()
