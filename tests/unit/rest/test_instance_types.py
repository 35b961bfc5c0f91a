"""Instance types through the unmodified SDK, and the VMs that are made of them."""

from collections.abc import Iterator

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from tests.unit.rest.conftest import Described

GIB = 1 << 30
DEFAULT, BLANK = types.Cluster(name="Default"), types.Template(name="Blank")


@pytest.fixture
def kind(system: services.SystemService) -> Iterator[types.InstanceType]:
    """As the SDK's example adds it."""
    made = system.instance_types_service().add(
        types.InstanceType(
            name="myinstancetype",
            description="My instance type",
            memory=2 * GIB,
            high_availability=types.HighAvailability(enabled=True),
            cpu=types.Cpu(topology=types.CpuTopology(cores=2, sockets=2)),
        )
    )
    yield made
    for vm in system.vms_service().list(search="name=typed*"):
        system.vms_service().vm_service(vm.id).remove()
    if system.instance_types_service().list(search="name=myinstancetype"):
        system.instance_types_service().instance_type_service(made.id).remove()


def shape(one: types.Vm | types.InstanceType) -> tuple[object, ...]:
    cpu = one.cpu.topology
    memory = one.memory_policy
    return one.memory, memory.guaranteed, memory.max, cpu.sockets, cpu.cores, cpu.threads, one.high_availability.enabled


def test_an_instance_type_is_added_changed_and_removed(
    system: services.SystemService, kind: types.InstanceType, described: Described
) -> None:
    service = system.instance_types_service().instance_type_service(kind.id)
    assert shape(service.get()) == (2 * GIB, 2 * GIB, 8 * GIB, 2, 2, 1, True)
    changed = service.update(types.InstanceType(memory=GIB, os=types.OperatingSystem()))
    assert shape(changed) == (GIB, GIB, 8 * GIB, 2, 2, 1, True)
    service.update(types.InstanceType(os=types.OperatingSystem(boot=types.Boot(devices=[types.BootDevice.NETWORK]))))
    assert service.get().os.boot.devices == [types.BootDevice.NETWORK]
    service.remove()
    with pytest.raises(sdk.NotFoundError):
        service.get()
    assert all(any("myinstancetype" in one for one in described(code)) for code in (29, 49, 251))


def test_vms_have_nics_like_those_of_their_type_with_addresses_of_their_own(
    system: services.SystemService, kind: types.InstanceType
) -> None:
    nics = system.instance_types_service().instance_type_service(kind.id).nics_service()
    profile = system.vnic_profiles_service().list()[0]
    nic = nics.add(types.Nic(name="nic1", vnic_profile=types.VnicProfile(id=profile.id)))
    assert (nic.instance_type.id, nic.mac) == (kind.id, None)
    nics.nic_service(nic.id).update(types.Nic(interface=types.NicInterface.E1000))
    with pytest.raises(sdk.Error, match=r"nic\.mac = .* is not there yet"):
        nics.add(types.Nic(name="nic2", mac=types.Mac(address="02:00:00:00:00:07")))
    vms = [types.Vm(name=name, cluster=DEFAULT, template=BLANK, instance_type=kind) for name in ("typed1", "typed2")]
    made = [system.vms_service().add(vm) for vm in vms]
    of_vms = [system.vms_service().vm_service(vm.id).nics_service().list() for vm in made]
    assert [[(one.name, one.interface, one.vnic_profile.id) for one in of_vm] for of_vm in of_vms] == [
        [("nic1", types.NicInterface.E1000, profile.id)]
    ] * 2
    assert len({of_vm[0].mac.address for of_vm in of_vms}) == 2
    nics.nic_service(nic.id).remove()
    assert nics.list() == []


def test_a_site_begins_with_those_of_ovirt(system: services.SystemService) -> None:
    found = {one.name: (one.memory, one.cpu.topology.sockets) for one in system.instance_types_service().list()}
    assert found["Small"] == (2 * GIB, 1)
    assert found["XLarge"] == (16 * GIB, 4)
    assert len(found) == 5


def test_a_vm_takes_its_hardware_from_its_type_but_what_is_given(
    system: services.SystemService, kind: types.InstanceType
) -> None:
    vms, its = system.vms_service(), types.InstanceType(name="myinstancetype")
    vm = vms.add(types.Vm(name="typed", cluster=DEFAULT, template=BLANK, instance_type=its))
    assert vm.instance_type.id == kind.id
    assert shape(vm) == shape(kind)
    given = types.Vm(
        name="typed2",
        cluster=DEFAULT,
        template=types.Template(name="tiny"),
        instance_type=types.InstanceType(id=kind.id),
        memory=GIB,
        cpu=types.Cpu(topology=types.CpuTopology(sockets=1)),
    )
    assert shape(vms.add(given)) == (GIB, GIB, 4 * GIB, 1, 2, 1, True)


def test_another_type_brings_its_hardware_and_none_changes_nothing(
    system: services.SystemService, kind: types.InstanceType
) -> None:
    vm = system.vms_service().add(types.Vm(name="typed", cluster=DEFAULT, template=BLANK))
    service = system.vms_service().vm_service(vm.id)
    assert vm.instance_type is None
    changed = service.update(types.Vm(instance_type=types.InstanceType(name="Large"), memory=4 * GIB))
    assert shape(changed) == (4 * GIB, 4 * GIB, 32 * GIB, 2, 1, 1, False)
    assert shape(service.update(types.Vm(instance_type=kind))) == shape(kind)
    without = service.update(types.Vm(instance_type=types.InstanceType()))
    assert (without.instance_type, shape(without)) == (None, shape(kind))


def test_a_removed_type_leaves_its_vms_as_they_are(system: services.SystemService, kind: types.InstanceType) -> None:
    vm = system.vms_service().add(types.Vm(name="typed", cluster=DEFAULT, template=BLANK, instance_type=kind))
    system.instance_types_service().instance_type_service(kind.id).remove()
    now = system.vms_service().vm_service(vm.id).get()
    assert (now.instance_type, shape(now)) == (None, shape(vm))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (types.InstanceType(), r"InstanceType \[name\] required for add"),
        (types.InstanceType(name="Large"), "another instance type has it already"),
        (types.InstanceType(name="x", memory=0), "instance_type.memory"),
        (types.InstanceType(name="x", memory_policy=types.MemoryPolicy(guaranteed=2 * GIB)), "guaranteed"),
        (types.InstanceType(name="x", time_zone=types.TimeZone(name="Etc/GMT")), "instance_type.time_zone.* there yet"),
        (types.InstanceType(name="x", os=types.OperatingSystem(type="rhel_9x64")), r"instance_type\.os\.type"),
    ],
)
def test_an_instance_type_that_cannot_be_is_refused_by_name(
    system: services.SystemService, given: types.InstanceType, message: str
) -> None:
    with pytest.raises(sdk.Error, match=message):
        system.instance_types_service().add(given)
    assert len(system.instance_types_service().list()) == 5


def test_a_type_that_is_not_there_is_refused(system: services.SystemService) -> None:
    its = types.InstanceType(name="nosuch")
    with pytest.raises(sdk.Error, match="no instance type has the name nosuch"):
        system.vms_service().add(types.Vm(name="typed", cluster=DEFAULT, template=BLANK, instance_type=its))
