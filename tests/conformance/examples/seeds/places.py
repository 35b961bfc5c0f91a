"""Data centers, clusters and hosts."""

from ovirtsdk4 import types

from tests.conformance.examples.case import Fixture, Site
from tests.conformance.examples.seeds.rows import NO_ID, copied, copy_of_first, renamed, until

my_data_center = renamed("data_centers", "Default", "mydc")

my_cluster = renamed("clusters", "Default", "mycluster")

my_host = renamed("nodes", "node1", "myhost")


def host_to_leave(site: Site) -> None:
    """`myhost`, and an engine that knows of the storage, without which no host may go into maintenance."""
    my_host(site)
    site.await_storage()


def machine(*names: str) -> Fixture:
    """One that belongs to no site, reached by these names."""

    def fixture(site: Site) -> None:
        site.add_machine(4, *names)

    fixture.__name__ = f"machine_{'_'.join(names)}"
    return fixture


def spare_host(site: Site) -> None:
    """`myhost`, which came later and has no bricks."""
    site.add_machine(4, "10.0.0.4")
    with site.connection() as connection:
        hosts = connection.system_service().hosts_service()
        hosts.add(types.Host(name="myhost", address="10.0.0.4", root_password="secret"))
        until(lambda: hosts.list(search="name=myhost")[0].status == types.HostStatus.UP)
    site.await_storage()


def slow_host(site: Site) -> None:
    """`myhost`, which takes its time: some clients do not see what is over before they look."""
    spare_host(site)
    site.slow_down(0.2)


def second_cluster(site: Site) -> None:
    copied(site, "clusters", site.state().rows("clusters")[0], name="mycluster")


def empty_data_center(name: str) -> Fixture:
    return copy_of_first("data_centers", name)


def data_center_of(host: str, name: str, *, id: str = "", local: int = 0) -> Fixture:
    """A data center of its own for that host, with a cluster and a management network."""

    def fixture(site: Site) -> None:
        state = site.state()
        own = {"id": id} if id else {}
        center = copied(site, "data_centers", state.rows("data_centers")[0], name=name, local=local, **own)
        cluster = copied(site, "clusters", state.rows("clusters")[0], name=f"{name}-cluster", data_center_id=center)
        network = copied(site, "networks", state.rows("networks")[0], data_center_id=center)
        used = state.rows("cluster_networks")[0]
        copied(site, "cluster_networks", used, cluster_id=cluster, network_id=network)
        site.execute("UPDATE nodes SET cluster_id = ? WHERE name = ?", cluster, host)

    fixture.__name__ = f"data_center_{name}"
    return fixture


def host_with_no_id(site: Site) -> None:
    row = site.state().one("nodes", name="node1")
    copied(site, "nodes", row, name="old", id=NO_ID, host_id=99, address="192.0.2.99")
