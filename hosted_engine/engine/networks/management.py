"""The network over which a cluster's hosts are reached."""

from hosted_engine.engine.networks.model import ClusterNetwork, Network, NetworkUsage
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found


def managing_network(tx: Transaction, cluster_id: str) -> Network:
    """Raises NotThere where the cluster has none."""
    links = tx.of(ClusterNetwork).list(cluster_id=cluster_id)
    managing = next((link.network_id for link in links if NetworkUsage.MANAGEMENT in link.usages), "")
    return found(tx.networks.get(managing), "management network of cluster", cluster_id)
