"""Clusters in the API."""

from collections.abc import Mapping, Sequence
from typing import Any

from hosted_engine.engine.clusters.commands import AddCluster
from hosted_engine.engine.clusters.model import Cluster
from hosted_engine.engine.command import Command
from hosted_engine.engine.datacenters.entity import COMPATIBILITY
from hosted_engine.engine.entity.declaration import Entity, Link, Options, Place, Values, View, Within
from hosted_engine.engine.entity.events import events
from hosted_engine.engine.entity.field import Reference, Settable
from hosted_engine.engine.macpools.model import MacPool
from hosted_engine.engine.macpools.pool import check_no_duplicates
from hosted_engine.engine.networks.making import add_management, default_management_network
from hosted_engine.engine.networks.model import MANAGEMENT_NETWORK, ClusterNetwork, NetworkUsage
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NotSupported, found, listed
from hosted_engine.engine.search.terms import Shown, path
from hosted_engine.engine.vms.model import SerialNumberPolicy

LEGACY_MIGRATION_ID = "00000000-0000-0000-0000-000000000000"  # oVirt's policy of changing nothing on the way


class ClusterEntity(Entity[Cluster]):
    def meant(self, tx: Transaction, name: str, named: Sequence[Any], known: Values) -> Sequence[Any]:
        """A management network is looked for in the cluster's data center."""
        if name != "management_network_id":
            return named
        return [network for network in named if network.data_center_id == known.get("data_center_id")]

    def change(self, tx: Transaction, before: Cluster, given: Values) -> Cluster:
        """A number of its own goes with its policy."""
        policy = given.get("serial_number_policy", before.serial_number_policy)
        return super().change(
            tx, before, given if policy is SerialNumberPolicy.CUSTOM else {"serial_number": "", **given}
        )

    def check(self, tx: Transaction, item: Cluster, before: Cluster | None) -> None:
        if not (item.gluster_service or item.virt_service):
            reason = "without gluster_service a cluster is there for VMs"
            raise BadValue(value="false", field=self.place("virt_service"), reason=reason)
        if (item.serial_number_policy is SerialNumberPolicy.CUSTOM) != bool(item.serial_number):
            reason = f"it goes with the policy custom, and the policy is {item.serial_number_policy or 'none'}"
            raise BadValue(value=repr(item.serial_number), field=self.place("serial_number"), reason=reason)
        if before is not None:
            self._check_data_center(tx, item, before)
            self._check_hosts(tx, item, before)
            self._check_vms(tx, item)
            self._check_mac_pool(tx, item, before)

    def add(self, tx: Transaction, given: Values, options: Options, *, place: int = 0) -> tuple[Command, Cluster]:
        item = self.make(tx, given)
        network_id = given.get("management_network_id") or self._management_network(tx, given["data_center_id"])
        return AddCluster.of(self, item, place=place, management_network_id=network_id), item

    def changed(self, tx: Transaction, item: Cluster, before: Cluster) -> None:
        if item.data_center_id is not None and before.data_center_id is None:
            add_management(tx, item.id, self._management_network(tx, item.data_center_id))

    def gather(self, view: View, items: Sequence[Cluster]) -> Any:
        """The management network of each."""
        links = view.tx.of(ClusterNetwork).list(cluster_id=[item.id for item in items])
        return {link.cluster_id: link.network_id for link in links if NetworkUsage.MANAGEMENT in link.usages}

    def show(self, item: Cluster, gathered: Any) -> Mapping[str, Any]:
        return {"management_network": Link("networks", gathered[item.id])} if item.id in gathered else {}

    def _management_network(self, tx: Transaction, data_center_id: str) -> str:
        """Raises BadValue where one has to be chosen."""
        network_id = default_management_network(tx, data_center_id)
        if network_id is None:
            reason = f"{self.place('data_center_id')} has no network {MANAGEMENT_NETWORK}, so that one has to be chosen"
            raise BadValue(value="nothing", field=self.place("management_network_id"), reason=reason)
        return network_id

    def _check_data_center(self, tx: Transaction, item: Cluster, before: Cluster) -> None:
        """Its networks and what its VMs lie on are the data center's. One whose data center is gone gets another."""
        if item.data_center_id == before.data_center_id:
            return
        if before.data_center_id is not None:
            reason = "a cluster stays in its data center"
            raise BadValue(value=item.data_center_id or "nothing", field=self.place("data_center_id"), reason=reason)
        if item.data_center_id is not None:
            self._management_network(tx, item.data_center_id)

    def _check_hosts(self, tx: Transaction, item: Cluster, before: Cluster) -> None:
        """What hosts would have to be told, or asked for first."""
        hosts = listed([host.name for host in tx.nodes.list(cluster_id=item.id)])
        if hosts and item.cpu_type != before.cpu_type:
            reason = f"host {hosts} has not said which CPU types it can have"
            raise NotSupported(value=repr(item.cpu_type), field=self.place("cpu_type"), reason=reason)
        if hosts and item.gluster_service != before.gluster_service:
            reason = f"host {hosts} would go on as before"
            value = str(item.gluster_service).lower()
            raise NotSupported(value=value, field=self.place("gluster_service"), reason=reason)

    def _check_vms(self, tx: Transaction, item: Cluster) -> None:
        if not item.virt_service and (vms := tx.vms.list(cluster_id=item.id)):
            reason = f"the cluster has VM {listed([vm.name for vm in vms])}"
            raise BadValue(value="false", field=self.place("virt_service"), reason=reason)

    def _check_mac_pool(self, tx: Transaction, item: Cluster, before: Cluster) -> None:
        """Addresses that NICs have come along."""
        pool = found(tx.of(MacPool).get(item.mac_pool_id), "MAC pool", item.mac_pool_id)
        if item.mac_pool_id != before.mac_pool_id and not pool.allow_duplicates:
            check_no_duplicates(tx, pool, action=f"give cluster {item.name}", also=item.id)


CLUSTERS = ClusterEntity(
    Cluster,
    "clusters",
    kind="cluster",
    type="Cluster",
    path="clusters",
    places=(
        Place(("Clusters", "Cluster"), within={"data_center": Within("data_centers", "data_center_id")}),
        Place(("Clusters", "Cluster")),
    ),
    unique=(("name",),),
    events=events("CLUSTER", "Cluster"),
    inputs={"management_network_id": Reference("management_network", settable=Settable.ON_ADD, to="networks")},
    shown={
        "error_handling.on_error": "do_not_migrate",
        "fencing_policy.enabled": False,
        "fencing_policy.skip_if_connectivity_broken.enabled": False,
        "fencing_policy.skip_if_connectivity_broken.threshold": 50,
        "fencing_policy.skip_if_gluster_bricks_up": False,
        "fencing_policy.skip_if_gluster_quorum_not_met": False,
        "fencing_policy.skip_if_sd_active.enabled": False,
        "fips_mode": "undefined",
        "firewall_type": "firewalld",
        "ha_reservation": False,
        "ksm.enabled": False,
        "ksm.merge_across_nodes": True,
        "maintenance_reason_required": False,
        "memory_policy.transparent_huge_pages.enabled": True,
        "migration.auto_converge": "inherit",
        "migration.bandwidth.assignment_method": "auto",
        "migration.compressed": "inherit",
        "migration.encrypted": "true",
        "migration.parallel_migrations_policy": "disabled",
        "migration.policy": {"id": LEGACY_MIGRATION_ID},
        "optional_reason": False,
        "required_rng_sources": ["urandom"],
        "supported_versions": [COMPATIBILITY],
        "switch_type": "legacy",
        "threads_as_cores": False,
        "trusted_service": False,
        "tunnel_migration": False,
        "upgrade_in_progress": False,
        "upgrade_percent_complete": 0,
        "version": COMPATIBILITY,
        "vnc_encryption": False,
    },
    searches={"compatibility_level": Shown("version")},
    related={
        "storage": path("data_center_id", "storage_domains.data_center_id"),
        "cluster_network": path("cluster_networks.cluster_id", "network_id", aliases={"network_name": "name"}),
        "hosts": path("nodes.cluster_id"),
        "vms": path("vms.cluster_id"),
    },
)
