"""Which storage domains a node has mounted. Pure."""

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
    """Those of its data center that are in use, and wherever it is the one with the engine's disks: the lockspaces of
    all nodes lie there."""
    cluster = tx.clusters.get(node.cluster_id)
    if cluster is None or cluster.data_center_id is None:
        return []
    own = tx.storage_domains.list(data_center_id=cluster.data_center_id, status=tuple(IN_USE))
    engines = [one for one in tx.storage_domains.list(hosted_engine=True) if one.id not in {each.id for each in own}]
    domains = [*own, *engines]
    connections = tx.of(StorageConnection).find([domain.storage_connection_id for domain in domains])
    return [mount_request(domain, connections[domain.storage_connection_id]) for domain in domains]


def hosted_engine_domain(tx: Transaction) -> StorageDomain:
    """The one with the engine VM's own disks; each site has one."""
    (domain,) = tx.storage_domains.list(hosted_engine=True)
    return domain
