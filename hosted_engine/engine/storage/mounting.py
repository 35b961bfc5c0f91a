"""Which storage domains a node has mounted. Pure."""

from collections.abc import Collection

from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.storage.model import StorageDomain, StorageDomainStatus
from hosted_engine.engine.storageconnections.model import StorageConnection
from hosted_engine.engine.storageconnections.mounts import mount_spec
from node.api.messages.mounts import MountRequest

IN_USE = frozenset({StorageDomainStatus.ACTIVE, StorageDomainStatus.INACTIVE, StorageDomainStatus.UNKNOWN})


def mount_request(domain: StorageDomain, connection: StorageConnection) -> MountRequest:
    return MountRequest(storage_domain=domain.id, spec=mount_spec(connection), hosted_engine=domain.hosted_engine)


def desired_mounts(tx: Transaction, node: Node) -> list[MountRequest]:
    """Those of its data center that are in use, and the engine VM's, which every node keeps alive."""
    cluster = tx.clusters.get(node.cluster_id)
    center = cluster.data_center_id if cluster is not None else None
    found = tx.storage_domains.list(status=tuple(IN_USE))
    domains = [one for one in found if one.hosted_engine or (center is not None and one.data_center_id == center)]
    connections = tx.of(StorageConnection).find([domain.storage_connection_id for domain in domains])
    return [mount_request(domain, connections[domain.storage_connection_id]) for domain in domains]


def superfluous_mounts(tx: Transaction, mounted: Collection[str]) -> list[str]:
    """Of the ids of domains that a node has mounted: those that nobody uses any more. It was away when they were let
    go."""
    let_go = (StorageDomainStatus.MAINTENANCE, StorageDomainStatus.UNATTACHED)
    return [one.id for one in tx.storage_domains.find(mounted).values() if one.status in let_go]


def hosted_engine_domain(tx: Transaction) -> StorageDomain:
    """The one with the engine VM's own disks; each site has one."""
    (domain,) = tx.storage_domains.list(hosted_engine=True)
    return domain
