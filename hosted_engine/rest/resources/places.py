"""/datacenters and /clusters, and the storage domains and networks in them"""

from hosted_engine.engine.clusters.model import Cluster
from hosted_engine.engine.datacenters.model import DataCenter
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.search.match import Fields
from hosted_engine.engine.storage.health import ExternalStatus, status_of_volume
from hosted_engine.engine.storage.model import StorageDomain
from hosted_engine.rest.call import Answer, Call, Handlers
from hosted_engine.rest.mapping.places import (
    attached_domain_to_wire,
    cluster_to_wire,
    data_center_to_wire,
    storage_domain_to_wire,
)
from hosted_engine.rest.resources.base import Resource, check_child, check_parents, chosen, committed_bytes, names


class DataCenters(Resource):
    def handlers(self) -> Handlers:
        return {
            ("DataCenters", "list"): self.list,
            ("DataCenter", "get"): self.get,
            ("AttachedStorageDomains", "list"): self.list_domains,
            ("AttachedStorageDomain", "get"): self.get_domain,
        }

    async def list(self, call: Call) -> Answer:
        fields: Fields[DataCenter] = {
            "id": lambda center: center.id,
            "name": lambda center: center.name,
            "description": lambda center: center.description,
            "comment": lambda center: center.comment,
            "status": lambda center: center.status.value,
        }
        with self.engine.store.transaction() as tx:
            return Answer([data_center_to_wire(c) for c in chosen(call, tx.data_centers.list(), fields)])

    async def get(self, call: Call) -> Answer:
        identity = call.ids["data_center"]
        with self.engine.store.transaction() as tx:
            return Answer(data_center_to_wire(found(tx.data_centers.get(identity), "data center", identity)))

    async def list_domains(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            check_parents(call, data_center=(tx.data_centers, "data center"))
            domains = tx.storage_domains.list(data_center_id=call.ids["data_center"])
            return Answer([attached_domain_to_wire(d, committed_bytes(tx, d.id), self._external(d)) for d in domains])

    async def get_domain(self, call: Call) -> Answer:
        identity = call.ids["storage_domain"]
        with self.engine.store.transaction() as tx:
            domain = found(tx.storage_domains.get(identity), "storage domain", identity)
            check_child(call, "data_center", domain.data_center_id, kind="storage domain", id=identity)
            return Answer(attached_domain_to_wire(domain, committed_bytes(tx, identity), self._external(domain)))

    def _external(self, domain: StorageDomain) -> ExternalStatus:
        return status_of_volume(self.engine.readings.storage, domain.volume)


class Clusters(Resource):
    def handlers(self) -> Handlers:
        return {("Clusters", "list"): self.list, ("Cluster", "get"): self.get}

    async def list(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            check_parents(call, data_center=(tx.data_centers, "data center"))
            center = call.ids.get("data_center")
            clusters = tx.clusters.list(data_center_id=center) if center else tx.clusters.list()
            return Answer([cluster_to_wire(c) for c in chosen(call, clusters, _cluster_fields(tx))])

    async def get(self, call: Call) -> Answer:
        identity = call.ids["cluster"]
        with self.engine.store.transaction() as tx:
            cluster = found(tx.clusters.get(identity), "cluster", identity)
            check_child(call, "data_center", cluster.data_center_id, kind="cluster", id=identity)
            return Answer(cluster_to_wire(cluster))


class StorageDomains(Resource):
    def handlers(self) -> Handlers:
        return {("StorageDomains", "list"): self.list, ("StorageDomain", "get"): self.get}

    async def list(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            domains = chosen(call, tx.storage_domains.list(), _domain_fields(tx))
            return Answer([storage_domain_to_wire(d, committed_bytes(tx, d.id), self._external(d)) for d in domains])

    async def get(self, call: Call) -> Answer:
        identity = call.ids["storage_domain"]
        with self.engine.store.transaction() as tx:
            domain = found(tx.storage_domains.get(identity), "storage domain", identity)
            return Answer(storage_domain_to_wire(domain, committed_bytes(tx, identity), self._external(domain)))

    def _external(self, domain: StorageDomain) -> ExternalStatus:
        return status_of_volume(self.engine.readings.storage, domain.volume)


def _cluster_fields(tx: Transaction) -> Fields[Cluster]:
    centers = names(tx.data_centers)

    def center(cluster: Cluster) -> str | None:
        return centers.get(cluster.data_center_id)

    return {
        "id": lambda cluster: cluster.id,
        "name": lambda cluster: cluster.name,
        "description": lambda cluster: cluster.description,
        "comment": lambda cluster: cluster.comment,
        "datacenter": center,
        "datacenter.name": center,
        "datacenters.name": center,
    }


def _domain_fields(tx: Transaction) -> Fields[StorageDomain]:
    centers = names(tx.data_centers)

    def center(domain: StorageDomain) -> str | None:
        return centers.get(domain.data_center_id)

    return {
        "id": lambda domain: domain.id,
        "name": lambda domain: domain.name,
        "description": lambda domain: domain.description,
        "comment": lambda domain: domain.comment,
        "status": lambda domain: domain.status.value,
        "type": lambda domain: domain.type.value,
        "datacenter": center,
        "datacenter.name": center,
        "datacenters.name": center,
    }
