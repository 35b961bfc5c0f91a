"""What of a VM or a template of another engine is to be what in this one: cluster, networks, addresses. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from hosted_engine.engine.clusters.model import Cluster
from hosted_engine.engine.entity.registry import entity_of, record_of
from hosted_engine.engine.entity.structure import readable
from hosted_engine.engine.macpools.model import MacPool
from hosted_engine.engine.macpools.pool import free_macs, pool_of
from hosted_engine.engine.networks.macs import as_number
from hosted_engine.engine.networks.model import Nic
from hosted_engine.engine.ovf.model import OvfEntity, OvfNic
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, found
from hosted_engine.engine.storage.model import StorageDomain
from hosted_engine.engine.templates.model import Template
from hosted_engine.engine.vms.model import Vm


class ProfileMapping(msgspec.Struct, frozen=True, kw_only=True):
    """A NIC with that profile of that network gets `profile_id`, or none."""

    network: str
    profile: str
    profile_id: str | None = None


class RegistrationOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever registers it says. `clusters` are names: of another engine's, and of this one's."""

    cluster_id: str = ""
    name: str = ""
    allow_partial_import: bool = False
    reassign_bad_macs: bool = False
    profiles: tuple[ProfileMapping, ...] = ()
    clusters: tuple[tuple[str, str], ...] = ()


def cluster_for(tx: Transaction, domain: StorageDomain, entity: OvfEntity, options: RegistrationOptions) -> Cluster:
    """The one that is named, or the one that is called as its own was. Raises Refused."""
    if options.cluster_id:
        cluster = found(tx.clusters.get(options.cluster_id), "cluster", options.cluster_id)
    else:
        name = dict(options.clusters).get(entity.cluster, entity.cluster)
        named = tx.clusters.list(name=name, data_center_id=domain.data_center_id)
        if not named:
            reason = f"it was in a cluster {name or 'without a name'}, and data center of the storage has none such"
            raise BadValue(value="nothing", field="action.cluster", reason=reason)
        cluster = named[0]
    if cluster.data_center_id != domain.data_center_id:
        reason = f"storage domain {domain.name} is not attached to its data center"
        raise BadValue(value=cluster.name, field="action.cluster", reason=reason)
    return cluster


def nics_for(
    tx: Transaction, cluster: Cluster, entity: OvfEntity, options: RegistrationOptions, macs: Mapping[str, str]
) -> tuple[Nic, ...]:
    """With the profiles of this engine, and those of `macs`, by NICs' ids, that have others than they had."""
    profiles = _profiles(tx, cluster)
    given = {(one.network, one.profile): one.profile_id for one in options.profiles}
    nics = []
    for one in entity.nics:
        key = (one.network, one.profile)
        profile = given[key] if key in given else profiles.get(key)
        nics.append(replace(one.nic, vnic_profile_id=profile, mac=macs.get(one.nic.id, one.nic.mac)))
    return tuple(nics)


def new_macs(tx: Transaction, cluster: Cluster, entity: OvfEntity) -> dict[str, str]:
    """For the NICs whose addresses are not of the cluster's pool, or another NIC's."""
    pool = pool_of(tx, cluster.id)
    bad = [nic.nic for nic in entity.nics if not _is_in(pool, nic.nic.mac) or _is_taken(tx, nic)]
    return dict(zip((nic.id for nic in bad), free_macs(tx, pool, len(bad)), strict=True))


def scrubbed(tx: Transaction, item: Vm | Template) -> Any:
    """Without references to what this engine does not have, where it can be without, and without secrets that it cannot
    read."""
    record = record_of("templates" if isinstance(item, Template) else "vms")
    changes: dict[str, Any] = {}
    for name, reference in record.references.items():
        value = getattr(item, name)
        if isinstance(value, tuple):
            changes[name] = tuple(one for one in value if _is_there(tx, reference.tables, one))
        elif value is not None and record.columns[name].optional and not _is_there(tx, reference.tables, value):
            changes[name] = None
    if item.initialization is not None:
        changes["initialization"] = readable(tx.secrets, item.initialization)
    return replace(item, **changes)


def _profiles(tx: Transaction, cluster: Cluster) -> dict[tuple[str, str], str]:
    networks = {one.id: one.name for one in tx.networks.list(data_center_id=cluster.data_center_id)}
    profiles = tx.vnic_profiles.list(network_id=tuple(networks))
    return {(networks[one.network_id], one.name): one.id for one in profiles}


def _is_in(pool: MacPool, mac: str) -> bool:
    return any(as_number(mac) in one.numbers for one in pool.ranges)


def _is_taken(tx: Transaction, nic: OvfNic) -> bool:
    return any(other.id != nic.nic.id for other in tx.nics.list(mac=nic.nic.mac))


def _is_there(tx: Transaction, tables: Collection[str], identity: str) -> bool:
    return any(tx.of(entity_of(table).model).get(identity) is not None for table in tables)
