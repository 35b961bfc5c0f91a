"""What a data center that is local cannot have: it is one host with its own storage. Pure."""

from hosted_engine.engine.nodes.members import OUTSIDE
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState


def check_host_fits(tx: Transaction, cluster_id: str, node_id: str, name: str) -> None:
    """Raises WrongState where the cluster's data center is local and has another host."""
    cluster = tx.clusters.get(cluster_id)
    center = tx.data_centers.get(cluster.data_center_id) if cluster and cluster.data_center_id else None
    if center is None or not center.local:
        return
    clusters = [one.id for one in tx.clusters.list(data_center_id=center.id)]
    others = [one for one in tx.nodes.list(cluster_id=clusters) if one.id != node_id and one.status not in OUTSIDE]
    if others:
        raise WrongState(
            action="take in",
            kind="host",
            name=name,
            reason=f"data center {center.name} is local, and has host {others[0].name}",
            mend="Choose a cluster of another data center",
        )
