"""The networks of a cluster in the API: a network as all see it, with what the cluster says of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.entity.declaration import Entity, Link, Options, Place, Values, View, Within
from hosted_engine.engine.entity.events import Events
from hosted_engine.engine.entity.field import Field
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.networks.commands import DetachNetwork
from hosted_engine.engine.networks.model import (
    NEEDED_ROLES,
    ROLES,
    ClusterNetwork,
    Network,
    NetworkStatus,
    NetworkUsage,
)
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, WrongState, found, listed
from hosted_engine.engine.search.terms import Of, path


class ClusterNetworkEntity(Entity[ClusterNetwork]):
    def make(self, tx: Transaction, given: Values) -> ClusterNetwork:
        identity = f"{given['cluster_id']}/{given['network_id']}"
        usages = self._usages(tx, given["network_id"], (), given)
        return super().make(tx, {**given, "id": identity, "usages": usages})

    def change(self, tx: Transaction, before: ClusterNetwork, given: Values) -> ClusterNetwork:
        usages = self._usages(tx, before.network_id, before.usages, given)
        return super().change(tx, before, {**given, "usages": usages})

    def meant(self, tx: Transaction, name: str, named: Sequence[Any], known: Values) -> Sequence[Any]:
        """A network is looked for in the cluster's data center."""
        cluster = tx.clusters.get(known["cluster_id"])
        return [one for one in named if cluster is not None and one.data_center_id == cluster.data_center_id]

    def check(self, tx: Transaction, item: ClusterNetwork, before: ClusterNetwork | None) -> None:
        network = found(tx.networks.get(item.network_id), "network", item.network_id)
        cluster = found(tx.clusters.get(item.cluster_id), "cluster", item.cluster_id)
        if before is None:
            reason = ""
            if network.data_center_id != cluster.data_center_id:
                reason = "the network is in another data center"
            elif tx.of(ClusterNetwork).get(item.id) is not None:
                reason = "it is there already"
            if reason:
                action, mend = f"add to cluster {cluster.name}", "Choose another network"
                raise WrongState(action=action, kind="network", name=network.name, reason=reason, mend=mend)
        self._check_roles(tx, item, before or replace(item, usages=()))

    def added(self, tx: Transaction, item: ClusterNetwork) -> None:
        self.changed(tx, item, replace(item, usages=()))

    def changed(self, tx: Transaction, item: ClusterNetwork, before: ClusterNetwork) -> None:
        """What it is used for from now on another network no longer is, and what it is used for no longer the
        management network is."""
        gained, lost = set(item.usages) - set(before.usages), set(before.usages) - set(item.usages)
        for other in tx.of(ClusterNetwork).list(cluster_id=item.cluster_id):
            usages = set(other.usages)
            if other.id != item.id:
                usages -= gained
                usages |= lost & NEEDED_ROLES if NetworkUsage.MANAGEMENT in usages else set()
                if usages != set(other.usages):
                    tx.of(ClusterNetwork).update(replace(other, usages=tuple(sorted(usages))))

    def removed(self, tx: Transaction, item: ClusterNetwork) -> None:
        self.changed(tx, replace(item, usages=()), item)

    def remove(self, tx: Transaction, item: ClusterNetwork, options: Options, *, place: int = 0) -> Command:
        return DetachNetwork.of(self, item, place=place)

    def event_values(self, tx: Transaction, item: ClusterNetwork) -> Mapping[str, str]:
        network = found(tx.networks.get(item.network_id), "network", item.network_id)
        cluster = found(tx.clusters.get(item.cluster_id), "cluster", item.cluster_id)
        return {"name": network.name, "cluster": cluster.name}

    def gather(self, view: View, items: Sequence[ClusterNetwork]) -> Any:
        """The networks, the hosts of each cluster, and what these said last."""
        networks = view.tx.networks.find([item.network_id for item in items])
        hosts: defaultdict[str, list[Node]] = defaultdict(list)
        for host in view.tx.nodes.list(cluster_id={item.cluster_id for item in items}):
            hosts[host.cluster_id].append(host)
        return networks, hosts, view.readings

    def show(self, item: ClusterNetwork, gathered: Any) -> Mapping[str, Any]:
        networks, hosts, readings = gathered
        network: Network = networks[item.network_id]
        return {
            "name": network.name,
            "description": network.description,
            "comment": network.comment,
            "data_center": Link("data_centers", network.data_center_id),
            "display": NetworkUsage.DISPLAY in item.usages,
            "mtu": network.mtu,
            "port_isolation": network.port_isolation,
            "status": status(network, hosts[item.cluster_id], readings).value,
            "stp": network.stp,
            "usages": [usage.value for usage in sorted({*network.usages, *item.usages})],
            "vdsm_name": network.bridge,
            **({} if network.vlan is None else {"vlan.id": network.vlan}),
        }

    def _usages(
        self, tx: Transaction, network_id: str, before: tuple[NetworkUsage, ...], given: Values
    ) -> tuple[NetworkUsage, ...]:
        """What is given of them. Whether it is for VMs the network says itself. `display` stands above the list:
        clients send the list as it was, beside what they change."""
        usages = set(given.get("usages", before))
        if NetworkUsage.VM in usages:
            network = found(tx.networks.get(network_id), "network", network_id)
            if not network.for_vms:
                raise BadValue(value="vm", field=self.place("usages"), reason=f"network {network.name} is not for VMs")
        match given.get("display"):
            case True:
                usages.add(NetworkUsage.DISPLAY)
            case False:
                usages.discard(NetworkUsage.DISPLAY)
        return tuple(sorted(usages & ROLES))

    def _check_roles(self, tx: Transaction, item: ClusterNetwork, before: ClusterNetwork) -> None:
        """A cluster always has a management network, which has what no other network is used for."""
        gone = sorted((set(before.usages) - set(item.usages)) & NEEDED_ROLES)
        if gone and NetworkUsage.MANAGEMENT in before.usages:
            reason = f"the management network is used for {', '.join(gone)} until another network is"
            raise BadValue(value=", ".join(item.usages) or "nothing", field=self.place("usages"), reason=reason)
        if NetworkUsage.MANAGEMENT in set(item.usages) - set(before.usages):
            there = tx.of(ClusterNetwork).list(cluster_id=item.cluster_id)
            hosts = tx.nodes.list(cluster_id=item.cluster_id)
            if hosts and any(NetworkUsage.MANAGEMENT in link.usages for link in there):
                reason = f"host {listed([host.name for host in hosts])} is reached over another network"
                raise BadValue(value="management", field=self.place("usages"), reason=reason)


def status(network: Network, hosts: Sequence[Node], readings: Readings) -> NetworkStatus:
    """Operational where no host that is up lacks it."""
    lacking = any(readings.of(host.id).lacks(network.bridge) for host in hosts if host.status is NodeStatus.UP)
    return NetworkStatus.NON_OPERATIONAL if lacking else NetworkStatus.OPERATIONAL


_SEARCHED = ("name", "description", "comment", "datacenter", "mtu", "stp", "vlanid", "vmnetwork")

CLUSTER_NETWORKS = ClusterNetworkEntity(
    ClusterNetwork,
    "cluster_networks",
    kind="network of the cluster",
    type="Network",
    places=(
        Place(
            ("ClusterNetworks", "ClusterNetwork"),
            within={"cluster": Within("clusters", "cluster_id")},
            key="network_id",
        ),
    ),
    order="id",
    unique=(("cluster_id", "network_id"),),
    events=Events(
        EventKind("NETWORK_ATTACH_NETWORK_TO_CLUSTER", "Network {name} was added to cluster {cluster} by {user}."),
        EventKind("NETWORK_UPDTAE_NETWORK_ON_CLUSTER", "Network {name} in cluster {cluster} was changed by {user}."),
        EventKind("NETWORK_DETACH_NETWORK_TO_CLUSTER", "Network {name} was taken from cluster {cluster} by {user}."),
    ),
    inputs={"display": Field("display")},
    searches={word: Of(path("network_id"), word) for word in _SEARCHED},
)
