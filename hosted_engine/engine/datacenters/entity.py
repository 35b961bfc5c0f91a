"""Data centers in the API."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.datacenters.model import DataCenter
from hosted_engine.engine.entity.declaration import Action, Entity, Link, Options, Place, Values, View
from hosted_engine.engine.entity.events import events
from hosted_engine.engine.entity.field import Reference
from hosted_engine.engine.networks.making import add_first_network
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, InUse, NotSupported, listed
from hosted_engine.engine.search.terms import Shown, path
from hosted_engine.engine.storage.commands.set_master import SetMasterStorageDomain

COMPATIBILITY = {"major": 4, "minor": 7}
STORAGE_FORMAT = "v5"  # of every storage domain; a data center has that of its first one


class DataCenterEntity(Entity[DataCenter]):
    def added(self, tx: Transaction, item: DataCenter) -> None:
        add_first_network(tx, item.id)

    def check_removable(self, tx: Transaction, item: DataCenter) -> None:
        """Clusters without hosts may be left behind; they are in no data center then."""
        clusters = [cluster.id for cluster in tx.clusters.list(data_center_id=item.id)]
        if hosts := tx.nodes.list(cluster_id=clusters):
            raise InUse(kind=self.kind, name=item.name, users=f"host {listed([host.name for host in hosts])}")

    def remove(self, tx: Transaction, item: DataCenter, options: Options, *, place: int = 0) -> Command:
        """With `force` oVirt forgets its storage without asking the hosts."""
        if options.boolean("force") and tx.storage_domains.count(data_center_id=item.id):
            reason = "its storage domains would have to be forgotten"
            raise NotSupported(value="true", field="force", reason=reason)
        return super().remove(tx, item, options, place=place)

    def gather(self, view: View, items: Sequence[DataCenter]) -> Any:
        """Those that have storage, and the MAC pools of each one's clusters."""
        ids = [item.id for item in items]
        pools: defaultdict[str | None, set[str]] = defaultdict(set)
        for cluster in view.tx.clusters.list(data_center_id=ids):
            pools[cluster.data_center_id].add(cluster.mac_pool_id)
        return {domain.data_center_id for domain in view.tx.storage_domains.list(data_center_id=ids)}, pools

    def show(self, item: DataCenter, gathered: Any) -> Mapping[str, Any]:
        """Its MAC pool is the one that all of its clusters have."""
        with_storage, pools = gathered
        pool = next(iter(pools[item.id])) if len(pools[item.id]) == 1 else None
        return {
            "mac_pool": Link("mac_pools", pool) if pool else None,
            "storage_format": STORAGE_FORMAT if item.id in with_storage else None,
        }


def _set_master(tx: Transaction, item: DataCenter, given: Values) -> Command:
    if "storage_domain_id" not in given:
        reason = "it says which storage domain is to be the master"
        raise BadValue(value="nothing", field="action.storage_domain", reason=reason)
    return SetMasterStorageDomain(id=given["storage_domain_id"], data_center_id=item.id)


DATA_CENTERS = DataCenterEntity(
    DataCenter,
    "data_centers",
    kind="data center",
    type="DataCenter",
    path="datacenters",
    places=(Place(("DataCenters", "DataCenter")),),
    unique=(("name",),),
    events=events("STORAGE_POOL", "Data center"),
    actions={
        "set_master": Action(
            _set_master, inputs={"storage_domain_id": Reference("storage_domain", to="storage_domains")}
        )
    },
    shown={"quota_mode": "disabled", "supported_versions": [COMPATIBILITY], "version": COMPATIBILITY},
    searches={"compatibility_version": Shown("version")},
    related={
        "clusters": path("clusters.data_center_id"),
        "networks": path("networks.data_center_id"),
        "storage": path("storage_domains.data_center_id"),
    },
)
