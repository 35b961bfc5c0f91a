"""Clusters through the unmodified SDK: added with their management network, changed, removed."""

from collections.abc import Iterator

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from tests.unit.rest.added import remove_added

GIB = 1 << 30


@pytest.fixture
def system(system: services.SystemService) -> Iterator[services.SystemService]:
    """Without what the test before has added."""
    yield system
    remove_added(system)


def mycluster() -> types.Cluster:
    """As the SDK's example add_cluster.py has it."""
    return types.Cluster(
        name="mycluster",
        description="My cluster",
        cpu=types.Cpu(architecture=types.Architecture.X86_64, type="Intel Conroe Family"),
        data_center=types.DataCenter(name="mydc"),
    )


@pytest.fixture
def cluster(system: services.SystemService) -> services.ClusterService:
    system.data_centers_service().add(types.DataCenter(name="mydc", local=False))
    return system.clusters_service().cluster_service(system.clusters_service().add(mycluster()).id)


def events(system: services.SystemService, code: int) -> list[str]:
    return [event.description for event in system.events_service().list() if event.code == code]


def test_a_cluster_is_added_changed_and_removed(
    system: services.SystemService, cluster: services.ClusterService
) -> None:
    added = cluster.get()
    assert (added.name, added.description, added.cpu.type) == ("mycluster", "My cluster", "Intel Conroe Family")
    assert added.bios_type is types.BiosType.Q35_OVMF
    assert (added.gluster_service, added.virt_service) == (False, True)
    assert (added.version.major, added.version.minor) == (4, 7)
    changed = cluster.update(
        types.Cluster(name="calm", bios_type=types.BiosType.Q35_SEA_BIOS, cpu=types.Cpu(type="AMD EPYC"))
    )
    assert (changed.name, changed.bios_type, changed.cpu.type) == ("calm", types.BiosType.Q35_SEA_BIOS, "AMD EPYC")
    assert cluster.get().description == "My cluster"
    assert "Cluster mycluster was added by admin@internal." in events(system, 809)
    cluster.remove()
    with pytest.raises(sdk.NotFoundError):
        cluster.get()
    assert "Cluster calm was removed by admin@internal." in events(system, 813)


def test_a_cluster_is_managed_over_its_data_centers_ovirtmgmt(
    system: services.SystemService, cluster: services.ClusterService
) -> None:
    """Both data centers have a network of that name."""
    center = system.data_centers_service().list(search="name=mydc")[0]
    (network,) = system.data_centers_service().data_center_service(center.id).networks_service().list()
    assert cluster.get().management_network.id == network.id
    (there,) = cluster.networks_service().list()
    assert (there.id, there.required, there.display) == (network.id, True, True)
    usages = {str(usage) for usage in there.usages}
    assert usages == {"vm", "management", "display", "migration", "default_route"}
    other = system.clusters_service().add(
        types.Cluster(
            name="other",
            data_center=types.DataCenter(name="mydc"),
            management_network=types.Network(name="ovirtmgmt"),
        )
    )
    assert other.management_network.id == network.id
    below = system.data_centers_service().data_center_service(center.id).clusters_service()
    assert {one.name for one in below.list()} == {"mycluster", "other"}


def test_all_that_clients_look_into_is_there(system: services.SystemService) -> None:
    """What Ansible's ovirt_cluster compares, and a link that it follows."""
    (cluster,) = system.clusters_service().list()
    assert cluster.fencing_policy.enabled is False
    assert cluster.fencing_policy.skip_if_sd_active.enabled is False
    assert cluster.fencing_policy.skip_if_connectivity_broken.threshold == 50
    assert cluster.migration.bandwidth.assignment_method is types.MigrationBandwidthAssignmentMethod.AUTO
    assert cluster.migration.bandwidth.custom_value is None
    assert cluster.migration.encrypted is types.InheritableBoolean.TRUE
    assert cluster.migration.policy.id == "00000000-0000-0000-0000-000000000000"
    assert cluster.error_handling.on_error is types.MigrateOnError.DO_NOT_MIGRATE
    assert cluster.ksm.merge_across_nodes is True
    assert cluster.memory_policy.over_commit.percent == 100
    assert cluster.required_rng_sources == [types.RngSource.URANDOM]
    policy = system._connection.follow_link(cluster.scheduling_policy)
    assert (policy.name, policy.default_policy) == ("none", True)
    assert [one.id for one in system.scheduling_policies_service().list()] == [policy.id]


def test_what_a_client_sends_back_as_it_was_shown_changes_nothing(cluster: services.ClusterService) -> None:
    whole = cluster.get()
    whole.comment = "seen"
    assert cluster.update(whole).comment == "seen"
    named = types.Cluster(
        data_center=types.DataCenter(name="mydc"),
        management_network=types.Network(name="ovirtmgmt"),
        scheduling_policy=types.SchedulingPolicy(name="none"),
        external_network_providers=[],
    )
    assert cluster.update(named).comment == "seen"


def test_a_new_vm_is_guaranteed_what_the_cluster_has_for_it(
    system: services.SystemService, cluster: services.ClusterService
) -> None:
    cluster.update(types.Cluster(memory_policy=types.MemoryPolicy(over_commit=types.MemoryOverCommit(percent=150))))
    vm = system.vms_service().add(
        types.Vm(
            name="vm",
            memory=3 * GIB,
            cluster=types.Cluster(name="mycluster"),
            template=types.Template(name="Blank"),
        )
    )
    assert (vm.memory, vm.memory_policy.guaranteed) == (3 * GIB, 2 * GIB)


def test_a_serial_number_is_given_and_taken_away(cluster: services.ClusterService) -> None:
    custom = types.SerialNumber(policy=types.SerialNumberPolicy.CUSTOM, value="A1")
    given = cluster.update(types.Cluster(serial_number=custom)).serial_number
    assert (given.policy, given.value) == (types.SerialNumberPolicy.CUSTOM, "A1")
    changed = cluster.update(types.Cluster(serial_number=types.SerialNumber(policy=types.SerialNumberPolicy.VM)))
    assert (changed.serial_number.policy, changed.serial_number.value) == (types.SerialNumberPolicy.VM, None)


def test_a_cluster_without_virt_service_runs_no_vms(
    system: services.SystemService, cluster: services.ClusterService
) -> None:
    with pytest.raises(sdk.Error, match=r"cluster\.virt_service"):
        cluster.update(types.Cluster(virt_service=False))
    cluster.update(types.Cluster(virt_service=False, gluster_service=True))
    vm = types.Vm(name="vm", cluster=types.Cluster(name="mycluster"), template=types.Template(name="Blank"))
    with pytest.raises(sdk.Error, match="virt_service is off"):
        system.vms_service().add(vm)
    cluster.update(types.Cluster(virt_service=True))
    system.vms_service().add(vm)
    with pytest.raises(sdk.Error, match="the cluster has VM vm"):
        cluster.update(types.Cluster(virt_service=False))
    with pytest.raises(sdk.Error, match="it is used by VM vm"):
        cluster.remove()


def test_what_hosts_would_have_to_follow_is_refused(system: services.SystemService) -> None:
    (default,) = system.clusters_service().list()
    cluster = system.clusters_service().cluster_service(default.id)
    for change, message in (
        (types.Cluster(cpu=types.Cpu(type="AMD EPYC")), "cluster.cpu.type.*which CPU types"),
        (types.Cluster(gluster_service=False), "cluster.gluster_service.*would go on as before"),
    ):
        with pytest.raises(sdk.Error, match=message) as caught:
            cluster.update(change)
        assert caught.value.code == 501
    with pytest.raises(sdk.Error, match="it is used by host node1, node2, node3"):
        cluster.remove()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (types.Cluster(cpu=types.Cpu(type="Pentium")), "cluster.cpu.type.*Intel Nehalem Family"),
        (types.Cluster(cpu=types.Cpu(architecture=types.Architecture.PPC64)), "cluster.cpu.architecture"),
        (types.Cluster(name="a+b"), "cluster.name.*letters, digits"),
        (types.Cluster(bios_type=types.BiosType.CLUSTER_DEFAULT), "cluster.bios_type.*i440fx_sea_bios"),
        (types.Cluster(scheduling_policy=types.SchedulingPolicy(name="power_saving")), "no scheduling policy has"),
        (types.Cluster(tunnel_migration=True), "cluster.tunnel_migration = true is not there yet"),
        (types.Cluster(ha_reservation=True), "cluster.ha_reservation = true is not there yet"),
        (types.Cluster(switch_type=types.SwitchType.OVS), "cluster.switch_type = ovs is not there yet"),
        (types.Cluster(version=types.Version(major=4, minor=0)), "cluster.version.minor = 0 is not there yet"),
        (
            types.Cluster(fencing_policy=types.FencingPolicy(enabled=True)),
            "cluster.fencing_policy.enabled = true is not there yet",
        ),
        (
            types.Cluster(memory_policy=types.MemoryPolicy(over_commit=types.MemoryOverCommit(percent=99))),
            "cluster.memory_policy.over_commit.percent.*at least 100",
        ),
        (
            types.Cluster(migration=types.MigrationOptions(policy=types.MigrationPolicy(id="80554327"))),
            "cluster.migration.policy.id = 80554327 is not there yet",
        ),
        (
            types.Cluster(custom_scheduling_policy_properties=[types.Property(name="HighUtilization", value="80")]),
            "custom_scheduling_policy_properties = .* is not there yet",
        ),
        (
            types.Cluster(serial_number=types.SerialNumber(policy=types.SerialNumberPolicy.HOST)),
            "cluster.serial_number.policy = host is not there yet",
        ),
        (
            types.Cluster(serial_number=types.SerialNumber(policy=types.SerialNumberPolicy.CUSTOM)),
            "'' as cluster.serial_number.value.*goes with the policy custom",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_cluster_cannot_be_is_refused_by_name(
    cluster: services.ClusterService, change: types.Cluster, message: str
) -> None:
    before = cluster.get()
    with pytest.raises(sdk.Error, match=message):
        cluster.update(change)
    assert cluster.get().name == before.name


def test_a_cluster_needs_a_data_center_and_a_management_network_of_it(system: services.SystemService) -> None:
    clusters = system.clusters_service()
    with pytest.raises(sdk.Error, match=r"Cluster \[data_center.id\|name\] required for add"):
        clusters.add(types.Cluster(name="x"))
    system.data_centers_service().add(types.DataCenter(name="mydc", local=False))
    foreign = system.data_centers_service().list(search="name=Default")[0]
    (network,) = system.data_centers_service().data_center_service(foreign.id).networks_service().list()
    with pytest.raises(sdk.Error, match="is in another data center"):
        clusters.add(
            types.Cluster(
                name="x",
                data_center=types.DataCenter(name="mydc"),
                management_network=types.Network(id=network.id),
            )
        )
