"""What comes into being with networks, data centers and clusters."""

from hosted_engine.engine.ids import new_id
from hosted_engine.engine.networks.model import (
    MANAGEMENT_NETWORK,
    NEEDED_ROLES,
    ClusterNetwork,
    Network,
    NetworkUsage,
    VnicProfile,
    bridge_name,
)
from hosted_engine.engine.ports import Transaction


def add_first_network(tx: Transaction, data_center_id: str) -> None:
    """Every data center begins with a network that its clusters may be managed over."""
    id_ = new_id()
    network = Network(
        id=id_,
        name=MANAGEMENT_NETWORK,
        data_center_id=data_center_id,
        bridge=bridge_name(MANAGEMENT_NETWORK, id_),
        description="Management Network",
    )
    tx.networks.add(network)
    add_profile(tx, network)


def add_profile(tx: Transaction, network: Network) -> None:
    """VMs join a network for VMs by the vNIC profile of its name."""
    if network.for_vms:
        tx.vnic_profiles.add(VnicProfile(id=new_id(), name=network.name, network_id=network.id))


def add_management(tx: Transaction, cluster_id: str, network_id: str) -> None:
    """A cluster begins with its management network, which is there for everything."""
    tx.of(ClusterNetwork).add(
        ClusterNetwork(
            id=f"{cluster_id}/{network_id}",
            cluster_id=cluster_id,
            network_id=network_id,
            usages=tuple(sorted(NEEDED_ROLES)),
        )
    )


def default_management_network(tx: Transaction, data_center_id: str) -> str | None:
    """The data center's `ovirtmgmt`, or else that which all its clusters are managed over."""
    if named := tx.networks.list(data_center_id=data_center_id, name=MANAGEMENT_NETWORK):
        return named[0].id
    clusters = [cluster.id for cluster in tx.clusters.list(data_center_id=data_center_id)]
    links = tx.of(ClusterNetwork).list(cluster_id=clusters)
    managing = {link.network_id for link in links if NetworkUsage.MANAGEMENT in link.usages}
    return managing.pop() if len(managing) == 1 else None
