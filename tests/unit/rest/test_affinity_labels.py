"""Affinity labels through the unmodified SDK, from both sides, and where their VMs run."""

import time
from collections.abc import Iterator

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from tests.unit.rest.conftest import Described


@pytest.fixture
def vm(system: services.SystemService) -> Iterator[types.Vm]:
    vms = system.vms_service()
    made = vms.add(types.Vm(name="myvm0", cluster=types.Cluster(name="Default"), template=types.Template(name="Blank")))
    yield made
    if vms.list(search="name=myvm0"):
        vms.vm_service(made.id).remove()
    for label in system.affinity_labels_service().list():
        system.affinity_labels_service().label_service(label.id).remove()


def wait_until(system: services.SystemService, vm: types.Vm, status: types.VmStatus) -> None:
    until = time.monotonic() + 10
    while system.vms_service().vm_service(vm.id).get().status is not status and time.monotonic() < until:
        time.sleep(0.02)


def label(system: services.SystemService, name: str = "my_affinity_label", **more: object) -> types.AffinityLabel:
    return system.affinity_labels_service().add(types.AffinityLabel(name=name, **more))


def test_a_label_is_added_renamed_and_removed(system: services.SystemService, described: Described) -> None:
    made = label(system)
    assert (made.name, made.read_only, made.has_implicit_affinity_group) == ("my_affinity_label", False, False)
    service = system.affinity_labels_service().label_service(made.id)
    assert service.update(types.AffinityLabel(name="other", has_implicit_affinity_group=True)).name == "other"
    assert service.get().has_implicit_affinity_group is True
    service.remove()
    assert system.affinity_labels_service().list() == []
    assert all(described(code) for code in (10380, 10382, 10384))


def test_a_label_is_assigned_and_listed_from_both_sides(system: services.SystemService, vm: types.Vm) -> None:
    """As the SDK's examples do it: assign, then follow the links of the labels."""
    made, host = label(system), system.hosts_service().list()[0]
    service = system.affinity_labels_service().label_service(made.id)
    service.vms_service().add(vm=types.Vm(id=vm.id))
    service.vms_service().add(vm=types.Vm(name="myvm0"))  # again: it stays
    of_host = system.hosts_service().host_service(host.id).affinity_labels_service()
    assert of_host.add(types.AffinityLabel(id=made.id)).name == "my_affinity_label"
    connection = system._connection
    (listed,) = system.affinity_labels_service().list()
    assert [connection.follow_link(one).name for one in connection.follow_link(listed.vms)] == ["myvm0"]
    assert [connection.follow_link(one).name for one in connection.follow_link(listed.hosts)] == [host.name]
    of_vm = system.vms_service().vm_service(vm.id).affinity_labels_service()
    assert [one.id for one in of_vm.list()] == [one.id for one in of_host.list()] == [made.id]
    assert of_vm.label_service(made.id).get().name == "my_affinity_label"
    assert service.hosts_service().host_service(host.id).get().name == host.name
    of_vm.label_service(made.id).remove()
    service.hosts_service().host_service(host.id).remove()
    assert service.vms_service().list() == service.hosts_service().list() == []
    with pytest.raises(sdk.NotFoundError):
        service.vms_service().vm_service(vm.id).get()


def test_a_vm_and_a_host_are_no_label_of_each_other(system: services.SystemService, vm: types.Vm) -> None:
    made = label(system, vms=[types.Vm(id=vm.id)])
    service = system.affinity_labels_service().label_service(made.id)
    with pytest.raises(sdk.NotFoundError):
        service.hosts_service().host_service(vm.id).get()
    with pytest.raises(sdk.NotFoundError):
        service.hosts_service().host_service(vm.id).remove()
    assert [one.id for one in service.vms_service().list()] == [vm.id]


def test_what_is_named_in_an_addition_has_the_label_at_once(system: services.SystemService, vm: types.Vm) -> None:
    hosts = [types.Host(id=host.id) for host in system.hosts_service().list()[:2]]
    made = label(system, vms=[types.Vm(name="myvm0")], hosts=hosts)
    service = system.affinity_labels_service().label_service(made.id)
    assert [one.name for one in service.vms_service().list()] == ["myvm0"]
    assert {one.id for one in service.hosts_service().list()} == {host.id for host in hosts}
    with pytest.raises(sdk.Error, match="no VM has the name nobody"):
        label(system, "other", vms=[types.Vm(name="nobody")])


def test_a_vm_starts_on_a_host_that_has_its_binding_labels(system: services.SystemService, vm: types.Vm) -> None:
    host = system.hosts_service().list()[2]
    label(system, "gpu", has_implicit_affinity_group=True, vms=[vm], hosts=[types.Host(id=host.id)])
    label(system, "says_nothing", vms=[vm])
    service = system.vms_service().vm_service(vm.id)
    service.start()
    assert service.get().host.id == host.id
    service.stop()
    wait_until(system, vm, types.VmStatus.DOWN)
    label(system, "licence", has_implicit_affinity_group=True, vms=[vm])
    with pytest.raises(sdk.Error, match=f"{host.name} does not have the affinity label licence"):
        service.start()
    assert service.get().status is types.VmStatus.DOWN


def test_assignments_go_with_the_vm(system: services.SystemService, vm: types.Vm) -> None:
    made = label(system, vms=[vm])
    system.vms_service().vm_service(vm.id).remove()
    assert system.affinity_labels_service().label_service(made.id).vms_service().list() == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (types.AffinityLabel(), r"AffinityLabel \[name\] required for add"),
        (types.AffinityLabel(name="two words"), r"affinity_label\.name.*letters, digits"),
        (types.AffinityLabel(name="x" * 51), "51 characters and may have 50"),
        (types.AffinityLabel(name="x", read_only=True), r"affinity_label\.read_only = true is not there yet"),
        (types.AffinityLabel(name="x", description="y"), r"affinity_label\.description = y is not there yet"),
    ],
)
def test_a_label_that_cannot_be_is_refused_by_name(
    system: services.SystemService, given: types.AffinityLabel, message: str
) -> None:
    with pytest.raises(sdk.Error, match=message):
        system.affinity_labels_service().add(given)
    assert system.affinity_labels_service().list() == []
