"""In which states what can be done with a storage domain, and what stands in the way. Pure."""

from collections.abc import Collection

from hosted_engine.engine.datacenters.model import DataCenter
from hosted_engine.engine.disks.model import DiskStatus
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NoNode, WrongState, found, listed
from hosted_engine.engine.storage.model import StorageDomain, StorageDomainStatus
from hosted_engine.engine.storage.mounting import IN_USE
from hosted_engine.engine.vms.model import VmStatus

S = StorageDomainStatus
ALLOWED: dict[str, frozenset[StorageDomainStatus]] = {  # oVirt's
    "activate": frozenset({S.UNKNOWN, S.INACTIVE, S.MAINTENANCE, S.PREPARING_FOR_MAINTENANCE}),
    "attach": frozenset({S.UNATTACHED}),
    "deactivate": frozenset({S.ACTIVE, S.INACTIVE}),
    "destroy": frozenset(S) - {S.ACTIVE, S.MIXED},
    "detach": frozenset({S.MAINTENANCE}),
    "remove": frozenset({S.UNATTACHED}),
    "reconnect": frozenset({S.MAINTENANCE, S.UNATTACHED}),
    "make master": frozenset({S.UNKNOWN, S.ACTIVE}),
    "update the OVF store of": frozenset({S.ACTIVE}),
}
_MENDS = {
    "activate": "Attach it to a data center first, or wait until what is being done with it has ended",
    "attach": "Detach it from its data center first",
    "deactivate": "Activate it first, or wait until what is being done with it has ended",
    "destroy": "Put it into maintenance first",
    "detach": "Put it into maintenance first",
    "remove": "Put it into maintenance and detach it first",
    "reconnect": "Put it into maintenance first",
    "make master": "Activate it first",
    "update the OVF store of": "Activate it first",
}


def the_domain(tx: Transaction, domain_id: str) -> StorageDomain:
    return found(tx.storage_domains.get(domain_id), "storage domain", domain_id)


def domain_for(tx: Transaction, domain_id: str, action: str) -> StorageDomain:
    """The storage domain, when its status allows `action`. Raises WrongState."""
    domain = the_domain(tx, domain_id)
    if domain.hosted_engine:
        raise refused(domain, action, "the engine's own VM runs from it", "Choose another storage domain")
    if domain.status not in ALLOWED[action]:
        raise refused(domain, action, f"it is {domain.status.value}", _MENDS[action])
    return domain


def refused(domain: StorageDomain, action: str, reason: str, mend: str) -> WrongState:
    return WrongState(action=action, kind="storage domain", name=domain.name, reason=reason, mend=mend)


def check_in_use(tx: Transaction, domain_ids: Collection[str]) -> None:
    """VMs may run from them. Raises WrongState."""
    for domain in sorted(tx.storage_domains.find(domain_ids).values(), key=lambda one: one.name):
        if domain.status not in IN_USE:
            raise refused(domain, "run VMs from", f"it is {domain.status.value}", "Activate it first")


def check_unused(tx: Transaction, domain: StorageDomain, action: str) -> None:
    """No VM runs from it, and nothing is being done with its disks."""
    disks = tx.disks.list(storage_domain_id=domain.id)
    if locked := [disk.name for disk in disks if disk.status is DiskStatus.LOCKED]:
        raise refused(domain, action, f"these disks are locked: {listed(locked)}", "Try again when they are ok")
    attached = tx.disk_attachments.list(disk_id=[disk.id for disk in disks], active=True) if disks else []
    vms = tx.vms.find({attachment.owner_id for attachment in attached}).values()
    if running := sorted(vm.name for vm in vms if vm.status is not VmStatus.DOWN):
        raise refused(domain, action, f"these VMs run from it: {listed(running)}", "Shut them down first")


def check_bare(tx: Transaction, domain: StorageDomain, action: str) -> None:
    """No VM and no template has a disk there. Disks that float go with it."""
    disks = tx.disks.list(storage_domain_id=domain.id)
    owners = {one.owner_id for one in tx.disk_attachments.list(disk_id=[disk.id for disk in disks])} if disks else set()
    names = sorted(owner.name for table in (tx.vms, tx.templates) for owner in table.find(owners).values())
    if names:
        reason = f"disks of these VMs and templates lie on it: {listed(names)}"
        raise refused(domain, action, reason, "Move these disks to another storage domain, or remove them, first")
    if held := sorted(disk.name for disk in disks if tx.disk_images.count(disk_id=disk.id)):
        reason = f"these disks have images that snapshots have left: {listed(held)}"
        raise refused(domain, action, reason, "Remove these disks first")


def nodes_of(tx: Transaction, data_center_id: str) -> list[Node]:
    """Those of the data center that are up."""
    clusters = [cluster.id for cluster in tx.clusters.list(data_center_id=data_center_id)]
    return sorted(tx.nodes.list(cluster_id=clusters, status=NodeStatus.UP), key=lambda node: node.name)


def first_node(tx: Transaction, data_center_id: str, action: str) -> Node:
    """Whoever does what one node has to do for all. Raises NoNode."""
    nodes = nodes_of(tx, data_center_id)
    if not nodes:
        center: DataCenter = found(tx.data_centers.get(data_center_id), "data center", data_center_id)
        raise NoNode(action=action, reasons=f"none of data center {center.name} is up")
    return nodes[0]
