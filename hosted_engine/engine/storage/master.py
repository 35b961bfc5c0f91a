"""Which storage domain of a data center is its master, and what state that leaves the data center in. Pure."""

from dataclasses import replace

from hosted_engine.engine.datacenters.model import DataCenterStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.storage.model import StorageDomain, StorageDomainStatus, StorageDomainType


def make_master(tx: Transaction, domain: StorageDomain) -> StorageDomain:
    """It alone, of those of its data center."""
    for other in tx.storage_domains.list(data_center_id=domain.data_center_id, master=True):
        if other.id != domain.id:
            tx.storage_domains.update(replace(other, master=False))
    domain = replace(domain, master=True)
    tx.storage_domains.update(domain)
    return domain


def successor(tx: Transaction, domain: StorageDomain) -> StorageDomain | None:
    """Who becomes master when this one is let go; None where no other one is active."""
    there = tx.storage_domains.list(
        data_center_id=domain.data_center_id, status=StorageDomainStatus.ACTIVE, type=StorageDomainType.DATA
    )
    others = [one for one in there if one.id != domain.id and not one.hosted_engine]
    return min(others, key=lambda one: one.name, default=None)


def update_data_center(tx: Transaction, data_center_id: str) -> None:
    """Up with an active domain, in maintenance without one, and uninitialized without any."""
    center = found(tx.data_centers.get(data_center_id), "data center", data_center_id)
    domains = [one for one in tx.storage_domains.list(data_center_id=data_center_id) if not one.hosted_engine]
    away = (StorageDomainStatus.MAINTENANCE, StorageDomainStatus.DETACHING)
    if not domains:
        status = DataCenterStatus.UNINITIALIZED
    elif all(one.status in away for one in domains):
        status = DataCenterStatus.MAINTENANCE
    else:
        status = DataCenterStatus.UP
    if status is not center.status:
        tx.data_centers.update(replace(center, status=status))
