"""Collections of which nothing can be there yet, through the unmodified SDK: empty lists, of what is there."""

from collections.abc import Callable, Iterator
from typing import Any

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from hosted_engine.engine.empty import EMPTY
from hosted_engine.rest.entities.empty import EmptyHandlers
from hosted_engine.rest.schema import schema
from tests.unit.rest.server import Served

NOBODY = "00000000-0000-4000-8000-00000000dead"


@pytest.fixture
def system(engine: Served) -> Iterator[services.SystemService]:
    connection = engine.connection()
    yield connection.system_service()
    connection.close()


BELOW = {
    "vms": (
        *("numa_nodes", "host_devices", "watchdogs"),
        *("sessions", "applications", "checkpoints", "backups", "reported_devices", "mediated_devices"),
    ),
    "templates": ("watchdogs",),
    "clusters": ("affinity_groups", "cpu_profiles", "enabled_features", "network_filters"),
    "data_centers": ("quotas", "iscsi_bonds", "qoss"),
    "storage_domains": ("disk_profiles", "images"),
    "hosts": ("hooks",),
    "networks": ("network_labels",),
    "users": ("event_subscriptions",),
}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in BELOW.items() for name in names])
def test_nothing_is_below_what_is_there(system: services.SystemService, kind: str, name: str) -> None:
    """And nobody is below what is not."""
    collection = getattr(system, f"{kind}_service")()
    there: Callable[[Any], Any] = lambda one: getattr(one, f"{name}_service")()  # noqa: E731
    assert there(collection.service(collection.list()[0].id)).list() == []
    with pytest.raises(sdk.NotFoundError):
        there(collection.service(NOBODY)).list()
    with pytest.raises(sdk.NotFoundError):
        there(collection.service(collection.list()[0].id)).service(NOBODY).get()


@pytest.mark.parametrize(
    "name",
    [
        *("network_filters", "vm_pools", "cpu_profiles", "disk_profiles", "image_transfers", "icons"),
        *("openstack_network_providers", "openstack_image_providers", "external_host_providers"),
    ],
)
def test_nothing_is_in_collections_of_the_whole_system(system: services.SystemService, name: str) -> None:
    service = getattr(system, f"{name}_service")()
    assert service.list() == []
    with pytest.raises(sdk.NotFoundError):
        service.service(NOBODY).get()


def test_a_nic_has_no_network_filter_parameters(system: services.SystemService) -> None:
    vm = types.Vm(name="vm", cluster=types.Cluster(name="Default"), template=types.Template(name="Blank"))
    nics = system.vms_service().vm_service(system.vms_service().add(vm).id).nics_service()
    nic = nics.add(types.Nic(name="nic1"))
    assert nics.nic_service(nic.id).network_filter_parameters_service().list() == []
    with pytest.raises(sdk.NotFoundError):
        nics.nic_service(NOBODY).network_filter_parameters_service().list()


def test_nothing_is_below_what_cannot_be_there(system: services.SystemService) -> None:
    """The networks of an iSCSI bond are served by what serves all networks."""
    (center,) = system.data_centers_service().list()
    (network,) = system.networks_service().list()
    bonds = system.data_centers_service().data_center_service(center.id).iscsi_bonds_service()
    networks = bonds.iscsi_bond_service(NOBODY).networks_service()
    for ask in (
        networks.list,
        networks.network_service(network.id).get,
        networks.network_service(network.id).remove,
        networks.network_service(network.id).vnic_profiles_service().list,
        networks.network_service(network.id).network_labels_service().list,
    ):
        with pytest.raises(sdk.NotFoundError, match=f"There is no IscsiBond {NOBODY}"):
            ask()


def test_adding_to_one_is_not_there_yet(system: services.SystemService) -> None:
    (vm,) = system.vms_service().list(search="name=HostedEngine")
    with pytest.raises(sdk.Error, match=r"VmNumaNodes\.add is not there yet") as caught:
        system.vms_service().vm_service(vm.id).numa_nodes_service().add(types.VirtualNumaNode(index=0))
    assert caught.value.code == 501
    (network,) = system.networks_service().list()
    labels = system.networks_service().network_service(network.id).network_labels_service()
    with pytest.raises(sdk.Error, match=r"NetworkLabels\.add is not there yet"):
        labels.add(types.NetworkLabel(id="blue"))


def test_they_are_followed(engine: Served) -> None:
    with engine.connection() as connection:
        vms = connection.system_service().vms_service().list(follow="watchdogs,applications,nics")
        assert [(vm.watchdogs, vm.applications) for vm in vms] == [([], [])] * len(vms)
        (network,) = connection.system_service().networks_service().list(follow="network_labels")
        assert network.network_labels == []
        assert connection.follow_link(connection.system_service().clusters_service().list()[0].cpu_profiles) == []


def test_one_that_is_declared_is_not_empty_as_well() -> None:
    async def answer(_: Any) -> Any: ...

    with pytest.raises(TypeError, match="VmBackups has a list of its own"):
        EmptyHandlers(EMPTY, schema(), {("VmBackups", "list"): answer}).handlers()
