"""What guests are told at their first start, through the unmodified SDK."""

from collections.abc import Iterator
from typing import Any

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from tests.fakes.engine import TINY_ID
from tests.unit.rest.added import remove_added
from tests.unit.rest.server import Served

SECRET = "sesame 4711"
SCRIPT = "write_files:\n- content: |\n    Hello, world!\n  path: /tmp/greeting.txt\n  permissions: '0644'\n"
NIC = types.NicConfiguration(
    name="eth0",
    on_boot=True,
    boot_protocol=types.BootProtocol.STATIC,
    ip=types.Ip(version=types.IpVersion.V4, address="192.0.2.100", netmask="255.255.255.0", gateway="192.0.2.1"),
    ipv6_boot_protocol=types.BootProtocol.DHCP,
)


def whole(**more: Any) -> types.Initialization:
    given: dict[str, Any] = {
        "user_name": "root",
        "root_password": SECRET,
        "host_name": "myvm.example.com",
        "nic_configurations": [NIC],
        "dns_servers": "192.0.2.1 192.0.2.2",
        "dns_search": "example.com",
        "custom_script": SCRIPT,
        "authorized_ssh_keys": "ssh-ed25519 AAAA me",
        "regenerate_ssh_keys": True,
        "timezone": "Europe/Berlin",
    }
    return types.Initialization(**given | more)


@pytest.fixture
def vms(system: services.SystemService) -> Iterator[services.VmsService]:
    yield system.vms_service()
    remove_added(system)


def add(vms: services.VmsService, name: str = "told", **more: Any) -> services.VmService:
    vm = types.Vm(name=name, cluster=types.Cluster(name="Default"), template=types.Template(id=TINY_ID), **more)
    return vms.vm_service(vms.add(vm, query={"async": "false"}).id)


def texts(engine: Served, service: services.VmService) -> dict[str, str]:
    """What the seed of the VM that runs says."""
    vm = service.get()
    seed = engine.world.nodes[vm.host.id].machines.spec(vm.id).seed
    return {file.path: file.text for file in seed.files} if seed is not None else {}


def test_all_but_the_password_is_shown_as_it_was_sent(vms: services.VmsService) -> None:
    service = add(vms, initialization=whole())
    shown = service.get().initialization
    assert (shown.user_name, shown.root_password, shown.host_name) == ("root", "******", "myvm.example.com")
    assert (shown.custom_script, shown.timezone, shown.regenerate_ssh_keys) == (SCRIPT, "Europe/Berlin", True)
    assert (shown.dns_servers, shown.dns_search) == ("192.0.2.1 192.0.2.2", "example.com")
    (nic,) = shown.nic_configurations
    assert (nic.name, nic.on_boot, nic.boot_protocol) == ("eth0", True, types.BootProtocol.STATIC)
    assert (nic.ip.address, nic.ip.version, nic.ipv6_boot_protocol) == (
        "192.0.2.100",
        types.IpVersion.V4,
        types.BootProtocol.DHCP,
    )
    assert [vm.initialization.root_password for vm in vms.list(search="name=told")] == ["******"]


def test_what_was_read_may_be_sent_back_and_single_members_change(engine: Served, vms: services.VmsService) -> None:
    service = add(vms, initialization=whole())
    service.update(service.get())
    service.update(types.Vm(initialization=types.Initialization(host_name="other")))
    service.start(async_=False)
    assert texts(engine, service)["meta-data"].endswith('local-hostname: "other"\n')
    assert f'password: "{SECRET}"' in texts(engine, service)["user-data"]
    service.stop(async_=False)


def test_an_empty_element_takes_it_away(vms: services.VmsService) -> None:
    service = add(vms, initialization=whole())
    service.update(types.Vm(initialization=types.Initialization()))
    assert service.get().initialization is None


def test_templates_show_it_change_it_and_hand_it_on(system: services.SystemService, vms: services.VmsService) -> None:
    service = add(vms, initialization=whole())
    templates = system.templates_service()
    template = templates.add(types.Template(name="golden", vm=types.Vm(id=service.get().id)), query={"async": "false"})
    there = templates.template_service(template.id)
    assert there.get().initialization.root_password == "******"
    there.update(types.Template(initialization=types.Initialization(host_name="of-template")))
    made = add(vms, "made", initialization=types.Initialization(user_name="ops"))
    made.remove()
    vm = types.Vm(
        name="made",
        cluster=types.Cluster(name="Default"),
        template=types.Template(id=template.id),
        initialization=types.Initialization(user_name="ops"),
    )
    shown = vms.add(vm, query={"async": "false"}).initialization
    assert (shown.host_name, shown.user_name, shown.root_password) == ("of-template", "ops", "******")
    remove_added(system)
    there.remove(async_=False)


def test_a_run_with_cloud_init_as_the_sdks_example_starts_it(engine: Served, vms: services.VmsService) -> None:
    service = add(vms)
    service.start(use_cloud_init=True, vm=types.Vm(initialization=whole()), async_=False)
    assert service.get().run_once is True
    files = texts(engine, service)
    assert sorted(files) == ["meta-data", "network-config", "user-data"]
    assert files["user-data"].endswith(SCRIPT)
    assert '"address": "192.0.2.100/24", "gateway": "192.0.2.1"' in files["network-config"]
    assert service.get().initialization is None
    service.stop(async_=False)
    assert service.get().run_once is False


def test_a_run_with_sysprep_as_the_sdks_example_starts_it(engine: Served, vms: services.VmsService) -> None:
    service, own = add(vms), '<unattend xmlns="urn:schemas-microsoft-com:unattend">\n  ...\n</unattend>'
    vm = types.Vm(os=types.OperatingSystem(type="windows_7x64"), initialization=types.Initialization(custom_script=own))
    service.start(use_sysprep=True, vm=vm, async_=False)
    assert texts(engine, service) == {"Unattend.xml": own, "Autounattend.xml": own}
    assert service.get().os.type == "other"
    service.stop(async_=False)


def test_a_disc_for_one_run(system: services.SystemService, vms: services.VmsService) -> None:
    disk = types.Disk(
        name="disc",
        content_type=types.DiskContentType.ISO,
        format=types.DiskFormat.RAW,
        provisioned_size=1 << 20,
        storage_domains=[types.StorageDomain(name="data")],
    )
    disc = system.disks_service().add(disk, query={"async": "false"})
    service = add(vms)
    cdroms = [types.Cdrom(file=types.File(id=disc.id))]
    service.start(vm=types.Vm(cdroms=cdroms), async_=False)
    (drive,) = service.cdroms_service().list()
    there = service.cdroms_service().cdrom_service(drive.id)
    assert there.get(current=True).file.id == disc.id
    assert there.get().file is None
    service.stop(async_=False)
    service.remove(async_=False)
    system.disks_service().disk_service(disc.id).remove()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"use_ignition": True}, "action.use_ignition = true is not there yet"),
        ({"volatile": True}, "action.volatile = true is not there yet"),
        ({"vm": types.Vm(os=types.OperatingSystem(kernel="/k"))}, "action.vm.os.kernel = /k is not there yet"),
        ({"vm": types.Vm(memory=1 << 30)}, "action.vm.memory"),
        (
            {"vm": types.Vm(initialization=types.Initialization(regenerate_ids=True))},
            "action.vm.initialization.regenerate_ids = true is not there yet",
        ),
        ({"use_cloud_init": True, "use_sysprep": True}, "action.use_sysprep"),
    ],
)
def test_what_is_not_carried_out_is_refused_by_name(
    vms: services.VmsService, given: dict[str, Any], reason: str
) -> None:
    service = add(vms)
    with pytest.raises(sdk.Error, match=reason):
        service.start(**given)
    assert service.get().status is types.VmStatus.DOWN


def test_a_password_is_repeated_in_no_fault(vms: services.VmsService) -> None:
    for given in ({"root_password": f"{SECRET}\nx"}, {"custom_script": f"a: [{SECRET}"}):
        with pytest.raises(sdk.Error, match=r"vm\.initialization\.") as caught:
            add(vms, initialization=types.Initialization(**given))
        assert SECRET not in str(caught.value)
