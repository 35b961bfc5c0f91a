"""The questions that a change of a network asks first, each with its refusal."""

from collections.abc import Mapping, Sequence

from hosted_engine.engine.networks.model import ClusterNetwork, Network, NetworkUsage
from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NotSupported, WrongState, found, listed

OF_HOSTS = ("vlan", "mtu", "stp", "usages")  # what the hosts that have a network have made it of


def check_vlan_free(tx: Transaction, item: Network, place: str) -> None:
    """A VLAN is one network of a data center."""
    if item.vlan is None:
        return
    others = [n for n in tx.networks.list(data_center_id=item.data_center_id, vlan=item.vlan) if n.id != item.id]
    if others:
        raise WrongState(
            action=f"use {item.vlan} as {place} of",
            kind="network",
            name=item.name,
            reason=f"network {others[0].name} of the same data center has it",
            mend="Choose another VLAN",
        )


def check_hosts_follow(tx: Transaction, item: Network, before: Network, places: Mapping[str, str]) -> None:
    """Raises NotSupported for the first change of what hosts have made already: nobody would tell them."""
    changed = next((name for name in places if getattr(item, name) != getattr(before, name)), None)
    if changed is None:
        return
    if hosts := hosts_with(tx, before):
        value = getattr(item, changed)
        raise NotSupported(
            value=", ".join(value) if isinstance(value, tuple) else value,
            field=places[changed],
            reason=f"host {listed([host.name for host in hosts])} would keep what it has",
        )


def hosts_with(tx: Transaction, network: Network) -> Sequence[Node]:
    """Those of its clusters that had its bridge when they were heard of last."""
    clusters = [link.cluster_id for link in tx.of(ClusterNetwork).list(network_id=network.id)]
    nodes = {node.id: node for node in tx.nodes.list(cluster_id=clusters)}
    seen = tx.observed_links.find(list(nodes))
    return [node for node in nodes.values() if node.id in seen and seen[node.id].network().has_bridge(network.bridge)]


def check_not_managing(tx: Transaction, network_id: str, action: str, cluster_id: str | None = None) -> None:
    """Over its management network a cluster's hosts are reached."""
    within = {"cluster_id": cluster_id} if cluster_id else {}
    for link in tx.of(ClusterNetwork).list(network_id=network_id, **within):
        if NetworkUsage.MANAGEMENT in link.usages:
            network = found(tx.networks.get(network_id), "network", network_id)
            cluster = found(tx.clusters.get(link.cluster_id), "cluster", link.cluster_id)
            raise WrongState(
                action=action,
                kind="network",
                name=network.name,
                reason=f"it is the management network of cluster {cluster.name}",
                mend="Have the cluster use another one first, or remove the cluster",
            )
