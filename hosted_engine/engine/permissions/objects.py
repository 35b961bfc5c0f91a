"""The objects that permissions are about: what paths and bodies call them, and what is above each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hosted_engine.engine.entity.registry import entities
from hosted_engine.engine.permissions.model import SYSTEM, SYSTEM_ID
from hosted_engine.engine.ports import Transaction

TABLES: Mapping[str, str] = {  # by oVirt's word for the kind of object
    "Cluster": "clusters",
    "CpuProfile": "cpu_profiles",
    "Disk": "disks",
    "DiskProfile": "disk_profiles",
    "GlusterVolume": "gluster_volumes",
    "MacPool": "mac_pools",
    "Network": "networks",
    "Quota": "quotas",
    "Role": "roles",
    "Storage": "storage_domains",
    "StoragePool": "data_centers",
    "User": "users",
    "VDS": "nodes",
    "VM": "vms",
    "VmPool": "vm_pools",
    "VmTemplate": "templates",
    "VnicProfile": "vnic_profiles",
}
HOLDERS = frozenset({"users", "groups"})
IN_PATHS: Mapping[str, str] = {  # the table by the name of an id in a path
    "attachment": "disks",
    "cluster": "clusters",
    "data_center": "data_centers",
    "disk": "disks",
    "group": "groups",
    "host": "nodes",
    "instance_type": "instance_types",
    "mac_pool": "mac_pools",
    "network": "networks",
    "pool": "vm_pools",
    "profile": "vnic_profiles",
    "role": "roles",
    "storage_domain": "storage_domains",
    "template": "templates",
    "user": "users",
    "vm": "vms",
}
IN_BODIES: Mapping[str, str] = {  # the table by the element of a body
    "cluster": "clusters",
    "data_center": "data_centers",
    "disk": "disks",
    "disk.storage_domain": "storage_domains",
    "disk.storage_domains": "storage_domains",
    "host": "nodes",
    "mac_pool": "mac_pools",
    "network": "networks",
    "role": "roles",
    "storage_domain": "storage_domains",
    "storage_domains": "storage_domains",
    "template": "templates",
    "vm": "vms",
    "vnic_profile": "vnic_profiles",
}
_ABOVE: Mapping[str, tuple[str, str]] = {  # the field that names what is above, and its table
    "clusters": ("data_center_id", "data_centers"),
    "networks": ("data_center_id", "data_centers"),
    "nodes": ("cluster_id", "clusters"),
    "storage_domains": ("data_center_id", "data_centers"),
    "vm_pools": ("cluster_id", "clusters"),
    "vms": ("cluster_id", "clusters"),
    "vnic_profiles": ("network_id", "networks"),
}


@dataclass(frozen=True, slots=True)
class Target:
    table: str
    id: str


THE_SYSTEM = Target(SYSTEM, SYSTEM_ID)


def line_of(tx: Transaction, target: Target) -> tuple[Target, ...]:
    """The object and all that is above it, as in oVirt: a permission on any of them is one on the object."""
    line: dict[Target, None] = {}
    pending = [target]
    while pending:
        one = pending.pop()
        if one not in line:
            line[one] = None
            pending += _above(tx, one)
    return *line, THE_SYSTEM


def exists(tx: Transaction, target: Target) -> bool:
    return target == THE_SYSTEM or get(tx, target) is not None


def get(tx: Transaction, target: Target) -> Any:
    """The object itself; None where there is none, or no such table."""
    model = _model(target.table)
    return tx.of(model).get(target.id) if model else None


def named(tx: Transaction, table: str, name: str) -> Target | None:
    """The object of that name, if there is exactly one."""
    model = _model(table)
    found = tx.of(model).list(name=name) if model else ()
    return Target(table, found[0].id) if len(found) == 1 else None


def kind_of(table: str) -> str:
    """The word for one of its objects."""
    entity = next((one for one in entities() if one.table == table), None)
    return entity.kind if entity else table.removesuffix("s").replace("_", " ")


def format_target(tx: Transaction, target: Target, *, by_name: bool) -> str:
    """Whoever does not see the object is not told its name."""
    if target == THE_SYSTEM:
        return "the system"
    name = getattr(get(tx, target), "name", None) if by_name else None
    return f"{kind_of(target.table)} {name or target.id}"


def _above(tx: Transaction, target: Target) -> Iterator[Target]:
    item = get(tx, target)
    if item is None:
        return
    if target.table == "disks":
        if item.storage_domain_id is not None:
            yield Target("storage_domains", item.storage_domain_id)
        for attachment in tx.disk_attachments.list(disk_id=item.id):
            yield Target("vms" if tx.vms.get(attachment.owner_id) else "templates", attachment.owner_id)
    elif target.table == "templates":  # below its data center, but not below its cluster
        cluster = tx.clusters.get(item.cluster_id) if item.cluster_id else None
        if cluster is not None and cluster.data_center_id is not None:
            yield Target("data_centers", cluster.data_center_id)
    elif target.table in _ABOVE:
        field, table = _ABOVE[target.table]
        if (identity := getattr(item, field)) is not None:
            yield Target(table, identity)


def _model(table: str) -> type[Any] | None:
    return next((entity.model for entity in entities() if entity.table == table), None)
