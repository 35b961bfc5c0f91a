"""Clusters in the API."""

from hosted_engine.engine.clusters.model import Cluster
from hosted_engine.engine.datacenters.entity import COMPATIBILITY
from hosted_engine.engine.entity.declaration import READ, Entity, Place, Within
from hosted_engine.engine.search.words import Shown, path

CLUSTERS = Entity(
    Cluster,
    "clusters",
    kind="cluster",
    type="Cluster",
    path="clusters",
    places=(
        Place(("Clusters", "Cluster"), within={"data_center": Within("data_centers", "data_center_id")}, methods=READ),
        Place(("Clusters", "Cluster"), methods=READ),
    ),
    unique=(("name",),),
    shown={
        "ballooning_enabled": False,
        "bios_type": "q35_sea_bios",
        "error_handling.on_error": "migrate",
        "firewall_type": "firewalld",
        "ha_reservation": False,
        "ksm.enabled": False,
        "memory_policy.over_commit.percent": 100,
        "migration.auto_converge": "inherit",
        "migration.compressed": "inherit",
        "required_rng_sources": ["urandom"],
        "switch_type": "legacy",
        "threads_as_cores": False,
        "trusted_service": False,
        "tunnel_migration": False,
        "version": COMPATIBILITY,
        "vnc_encryption": False,
    },
    searches={"compatibility_level": Shown("version")},
    related={
        "storage": path("data_center_id", "storage_domains.data_center_id"),
        "cluster_network": path("data_center_id", "networks.data_center_id", words={"network_name": "name"}),
        "hosts": path("nodes.cluster_id"),
        "vms": path("vms.cluster_id"),
    },
)
