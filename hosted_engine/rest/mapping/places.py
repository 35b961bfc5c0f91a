"""Data centers, clusters, storage domains as they travel."""

from hosted_engine.engine.clusters.model import Cluster
from hosted_engine.engine.datacenters.model import DataCenter
from hosted_engine.engine.storage.health import ExternalStatus
from hosted_engine.engine.storage.model import StorageDomain, StorageDomainStatus
from hosted_engine.rest.mapping.refs import ref
from hosted_engine.rest.media.wire import Wire

COMPATIBILITY = {"major": 4, "minor": 7}


def data_center_to_wire(data_center: DataCenter) -> Wire:
    return {
        **ref("datacenters", data_center.id),
        "name": data_center.name,
        "description": data_center.description,
        "comment": data_center.comment,
        "local": data_center.local,
        "quota_mode": "disabled",
        "status": data_center.status.value,
        "storage_format": "v5",
        "supported_versions": [COMPATIBILITY],
        "version": COMPATIBILITY,
    }


def cluster_to_wire(cluster: Cluster) -> Wire:
    return {
        **ref("clusters", cluster.id),
        "name": cluster.name,
        "description": cluster.description,
        "comment": cluster.comment,
        "ballooning_enabled": False,
        "bios_type": "q35_sea_bios",
        "cpu": {"architecture": cluster.cpu_architecture, "type": cluster.cpu_type or None},
        "error_handling": {"on_error": "migrate"},
        "firewall_type": "firewalld",
        "gluster_service": cluster.gluster_service,
        "ha_reservation": False,
        "ksm": {"enabled": False},
        "memory_policy": {"over_commit": {"percent": 100}},
        "migration": {"auto_converge": "inherit", "compressed": "inherit"},
        "required_rng_sources": ["urandom"],
        "switch_type": "legacy",
        "threads_as_cores": False,
        "trusted_service": False,
        "tunnel_migration": False,
        "version": COMPATIBILITY,
        "virt_service": cluster.virt_service,
        "vnc_encryption": False,
        "data_center": ref("datacenters", cluster.data_center_id),
        "management_network": ref("networks", cluster.management_network_id),
    }


def storage_domain_to_wire(domain: StorageDomain, committed_bytes: int, external: ExternalStatus) -> Wire:
    """`committed_bytes` is what its disks could grow to, `external` how its volume is. An attached domain shows its
    status in its data center only, as in oVirt."""
    size, free = domain.size_bytes, domain.free_bytes
    return {
        **ref("storagedomains", domain.id),
        "name": domain.name,
        "description": domain.description,
        "comment": domain.comment,
        "available": free,
        "used": size - free if size is not None and free is not None else None,
        "committed": committed_bytes,
        "backup": False,
        "block_size": 512,
        "critical_space_action_blocker": 5,
        "discard_after_delete": False,
        "external_status": external.value,
        "master": domain.master,
        "storage": {
            "type": domain.storage_type.value,
            "address": domain.servers[0] if domain.servers else None,
            "path": domain.volume,
            "vfs_type": "glusterfs",
        },
        "storage_format": "v5",
        "supports_discard": False,
        "supports_discard_zeroes_data": False,
        "type": domain.type.value,
        "warning_low_space_indicator": 10,
        "wipe_after_delete": False,
        "status": "unattached" if domain.status is StorageDomainStatus.UNATTACHED else None,
        "data_centers": [ref("datacenters", domain.data_center_id)],
    }


def attached_domain_to_wire(domain: StorageDomain, committed_bytes: int, external: ExternalStatus) -> Wire:
    return {
        **storage_domain_to_wire(domain, committed_bytes, external),
        "status": domain.status.value,
        "data_center": ref("datacenters", domain.data_center_id),
        "href": ref("datacenters", domain.data_center_id, "storagedomains", domain.id)["href"],
    }
