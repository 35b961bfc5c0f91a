"""Tags, affinity labels, MAC pools, instance types, clusters, data centers, networks, vNIC profiles."""

from tests.conformance.examples import seeds
from tests.conformance.examples.ansible.task import Task
from tests.conformance.examples.case import ExampleRun, Oracle
from tests.conformance.examples.oracles import changes, expect, linked, links, mentions, removes, was_added
from tests.conformance.examples.state import Differs

GIB = 1 << 30
_TAG = ("tags", "mytag")
_LABEL = ("affinity_labels", "mylabel")
_IN_CLUSTER = seeds.places.my_cluster
_VMS = (seeds.vms.vm("vm1", "Blank"), seeds.vms.vm("vm2", "Blank"))


def _added_and_linked(added: tuple[str, str], *owners: tuple[str, str]) -> Oracle:
    def oracle(run: ExampleRun) -> None:
        was_added(run, *added)
        for owner in owners:
            if not linked(run.after, added, owner):
                raise Differs(f"{added[1]} and {owner[1]} are not linked")

    return oracle


def _renamed(table: str, name: str) -> Oracle:
    return changes_id(table, name)


def changes_id(table: str, name: str) -> Oracle:
    """The row with the documentation's id has that name now."""

    def oracle(run: ExampleRun) -> None:
        if run.before.one(table, id=seeds.rows.NO_ID)["name"] == name:
            raise Differs("it had the name before")
        expect(run.after.one(table, id=seeds.rows.NO_ID), name=name)

    return oracle


def _mac_pool(run: ExampleRun) -> None:
    was_added(run, "mac_pools", "mymacpool")
    ranges = repr([row for name, rows in run.after.tables.items() if "mac_pool" in name for row in rows]).lower()
    for mac in ("00:1a:4a:16:01:51", "00:1a:4a:16:01:61", "00:1a:4a:16:02:51", "00:1a:4a:16:02:61"):
        if mac not in ranges:
            raise Differs(f"{mac} is in no range")


def _instance_type(*values: object) -> Oracle:
    def oracle(run: ExampleRun) -> None:
        mentions(was_added(run, "instance_types", "myit"), *values)

    return oracle


def _cluster(cpu: str, *values: object) -> Oracle:
    def oracle(run: ExampleRun) -> None:
        row = was_added(run, "clusters", "mycluster")
        data_center = run.after.one("data_centers", name="mydatacenter")["id"]
        expect(row, description="mycluster", data_center_id=data_center)
        mentions(row, cpu, *values)

    return oracle


def _data_center(run: ExampleRun) -> None:
    row = was_added(run, "data_centers", "mydatacenter")
    expect(row, local=1)
    mentions(row, "enabled")


def _network(run: ExampleRun) -> None:
    row = was_added(run, "networks", "mynetwork")
    expect(row, vlan=10, data_center_id=run.after.one("data_centers", name="mydatacenter")["id"])
    mentions(row, "vm")


def _profile(**wanted: object) -> Oracle:
    def oracle(run: ExampleRun) -> None:
        row = was_added(run, "vnic_profiles", "myvnic")
        expect(row, network_id=run.after.one("networks", name="mynetwork")["id"], **wanted)

    return oracle


def _profile_changed(*values: object) -> Oracle:
    def oracle(run: ExampleRun) -> None:
        if run.before.one("vnic_profiles", name="myvnic") == run.after.one("vnic_profiles", name="myvnic"):
            raise Differs("the profile is as it was")
        mentions(run.after.one("vnic_profiles", name="myvnic"), *values)

    return oracle


_DATA_CENTER = seeds.rows.renamed("data_centers", "Default", "mydatacenter")
_NETWORK = (seeds.rows.renamed("data_centers", "Default", "datacenter"), seeds.networks.my_network)
_PROFILE = (*_NETWORK, seeds.networks.profile("myvnic", "mynetwork"))
TASKS = (
    Task("ovirt_tag/0", _added_and_linked(_TAG, ("vms", "vm1"), ("vms", "vm2")), _VMS),
    Task("ovirt_tag/1", links(_TAG, ("vms", "vm3")), (seeds.vms.vm("vm3", "Blank"), seeds.others.tag("mytag"))),
    Task(
        "ovirt_tag/2",
        links(_TAG, ("vms", "vm3"), there=False),
        (seeds.vms.vm("vm3", "Blank"), seeds.others.tag("mytag", ("vms", "vm3"))),
    ),
    Task(
        "ovirt_tag/3",
        links(_TAG, ("vms", "vm1"), there=False),
        (*_VMS, seeds.others.tag("mytag", ("vms", "vm1"), ("vms", "vm2"))),
    ),
    Task("ovirt_tag/4", removes(*_TAG), (seeds.others.tag("mytag"),)),
    Task(
        "ovirt_tag/5",
        _renamed("tags", "new_tag_name"),
        (seeds.others.tag("mytag"), seeds.rows.with_no_id("tags", "mytag")),
    ),
    Task(
        "ovirt_affinity_label/0",
        _added_and_linked(_LABEL, ("vms", "vm1"), ("vms", "vm2"), ("nodes", "host1")),
        (*_VMS, seeds.rows.renamed("nodes", "node1", "host1"), _IN_CLUSTER),
    ),
    Task(
        "ovirt_affinity_label/1",
        links(_LABEL, ("vms", "vm1"), there=False),
        (*_VMS, _IN_CLUSTER, seeds.others.label("mylabel", ("vms", "vm1"), ("vms", "vm2"))),
    ),
    Task("ovirt_affinity_label/2", removes(*_LABEL), (seeds.others.label("mylabel"),)),
    Task("ovirt_mac_pool/0", _mac_pool),
    Task("ovirt_mac_pool/1", removes("mac_pools", "mymacpool"), (seeds.others.mac_pool,)),
    Task(
        "ovirt_instance_type/0",
        _instance_type("network"),
        (),
        checkable=False,  # it asks for the type that it has not added
    ),
    Task("ovirt_instance_type/1", removes("instance_types", "myit"), (seeds.others.instance_type,)),
    Task("ovirt_instance_type/2", _instance_type(2 * GIB), (), checkable=False),
    Task("ovirt_instance_type/3", _instance_type(), (), checkable=False),
    Task("ovirt_instance_type/4", _instance_type(), (), checkable=False),
    Task("ovirt_cluster/0", _cluster("Intel SandyBridge Family"), (_DATA_CENTER,)),
    Task("ovirt_cluster/1", _cluster("Intel Nehalem Family"), (_DATA_CENTER,)),
    Task("ovirt_cluster/3", removes("clusters", "mycluster"), (seeds.rows.copy_of_first("clusters", "mycluster"),)),
    Task(
        "ovirt_cluster/4",
        _renamed("clusters", "new_cluster_name"),
        (seeds.rows.copy_of_first("clusters", "mycluster", id=seeds.rows.NO_ID),),
    ),
    Task("ovirt_datacenter/0", _data_center),
    Task(
        "ovirt_datacenter/1", removes("data_centers", "mydatacenter"), (seeds.places.empty_data_center("mydatacenter"),)
    ),
    Task(
        "ovirt_datacenter/2",
        _renamed("data_centers", "new_datacenter_name"),
        (seeds.rows.copy_of_first("data_centers", "mydatacenter", id=seeds.rows.NO_ID),),
    ),
    Task("ovirt_network/0", _network, (_DATA_CENTER,)),
    Task("ovirt_network/1", removes("networks", "mynetwork"), (_DATA_CENTER, seeds.networks.my_network)),
    Task(
        "ovirt_network/2",
        _renamed("networks", "new_network_name"),
        (_DATA_CENTER, seeds.rows.copy_of_first("networks", "mynetwork", bridge="mynetwork", id=seeds.rows.NO_ID)),
    ),
    Task(
        "ovirt_network/4",
        changes("networks", "mynetwork", vlan=None),
        (_DATA_CENTER, seeds.rows.copy_of_first("networks", "mynetwork", bridge="mynetwork", vlan=10)),
    ),
    Task("ovirt_vnic_profile/0", _profile(), _NETWORK),
    Task("ovirt_vnic_profile/1", _profile_changed("9bd9bde9-39da-44a8-9541-aa39e1a81c9d"), _PROFILE),
    Task("ovirt_vnic_profile/2", _profile_changed(), _PROFILE),
    Task("ovirt_vnic_profile/3", _profile(), _NETWORK),
    Task("ovirt_vnic_profile/4", removes("vnic_profiles", "myvnic"), _PROFILE),
)
