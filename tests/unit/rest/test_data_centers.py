"""Data centers through the unmodified SDK: added with their management network, changed, removed."""

from collections.abc import Iterator

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from tests.unit.rest.added import remove_added


@pytest.fixture
def system(system: services.SystemService) -> Iterator[services.SystemService]:
    """Without what the test before has added."""
    yield system
    remove_added(system)


def mydc() -> types.DataCenter:
    """As the SDK's example add_data_center.py has it."""
    return types.DataCenter(name="mydc", description="My data center", local=False)


def events(system: services.SystemService, code: int) -> list[str]:
    return [event.description for event in system.events_service().list() if event.code == code]


def test_a_data_center_is_added_changed_and_removed(system: services.SystemService) -> None:
    centers = system.data_centers_service()
    center = centers.add(mydc())
    assert (center.name, center.description, center.local) == ("mydc", "My data center", False)
    assert center.status is types.DataCenterStatus.UNINITIALIZED
    assert (center.version.major, center.version.minor) == (4, 7)
    assert center.quota_mode is types.QuotaModeType.DISABLED
    assert center.storage_format is None  # until it has its first storage domain
    service = centers.data_center_service(center.id)
    assert service.update(types.DataCenter(description="Updated description")).description == "Updated description"
    assert "Data center mydc was added by admin@internal." in events(system, 950)
    service.remove()
    assert [one.name for one in centers.list()] == ["Default"]
    assert "Data center mydc was removed by admin@internal." in events(system, 954)


def test_a_data_center_comes_and_goes_with_its_management_network(system: services.SystemService) -> None:
    service = system.data_centers_service().data_center_service(system.data_centers_service().add(mydc()).id)
    (network,) = service.networks_service().list()
    assert (network.name, network.vdsm_name, network.usages) == ("ovirtmgmt", "ovirtmgmt", [types.NetworkUsage.VM])
    profiles = system.networks_service().network_service(network.id).vnic_profiles_service()
    assert [profile.name for profile in profiles.list()] == ["ovirtmgmt"]
    assert service.clusters_service().list() == []
    assert service.storage_domains_service().list() == []
    service.remove()
    assert len(system.networks_service().list()) == len(system.vnic_profiles_service().list()) == 1


def test_a_data_center_shows_the_mac_pool_that_all_of_its_clusters_have(system: services.SystemService) -> None:
    (pool,), (default,) = system.mac_pools_service().list(), system.data_centers_service().list()
    assert default.mac_pool.id == pool.id
    service = system.data_centers_service().data_center_service(system.data_centers_service().add(mydc()).id)
    assert service.get().mac_pool is None
    for name in ("one", "two"):
        system.clusters_service().add(types.Cluster(name=name, data_center=types.DataCenter(name="mydc")))
    assert service.get().mac_pool.id == pool.id
    ranges = [types.Range(from_="02:00:00:00:00:00", to="02:00:00:00:00:0f")]
    other = system.mac_pools_service().add(types.MacPool(name="other", ranges=ranges))
    two = system.clusters_service().list(search="name=two")[0]
    system.clusters_service().cluster_service(two.id).update(types.Cluster(mac_pool=types.MacPool(id=other.id)))
    assert service.get().mac_pool is None
    system.clusters_service().cluster_service(two.id).remove()
    system.mac_pools_service().mac_pool_service(other.id).remove()


def test_what_a_client_sends_back_as_it_was_shown_changes_nothing(system: services.SystemService) -> None:
    service = system.data_centers_service().data_center_service(system.data_centers_service().add(mydc()).id)
    whole = service.get()
    whole.comment = "seen"
    assert service.update(whole).comment == "seen"
    assert (service.get().description, service.get().status) == ("My data center", types.DataCenterStatus.UNINITIALIZED)


def test_a_data_center_stays_while_storage_or_hosts_are_in_it(system: services.SystemService) -> None:
    (center,) = system.data_centers_service().list()
    service = system.data_centers_service().data_center_service(center.id)
    with pytest.raises(sdk.Error, match="host node1, node2, node3") as caught:
        service.remove()
    assert caught.value.code == 409
    with pytest.raises(sdk.Error, match="force: it is not there yet") as caught:
        service.remove(force=True)
    assert caught.value.code == 501
    assert service.get().storage_format is types.StorageFormat.V5


def test_clusters_without_hosts_are_left_behind_and_may_join_another_data_center(
    system: services.SystemService,
) -> None:
    centers, clusters = system.data_centers_service(), system.clusters_service()
    center = centers.add(mydc())
    cluster = clusters.cluster_service(
        clusters.add(types.Cluster(name="mycluster", data_center=types.DataCenter(name="mydc"))).id
    )
    centers.data_center_service(center.id).remove(force=True)
    assert cluster.get().data_center is None
    assert cluster.get().management_network is None
    assert cluster.networks_service().list() == []
    cluster.update(types.Cluster(data_center=types.DataCenter(name="Default")))
    assert [network.name for network in cluster.networks_service().list()] == ["ovirtmgmt"]
    with pytest.raises(sdk.Error, match="stays in its data center"):
        cluster.update(types.Cluster(data_center=types.DataCenter(id=centers.add(mydc()).id)))


@pytest.mark.parametrize(
    ("center", "message"),
    [
        (types.DataCenter(name="x"), r"DataCenter \[local\] required for add"),
        (types.DataCenter(local=False), r"DataCenter \[name\] required for add"),
        (types.DataCenter(name="é", local=False), "data_center.name.*the letters a to z, digits"),
        (types.DataCenter(name="Default", local=False), "another data center has it already"),
        (
            types.DataCenter(name="x", local=False, version=types.Version(major=4, minor=0)),
            "data_center.version.minor = 0 is not there yet",
        ),
        (
            types.DataCenter(name="x", local=False, quota_mode=types.QuotaModeType.ENABLED),
            "data_center.quota_mode = enabled is not there yet",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_data_center_that_cannot_be_is_refused_by_name(
    system: services.SystemService, center: types.DataCenter, message: str
) -> None:
    with pytest.raises(sdk.Error, match=message):
        system.data_centers_service().add(center)
    assert [one.name for one in system.data_centers_service().list()] == ["Default"]
    assert [one.name for one in system.networks_service().list()] == ["ovirtmgmt"]


def test_what_is_made_with_a_data_center_cannot_change(system: services.SystemService) -> None:
    service = system.data_centers_service().data_center_service(system.data_centers_service().add(mydc()).id)
    with pytest.raises(sdk.Error, match=r"data_center\.local"):
        service.update(types.DataCenter(local=True))
    service.update(types.DataCenter(local=False, version=types.Version(major=4, minor=7)))
