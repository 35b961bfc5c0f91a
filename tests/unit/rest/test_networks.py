"""Networks, vNIC profiles and the networks of clusters through the unmodified SDK."""

from collections.abc import Iterator

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from tests.unit.rest.added import remove_added
from tests.unit.rest.server import Served

VM, DISPLAY, MIGRATION = types.NetworkUsage.VM, types.NetworkUsage.DISPLAY, types.NetworkUsage.MIGRATION
MANAGEMENT = types.NetworkUsage.MANAGEMENT


@pytest.fixture
def system(system: services.SystemService) -> Iterator[services.SystemService]:
    """Without what the test before has added."""
    yield system
    remove_added(system)


def mynetwork(center: str = "Default") -> types.Network:
    """As the SDK's example add_logical_network.py has it."""
    return types.Network(
        name="mynetwork",
        description="My logical network",
        data_center=types.DataCenter(name=center),
        vlan=types.Vlan(id=100),
        usages=[VM],
        mtu=1500,
    )


@pytest.fixture
def network(system: services.SystemService) -> services.NetworkService:
    return system.networks_service().network_service(system.networks_service().add(mynetwork()).id)


@pytest.fixture
def default(system: services.SystemService) -> services.ClusterService:
    (cluster,) = system.clusters_service().list(search="name=Default")
    return system.clusters_service().cluster_service(cluster.id)


def events(system: services.SystemService, code: int) -> list[str]:
    return [event.description for event in system.events_service().list() if event.code == code]


def a_vm(system: services.SystemService, name: str = "myvm") -> services.VmService:
    vm = types.Vm(name=name, cluster=types.Cluster(name="Default"), template=types.Template(name="Blank"))
    return system.vms_service().vm_service(system.vms_service().add(vm).id)


def test_a_network_is_added_changed_and_removed(
    system: services.SystemService, network: services.NetworkService
) -> None:
    added = network.get()
    assert (added.name, added.description, added.vlan.id, added.mtu) == ("mynetwork", "My logical network", 100, 1500)
    assert (added.vdsm_name, added.usages, added.stp, added.port_isolation) == ("mynetwork", [VM], False, False)
    assert [profile.name for profile in network.vnic_profiles_service().list()] == ["mynetwork"]
    changed = network.update(types.Network(name="calm", mtu=9000, data_center=types.DataCenter(name="Default")))
    assert (changed.name, changed.mtu, changed.vdsm_name) == ("calm", 9000, "mynetwork")
    assert network.get().description == "My logical network"
    assert "Network mynetwork was added by admin@internal." in events(system, 942)
    network.remove()
    with pytest.raises(sdk.NotFoundError):
        network.get()
    assert [profile.name for profile in system.vnic_profiles_service().list()] == ["ovirtmgmt"]


def test_a_vlan_is_taken_away_as_ansible_does_it(network: services.NetworkService) -> None:
    assert network.update(types.Network(vlan=types.Vlan())).vlan is None
    assert network.get().mtu == 1500


def test_a_network_may_be_added_below_its_data_center(system: services.SystemService) -> None:
    (center,) = system.data_centers_service().list()
    below = system.data_centers_service().data_center_service(center.id).networks_service()
    network = below.add(types.Network(name="a network whose name is no interface's", usages=[], profile_required=True))
    assert network.vdsm_name == f"on{network.id.replace('-', '')[:13]}"
    assert network.usages == []
    assert network.data_center.id == center.id
    service = system.networks_service().network_service(network.id)
    assert service.vnic_profiles_service().list() == []
    below.network_service(network.id).update(types.Network(comment="seen"))
    assert service.get().comment == "seen"


def test_a_vnic_profile_is_made_only_where_it_is_wanted(system: services.SystemService) -> None:
    wanted = mynetwork()
    wanted.profile_required = False
    network = system.networks_service().network_service(system.networks_service().add(wanted).id)
    assert network.vnic_profiles_service().list() == []


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (types.Network(name="x"), r"Network \[data_center.id\|name\] required for add"),
        (types.Network(vlan=types.Vlan(id=4095)), "network.vlan.id.*at most 4094"),
        (types.Network(vlan=types.Vlan(id=100)), "100 as network.vlan.id .*network mynetwork of the same data center"),
        (types.Network(mtu=67), "network.mtu.*at least 68"),
        (types.Network(name="mynetwork"), "another network has it already"),
        (types.Network(name=""), "nothing as network.name: it may not be empty"),
        (types.Network(usages=[MIGRATION]), "migration as network.usages.*set for it in a cluster"),
        (types.Network(qos=types.Qos(id="q")), "network.qos = .* is not there yet"),
        (types.Network(ip=types.Ip(address="192.0.2.1")), "network.ip = .* is not there yet"),
        (types.Network(external_provider=types.OpenStackNetworkProvider(id="p")), "external_provider = .* not there"),
        (types.Network(vdsm_name="br0"), "network.vdsm_name cannot be set to br0"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_network_that_cannot_be_is_refused_by_name(
    system: services.SystemService, network: types.Network, message: str
) -> None:
    system.networks_service().add(mynetwork())
    if "data_center" not in message:
        network.data_center = types.DataCenter(name="Default")
        network.name = "other" if network.name is None else network.name
    with pytest.raises(sdk.Error, match=message):
        system.networks_service().add(network)
    assert {one.name for one in system.networks_service().list()} == {"ovirtmgmt", "mynetwork"}


def test_the_same_vlan_and_name_may_be_in_another_data_center(
    system: services.SystemService, network: services.NetworkService
) -> None:
    system.data_centers_service().add(types.DataCenter(name="mydc", local=False))
    other = system.networks_service().add(mynetwork("mydc"))
    assert other.vlan.id == network.get().vlan.id
    found = system.networks_service().list(search='name="mynetwork" and datacenter="mydc"')
    assert [one.id for one in found] == [other.id]


def test_a_network_that_hosts_have_changes_no_more_than_they_know(
    system: services.SystemService, default: services.ClusterService
) -> None:
    (there,) = system.networks_service().list()
    network = system.networks_service().network_service(there.id)
    for change in (
        types.Network(mtu=9000),
        types.Network(vlan=types.Vlan(id=7)),
        types.Network(stp=True),
        types.Network(usages=[]),
    ):
        with pytest.raises(sdk.Error, match="host node1, node2, node3 would keep what it has") as caught:
            network.update(change)
        assert caught.value.code == 501
    assert network.update(types.Network(comment="seen", mtu=0, usages=[VM])).comment == "seen"
    with pytest.raises(sdk.Error, match="it is the management network of cluster Default") as caught:
        network.remove()
    assert caught.value.code == 409
    with pytest.raises(sdk.Error, match="it is the management network of cluster Default"):
        default.networks_service().network_service(there.id).remove()


def test_a_network_stays_while_a_nic_uses_it(
    system: services.SystemService, network: services.NetworkService, default: services.ClusterService
) -> None:
    vm = a_vm(system)
    nic = types.Nic(name="nic1", vnic_profile=types.VnicProfile(name="mynetwork"))
    with pytest.raises(sdk.Error, match="no vNIC profile has the name mynetwork"):
        vm.nics_service().add(nic)  # of those in the VM's cluster
    (profile,) = network.vnic_profiles_service().list()
    with pytest.raises(sdk.Error, match="the network is not in the VM's cluster"):
        vm.nics_service().add(types.Nic(name="nic1", vnic_profile=types.VnicProfile(id=profile.id)))
    default.networks_service().add(types.Network(name="mynetwork"))
    assert vm.nics_service().add(nic).vnic_profile.id == profile.id
    for remove in (network.remove, system.vnic_profiles_service().profile_service(profile.id).remove):
        with pytest.raises(sdk.Error, match="it is used by NIC nic1"):
            remove()
    with pytest.raises(sdk.Error, match="Cannot remove vNIC profile mynetwork: it is used by NIC nic1"):
        network.update(types.Network(usages=[]))
    vm.remove()
    assert network.update(types.Network(usages=[])).usages == []
    assert network.vnic_profiles_service().list() == []
    network.update(types.Network(usages=[VM]))
    assert [one.name for one in network.vnic_profiles_service().list()] == ["mynetwork"]
    network.remove()


def test_a_vm_starts_where_its_networks_are(
    engine: Served, system: services.SystemService, network: services.NetworkService, default: services.ClusterService
) -> None:
    vm = a_vm(system)
    default.networks_service().add(types.Network(id=network.get().id))
    vm.nics_service().add(types.Nic(name="nic1", vnic_profile=types.VnicProfile(name="mynetwork")))
    with pytest.raises(sdk.Error, match="node1 has no network mynetwork; node2 has no network mynetwork") as caught:
        vm.start()
    assert caught.value.code == 409
    assert vm.get().status is types.VmStatus.DOWN


def test_a_network_is_added_to_a_cluster_changed_and_taken_from_it(
    system: services.SystemService, network: services.NetworkService, default: services.ClusterService
) -> None:
    networks = default.networks_service()
    there = networks.add(types.Network(id=network.get().id, required=True))  # assign_network_to_cluster.py
    assert (there.id, there.name, there.required, there.display) == (network.get().id, "mynetwork", True, False)
    assert (there.mtu, there.vlan.id, there.usages) == (1500, 100, [VM])
    assert there.status is types.NetworkStatus.NON_OPERATIONAL  # no host has it
    assert {one.name: one.status for one in networks.list()}["ovirtmgmt"] is types.NetworkStatus.OPERATIONAL
    service = networks.network_service(there.id)
    changed = service.update(types.Network(required=False))
    assert (changed.required, changed.usages) == (False, [VM])
    with pytest.raises(sdk.Error, match="it is there already"):
        networks.add(types.Network(name="mynetwork"))
    assert "Network mynetwork was added to cluster Default by admin@internal." in events(system, 946)
    service.remove()
    assert [one.name for one in networks.list()] == ["ovirtmgmt"]
    assert network.get().name == "mynetwork"
    with pytest.raises(sdk.NotFoundError):
        service.get()


def usages(default: services.ClusterService) -> dict[str, set[str]]:
    return {one.name: {str(usage) for usage in one.usages} for one in default.networks_service().list()}


def test_each_usage_is_one_networks(network: services.NetworkService, default: services.ClusterService) -> None:
    """As Ansible sends it: the usages as they were, with those that are new, and `display` beside them."""
    all_of = {"vm", "display", "migration", "management", "default_route", "gluster"}
    assert usages(default) == {"ovirtmgmt": all_of}
    added = default.networks_service().add(types.Network(name="mynetwork", display=True, usages=[DISPLAY]))
    assert added.display
    service = default.networks_service().network_service(added.id)
    service.update(types.Network(usages=[VM, DISPLAY, MIGRATION]))
    assert usages(default) == {
        "mynetwork": {"vm", "display", "migration"},
        "ovirtmgmt": all_of - {"display", "migration"},
    }
    assert service.update(types.Network(display=False)).usages == [MIGRATION, VM]
    assert usages(default)["ovirtmgmt"] == all_of - {"migration"}
    service.remove()
    assert usages(default) == {"ovirtmgmt": all_of}


def test_a_cluster_keeps_a_management_network(
    system: services.SystemService, network: services.NetworkService, default: services.ClusterService
) -> None:
    added = default.networks_service().add(types.Network(name="mynetwork"))
    with pytest.raises(sdk.Error, match="node1, node2, node3 is reached over another network"):
        default.networks_service().network_service(added.id).update(types.Network(usages=[VM, MANAGEMENT]))
    managing = default.networks_service().network_service(default.get().management_network.id)
    with pytest.raises(sdk.Error, match="used for default_route, management, migration until another network is"):
        managing.update(types.Network(usages=[VM, DISPLAY]))
    cluster = system.clusters_service().cluster_service(
        system.clusters_service().add(types.Cluster(name="empty", data_center=types.DataCenter(name="Default"))).id
    )
    cluster.networks_service().add(types.Network(name="mynetwork", usages=[MANAGEMENT]))
    assert cluster.get().management_network.id == network.get().id
    cluster.networks_service().network_service(managing.get().id).remove()
    assert usages(cluster) == {"mynetwork": {"vm", "management", "display", "migration", "default_route"}}


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (types.Network(name="nobody"), "no network has the name nobody"),
        (types.Network(), r"id\|name.* required"),
        (types.Network(name="foreign"), "no network has the name foreign"),
        (types.Network(name="plain", usages=[VM]), "network plain is not for VMs"),
        (types.Network(name="plain", mtu=9000), "network.mtu = 9000 is not there yet"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_network_that_a_cluster_cannot_have_is_refused_by_name(
    system: services.SystemService, default: services.ClusterService, network: types.Network, message: str
) -> None:
    center = system.data_centers_service().add(types.DataCenter(name="mydc", local=False))
    foreign = system.networks_service().add(types.Network(name="foreign", data_center=types.DataCenter(id=center.id)))
    system.networks_service().add(types.Network(name="plain", usages=[], data_center=types.DataCenter(name="Default")))
    with pytest.raises(sdk.Error, match=message):
        default.networks_service().add(network)
    with pytest.raises(sdk.Error, match="the network is in another data center"):
        default.networks_service().add(types.Network(id=foreign.id))
    assert [one.name for one in default.networks_service().list()] == ["ovirtmgmt"]


def test_a_vnic_profile_is_added_changed_and_removed(
    system: services.SystemService, network: services.NetworkService
) -> None:
    profiles = system.vnic_profiles_service()
    profile = profiles.add(
        types.VnicProfile(
            name="myvnic",
            network=types.Network(id=network.get().id),
            pass_through=types.VnicPassThrough(mode=types.VnicPassThroughMode.DISABLED),
            port_mirroring=False,
            network_filter=types.NetworkFilter(),
            qos=types.Qos(),
        )
    )
    assert (profile.name, profile.port_mirroring, profile.network_filter, profile.qos) == ("myvnic", False, None, None)
    assert profile.pass_through.mode is types.VnicPassThroughMode.DISABLED
    service = profiles.profile_service(profile.id)
    assert service.update(types.VnicProfile(description="seen")).description == "seen"
    assert {one.name for one in network.vnic_profiles_service().list()} == {"mynetwork", "myvnic"}
    below = network.vnic_profiles_service().add(types.VnicProfile(name="below"))
    assert below.network.id == network.get().id
    network.vnic_profiles_service().profile_service(below.id).remove()
    service.remove()
    assert {one.name for one in network.vnic_profiles_service().list()} == {"mynetwork"}
    assert "vNIC profile myvnic of network mynetwork was added by admin@internal." in events(system, 1122)
    assert "vNIC profile myvnic of network mynetwork was removed by admin@internal." in events(system, 1126)


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        (types.VnicProfile(port_mirroring=True), "vnic_profile.port_mirroring = true is not there yet"),
        (
            types.VnicProfile(pass_through=types.VnicPassThrough(mode=types.VnicPassThroughMode.ENABLED)),
            "vnic_profile.pass_through.mode = enabled is not there yet",
        ),
        (
            types.VnicProfile(network_filter=types.NetworkFilter(name="allow-dhcp")),
            "vnic_profile.network_filter = .*allow-dhcp.* is not there yet",
        ),
        (types.VnicProfile(qos=types.Qos(id="q")), "vnic_profile.qos = .* is not there yet"),
        (types.VnicProfile(migratable=False), "vnic_profile.migratable = false is not there yet"),
        (
            types.VnicProfile(custom_properties=[types.CustomProperty(name="SecurityGroups", value="x")]),
            "vnic_profile.custom_properties = .* is not there yet",
        ),
        (types.VnicProfile(name="mynetwork"), "another vNIC profile has it already"),
        (types.VnicProfile(network=types.Network(name="plain")), "it is not for VMs"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_vnic_profile_that_cannot_be_is_refused_by_name(
    system: services.SystemService, network: services.NetworkService, profile: types.VnicProfile, message: str
) -> None:
    system.networks_service().add(types.Network(name="plain", usages=[], data_center=types.DataCenter(name="Default")))
    profile.name = profile.name or "x"
    profile.network = profile.network or types.Network(id=network.get().id)
    with pytest.raises(sdk.Error, match=message):
        system.vnic_profiles_service().add(profile)
    assert {one.name for one in system.vnic_profiles_service().list()} == {"mynetwork", "ovirtmgmt"}


def test_a_vnic_profile_stays_with_its_network(
    system: services.SystemService, network: services.NetworkService
) -> None:
    (profile,) = network.vnic_profiles_service().list()
    service = system.vnic_profiles_service().profile_service(profile.id)
    with pytest.raises(sdk.Error, match=r"vnic_profile\.network\.id cannot be set"):
        service.update(types.VnicProfile(network=types.Network(name="ovirtmgmt")))
    service.update(types.VnicProfile(network=types.Network(name="mynetwork"), comment="seen"))
    assert service.get().comment == "seen"
