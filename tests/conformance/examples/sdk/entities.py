"""Tags, affinity labels, MAC pools, instance types, clusters, data centers, networks, quotas."""

from tests.conformance.examples import seeds
from tests.conformance.examples.case import Case, ExampleRun
from tests.conformance.examples.oracles import adds, changes, expect, links, mentions, removes, was_added
from tests.conformance.examples.state import Differs

_TAG, _VM0 = ("tags", "mytag"), ("vms", "myvm0")
_LABEL = ("affinity_labels", "my_affinity_label")
GIB = 1 << 30


def tag_added(run: ExampleRun) -> None:
    expect(was_added(run, *_TAG), description="My custom tag")


def mac_pool_of_cluster(run: ExampleRun) -> None:
    pool = was_added(run, "mac_pools", "mymacpool")
    ranges = repr(dict(pool)) + repr(
        [row for name, rows in run.after.tables.items() if "range" in name for row in rows]
    )
    if not all(mac in ranges.lower() for mac in ("02:00:00:00:00:00", "02:00:00:01:00:00")):
        raise Differs("the range of the pool is another")
    links(("mac_pools", "mymacpool"), ("clusters", "mycluster"))(_without_pool(run))


def _without_pool(run: ExampleRun) -> ExampleRun:
    """Before, the pool was not there to be linked: the state after without its links stands for it."""
    pool = run.after.one("mac_pools", name="mymacpool")
    tables = {name: rows for name, rows in run.before.tables.items() if name != "mac_pools"}
    before = type(run.before)({**tables, "mac_pools": [pool]}, run.before.nodes)
    return ExampleRun(before, run.after, run.output)


def instance_type(run: ExampleRun) -> None:
    row = was_added(run, "instance_types", "myinstancetype")
    mentions(row, "My instance type", 2 * GIB)
    expect(row, cores=2, sockets=2)


def cluster(run: ExampleRun) -> None:
    row = was_added(run, "clusters", "mycluster")
    expect(row, description="My cluster", data_center_id=run.after.one("data_centers", name="mydc")["id"])
    mentions(row, "Intel Conroe Family")


def network(run: ExampleRun) -> None:
    row = was_added(run, "networks", "mynetwork")
    data_center = run.after.one("data_centers", name="mydc")["id"]
    expect(row, description="My logical network", vlan=100, mtu=1500, data_center_id=data_center)


def quota(run: ExampleRun) -> None:
    row = was_added(run, "quotas", "myquota")
    if not run.after.linked(row["id"], run.after.one("storage_domains", name="mydata")["id"]):
        raise Differs("the quota has no limit for mydata")


CASES = (
    Case("add_tag", tag_added),
    Case("remove_tag", removes(*_TAG), (seeds.others.my_tag,)),
    Case("assign_tag_to_vm", links(_TAG, _VM0), (seeds.vms.vm("myvm0"), seeds.others.my_tag)),
    Case(
        "unassign_tag_to_vm",
        links(_TAG, _VM0, there=False),
        (seeds.vms.vm("myvm0"), seeds.others.my_tag, seeds.others.tagged),
    ),
    Case("add_affinity_label", adds(*_LABEL)),
    Case("assign_affinity_label_to_vm", links(_LABEL, _VM0), (seeds.vms.vm("myvm0"), seeds.others.my_label)),
    Case("add_mac_pool", mac_pool_of_cluster, (seeds.places.my_cluster,)),
    Case("add_instance_type", instance_type),
    Case("add_cluster", cluster, (seeds.places.my_data_center,)),
    Case("add_data_center", adds("data_centers", "mydc", "My data center")),
    Case(
        "update_data_center",
        changes("data_centers", "mydc", description="Updated description"),
        (seeds.places.my_data_center,),
    ),
    Case("add_logical_network", network, (seeds.places.my_data_center,)),
    Case(
        "assign_network_to_cluster",
        links(("networks", "mynetwork"), ("clusters", "mycluster")),
        (seeds.places.my_data_center, seeds.places.my_cluster, seeds.networks.my_network),
    ),
    Case("update_quota_limits", quota, (seeds.places.my_data_center, seeds.storage.my_storage())),
)
