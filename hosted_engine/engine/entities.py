"""Every entity of the API: to name one here is to have its table, its handlers, its searches and its page."""

from typing import Any

from hosted_engine.engine.clusters.entity import CLUSTERS
from hosted_engine.engine.datacenters.entity import DATA_CENTERS
from hosted_engine.engine.entity.declaration import Entity
from hosted_engine.engine.networks.entity import NETWORKS, NICS, VNIC_PROFILES
from hosted_engine.engine.nodes.entity import NODES
from hosted_engine.engine.permissions.entity import PERMISSIONS
from hosted_engine.engine.roles.entity import PERMITS, ROLE_PERMITS, ROLES
from hosted_engine.engine.storage.entity import STORAGE_DOMAINS
from hosted_engine.engine.tags.entity import TAG_ASSIGNMENTS, TAGS
from hosted_engine.engine.templates.entity import TEMPLATES
from hosted_engine.engine.users.domain_entities import ACCOUNT_GROUPS, ACCOUNT_MEMBERSHIPS, ACCOUNTS, DOMAINS
from hosted_engine.engine.users.entity import GROUPS, USERS
from hosted_engine.engine.vms.entity import VMS

ENTITIES: tuple[Entity[Any], ...] = (
    ACCOUNTS,
    ACCOUNT_GROUPS,
    ACCOUNT_MEMBERSHIPS,
    CLUSTERS,
    DATA_CENTERS,
    DOMAINS,
    GROUPS,
    NETWORKS,
    NICS,
    NODES,
    PERMISSIONS,
    PERMITS,
    ROLES,
    ROLE_PERMITS,
    STORAGE_DOMAINS,
    TAGS,
    TAG_ASSIGNMENTS,
    TEMPLATES,
    USERS,
    VMS,
    VNIC_PROFILES,
)
