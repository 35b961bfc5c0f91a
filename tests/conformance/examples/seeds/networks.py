"""Networks and vNIC profiles."""

from tests.conformance.examples.case import Fixture, Site
from tests.conformance.examples.seeds.rows import copied, copy_of_first


def my_network(site: Site) -> None:
    """A network `mynetwork` beside the management network, with a vNIC profile of the same name."""
    state = site.state()
    network = copied(site, "networks", state.rows("networks")[0], name="mynetwork", bridge="mynetwork")
    copied(site, "vnic_profiles", state.rows("vnic_profiles")[0], name="mynetwork", network_id=network)


def my_network_in_cluster(site: Site) -> None:
    """`mynetwork`, for VMs of the cluster."""
    my_network(site)
    state = site.state()
    network = state.one("networks", name="mynetwork")["id"]
    copied(site, "cluster_networks", state.rows("cluster_networks")[0], network_id=network, usages=[])


def network(name: str) -> Fixture:
    return copy_of_first("networks", name, bridge=name)


def profile(name: str, network: str) -> Fixture:
    def fixture(site: Site) -> None:
        state = site.state()
        owner = state.one("networks", name=network)["id"]
        copied(site, "vnic_profiles", state.rows("vnic_profiles")[0], name=name, network_id=owner)

    fixture.__name__ = f"vnic_profile_{name}"
    return fixture
