"""Tags, affinity labels, MAC pools, instance types, clusters, data centers, networks, quotas."""

from tests.conformance.examples import seeds
from tests.conformance.examples.case import Case, Seen
from tests.conformance.examples.oracles import adds, changes, expect, links, mentions, removes, was_added
from tests.conformance.examples.state import Differs

_TAG, _VM0 = ("tags", "mytag"), ("vms", "myvm0")
_LABEL = ("affinity_labels", "my_affinity_label")
GIB = 1 << 30


def tag_added(seen: Seen) -> None:
    expect(was_added(seen, *_TAG), description="My custom tag")


def mac_pool_of_cluster(seen: Seen) -> None:
    pool = was_added(seen, "mac_pools", "mymacpool")
    ranges = repr(dict(pool)) + repr(
        [row for name, rows in seen.after.tables.items() if "range" in name for row in rows]
    )
    if not all(mac in ranges.lower() for mac in ("02:00:00:00:00:00", "02:00:00:01:00:00")):
        raise Differs("the range of the pool is another")
    links(("mac_pools", "mymacpool"), ("clusters", "mycluster"))(_without_pool(seen))


def _without_pool(seen: Seen) -> Seen:
    """Before, the pool was not there to be linked: the state after without its links stands for it."""
    pool = seen.after.one("mac_pools", name="mymacpool")
    tables = {name: rows for name, rows in seen.before.tables.items() if name != "mac_pools"}
    before = type(seen.before)({**tables, "mac_pools": [pool]}, seen.before.nodes)
    return Seen(before, seen.after, seen.output)


def instance_type(seen: Seen) -> None:
    row = was_added(seen, "instance_types", "myinstancetype")
    mentions(row, "My instance type", 2 * GIB)
    expect(row, cores=2, sockets=2)


def cluster(seen: Seen) -> None:
    row = was_added(seen, "clusters", "mycluster")
    expect(row, description="My cluster", data_center_id=seen.after.one("data_centers", name="mydc")["id"])
    mentions(row, "Intel Conroe Family")


def network(seen: Seen) -> None:
    row = was_added(seen, "networks", "mynetwork")
    data_center = seen.after.one("data_centers", name="mydc")["id"]
    expect(row, description="My logical network", vlan=100, mtu=1500, data_center_id=data_center)


def quota(seen: Seen) -> None:
    row = was_added(seen, "quotas", "myquota")
    if not seen.after.linked(row["id"], seen.after.one("storage_domains", name="mydata")["id"]):
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
