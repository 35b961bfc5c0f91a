"""What guests' agents say, through the unmodified SDK and searches: while they talk, and not after."""

from collections.abc import Iterator

import msgspec
import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from node.api.messages.guests import GuestNic, GuestReport, GuestUser
from tests.unit.node.guests import REPORT
from tests.unit.rest.conftest import sentences
from tests.unit.rest.server import Served
from tests.unit.rest.test_vm_settings import machines_of, new

MAC = "02:00:00:00:00:0a"


@pytest.fixture
def vm(system: services.SystemService) -> Iterator[services.VmService]:
    vms = system.vms_service()
    wanted = new("web1", nics=[types.Nic(name="nic1", mac=types.Mac(address=MAC)), types.Nic(name="nic2")])
    service: services.VmService = vms.vm_service(vms.add(wanted, query={"async": "false"}).id)
    service.start(async_=False)
    yield service
    if service.get().status is not types.VmStatus.DOWN:
        service.stop(async_=False)
    service.remove(async_=False)


def report_guest(engine: Served, vm: services.VmService, report: GuestReport = REPORT) -> None:
    """As the engine hears of it: the fake fleet of this engine has no streams."""
    identity = vm.get().id
    node = next(one for one in engine.world.nodes.values() if one.machines is machines_of(engine, identity))
    own = msgspec.structs.replace(report, vm_id=identity)
    node.report_guest(own)
    engine.world.readings.note_guests(node.node_id, [own])


def test_a_vm_shows_what_its_guest_is(engine: Served, vm: services.VmService) -> None:
    assert (vm.get().fqdn, vm.get().guest_operating_system) == (None, None)
    report_guest(engine, vm)
    shown = vm.get()
    system = shown.guest_operating_system
    assert shown.fqdn == "web"
    assert (system.family, system.distribution, system.codename) == ("Linux", "Debian GNU/Linux", "trixie")
    assert system.architecture == "x86_64"
    assert (system.version.major, system.version.minor, system.version.full_version) == (13, None, "13")
    kernel = system.kernel.version
    assert (kernel.major, kernel.minor, kernel.build) == (6, 12, 57)
    assert kernel.full_version == "6.12.57+deb13-cloud-amd64"
    assert (shown.guest_time_zone.name, shown.guest_time_zone.utc_offset) == ("CET", "+01:00")


@pytest.mark.parametrize("report", [GuestReport(vm_id="", talks=False), GuestReport(vm_id="")])
def test_what_is_not_known_is_not_shown(engine: Served, vm: services.VmService, report: GuestReport) -> None:
    report_guest(engine, vm)
    report_guest(engine, vm, report)
    shown = vm.get()
    assert (shown.fqdn, shown.guest_operating_system, shown.guest_time_zone) == (None, None, None)
    assert vm.reported_devices_service().list() == []
    assert vm.applications_service().list() == []


def test_a_vm_that_is_down_has_no_guest(engine: Served, vm: services.VmService) -> None:
    report_guest(engine, vm)
    vm.stop(async_=False)
    assert vm.get().fqdn is None
    assert vm.reported_devices_service().list() == []


def test_addresses_are_shown_of_the_vm_and_of_its_nics(engine: Served, vm: services.VmService) -> None:
    report_guest(engine, vm)
    (device,) = vm.reported_devices_service().list()
    assert (device.name, device.type, device.mac.address) == ("eth0", types.ReportedDeviceType.NETWORK, MAC)
    assert [(one.address, one.version) for one in device.ips] == [
        ("192.0.2.7", types.IpVersion.V4),
        ("fe80::ff:fe00:a", types.IpVersion.V6),
    ]
    assert vm.reported_devices_service().reported_device_service(device.id).get().name == "eth0"
    nics = {nic.name: vm.nics_service().nic_service(nic.id) for nic in vm.nics_service().list()}
    assert [one.id for one in nics["nic1"].reported_devices_service().list()] == [device.id]
    assert nics["nic2"].reported_devices_service().list() == []
    with pytest.raises(sdk.NotFoundError):
        vm.reported_devices_service().reported_device_service(vm.get().id).get()
    followed = vm.get(follow="reported_devices,nics.reported_devices")
    assert followed.reported_devices[0].ips[0].address == "192.0.2.7"


def test_who_is_signed_in_and_what_is_installed(engine: Served, vm: services.VmService) -> None:
    twice = (GuestUser(name="root"), GuestUser(name="root"), GuestUser(name="eva", domain="OFFICE"))
    report_guest(engine, vm, msgspec.structs.replace(REPORT, users=twice))
    assert [one.user.user_name for one in vm.sessions_service().list()] == ["root", "OFFICE\\eva"]
    names = [one.name for one in vm.applications_service().list()]
    assert names == ["kernel-6.12.57+deb13-cloud-amd64", "qemu-guest-agent-10.0.13"]


@pytest.mark.parametrize(
    ("search", "is_found"),
    [
        ("fqdn=web", True),
        ("fqdn=WEB", True),
        ("fqdn=we", False),
        ("ip=192.0.2.*", True),
        ("ip=fe80::ff:fe00:a", True),
        ("ip=192.0.2.8", False),
        ("ip!=192.0.2.8 and name=web1", True),
        ("ip!=192.0.2.7 and name=web1", False),
        ("apps=kernel-6.12*", True),
        ("loggedinuser=root", True),
        ("loggedinuser=empty and name=web1", False),
    ],
)
def test_vms_are_found_by_what_their_guests_say(
    engine: Served, system: services.SystemService, vm: services.VmService, search: str, *, is_found: bool
) -> None:
    report_guest(engine, vm)
    assert [one.name for one in system.vms_service().list(search=search)] == (["web1"] if is_found else [])


def test_a_guest_may_say_anything(engine: Served, vm: services.VmService) -> None:
    odd = GuestReport(
        vm_id="",
        host_name="<vm>&amp;",
        system=msgspec.structs.replace(REPORT.system, version_id="99999999999999999999.x", kernel="5.x", machine="z80"),
        nics=(GuestNic(name="]]>", mac="", addresses=()),),
    )
    report_guest(engine, vm, odd)
    shown = vm.get()
    assert shown.fqdn == "<vm>&amp;"
    assert (shown.guest_operating_system.architecture, shown.guest_operating_system.version.major) == (None, None)
    assert (shown.guest_operating_system.kernel.version.major, shown.guest_operating_system.kernel.version.minor) == (
        5,
        None,
    )
    assert vm.reported_devices_service().list()[0].name == "]]>"


def test_file_systems_are_frozen_and_thawed(
    engine: Served, vm: services.VmService, system: services.SystemService
) -> None:
    with pytest.raises(sdk.Error, match="agent"):
        vm.freeze_filesystems(async_=False)
    assert len(sentences(system, 10769)) == 1
    report_guest(engine, vm)
    vm.freeze_filesystems(async_=False)
    assert machines_of(engine, vm.get().id).is_frozen(vm.get().id)
    vm.thaw_filesystems(async_=False)
    assert not machines_of(engine, vm.get().id).is_frozen(vm.get().id)
    assert (len(sentences(system, 10767)), len(sentences(system, 10768))) == (1, 1)
    vm.stop(async_=False)
    with pytest.raises(sdk.Error, match="it is down"):
        vm.freeze_filesystems()
