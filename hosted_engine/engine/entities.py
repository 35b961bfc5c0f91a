"""Every entity of the API: to name one here is to have its table, its handlers, its searches and its page."""

from typing import Any

from hosted_engine.engine.affinitylabels.entity import AFFINITY_LABELS, NODE_LABELS, VM_LABELS
from hosted_engine.engine.bookmarks.entity import BOOKMARKS
from hosted_engine.engine.clusters.entity import CLUSTERS
from hosted_engine.engine.datacenters.entity import DATA_CENTERS
from hosted_engine.engine.disks.entity import DISK_ATTACHMENTS, DISKS
from hosted_engine.engine.entity.declaration import Entity
from hosted_engine.engine.entity.record import Record
from hosted_engine.engine.entity.reported import Reported
from hosted_engine.engine.entity.request import Request
from hosted_engine.engine.events.entity import EVENTS
from hosted_engine.engine.instancetypes.entity import INSTANCE_TYPE_NICS, INSTANCE_TYPES
from hosted_engine.engine.jobs.entity import JOB_STEPS, JOBS
from hosted_engine.engine.macpools.entity import MAC_POOLS
from hosted_engine.engine.networks.cluster_entity import CLUSTER_NETWORKS
from hosted_engine.engine.networks.entity import NETWORKS
from hosted_engine.engine.networks.nic_entity import NICS
from hosted_engine.engine.networks.profile_entity import VNIC_PROFILES
from hosted_engine.engine.nodes.entity import NODES
from hosted_engine.engine.nodes.nics import HOST_NIC_STATISTICS, HOST_NICS
from hosted_engine.engine.nodes.statistics import HOST_STATISTICS
from hosted_engine.engine.permissions.entity import PERMISSIONS
from hosted_engine.engine.records import RECORDS
from hosted_engine.engine.roles.entity import PERMITS, ROLE_PERMITS, ROLES
from hosted_engine.engine.scheduler.entity import SCHEDULING_POLICIES
from hosted_engine.engine.search.vocabulary import check_searches
from hosted_engine.engine.snapshots.disk_snapshots import DISK_SNAPSHOTS
from hosted_engine.engine.snapshots.entity import SNAPSHOT_CDROMS, SNAPSHOT_DISKS, SNAPSHOT_NICS, SNAPSHOTS
from hosted_engine.engine.storage.connections_api import STORAGE_DOMAIN_CONNECTIONS
from hosted_engine.engine.storage.entity import STORAGE_DOMAINS
from hosted_engine.engine.storageconnections.entity import STORAGE_CONNECTIONS
from hosted_engine.engine.tags.entity import TAG_ASSIGNMENTS, TAGS
from hosted_engine.engine.templates.entity import TEMPLATES
from hosted_engine.engine.transfers.entity import IMAGE_TRANSFERS
from hosted_engine.engine.unregistered.api import STORAGE_DOMAIN_TEMPLATES, STORAGE_DOMAIN_VMS
from hosted_engine.engine.unregistered.contents_api import STORAGE_DOMAIN_CONTENTS
from hosted_engine.engine.users.domain_entities import ACCOUNT_GROUPS, ACCOUNT_MEMBERSHIPS, ACCOUNTS, DOMAINS
from hosted_engine.engine.users.entity import GROUPS, USERS
from hosted_engine.engine.users.ssh_keys import SSH_KEYS
from hosted_engine.engine.vmpools.entity import VM_POOLS
from hosted_engine.engine.vms.cdroms.api import CDROMS
from hosted_engine.engine.vms.consoles.api import CONSOLE_REQUESTS, GRAPHICS_CONSOLES
from hosted_engine.engine.vms.entity import VMS
from hosted_engine.engine.vms.guests import GUEST_COLLECTIONS

ENTITIES: tuple[Entity[Any], ...] = (
    ACCOUNTS,
    ACCOUNT_GROUPS,
    ACCOUNT_MEMBERSHIPS,
    AFFINITY_LABELS,
    BOOKMARKS,
    CLUSTERS,
    CLUSTER_NETWORKS,
    DATA_CENTERS,
    DISKS,
    DISK_ATTACHMENTS,
    DOMAINS,
    EVENTS,
    GROUPS,
    IMAGE_TRANSFERS,
    JOBS,
    JOB_STEPS,
    INSTANCE_TYPES,
    INSTANCE_TYPE_NICS,
    MAC_POOLS,
    NETWORKS,
    NICS,
    NODES,
    NODE_LABELS,
    PERMISSIONS,
    PERMITS,
    ROLES,
    ROLE_PERMITS,
    SNAPSHOTS,
    SSH_KEYS,
    SCHEDULING_POLICIES,
    STORAGE_CONNECTIONS,
    STORAGE_DOMAINS,
    TAGS,
    TAG_ASSIGNMENTS,
    TEMPLATES,
    USERS,
    VMS,
    VM_POOLS,
    VM_LABELS,
    VNIC_PROFILES,
)

REPORTED: tuple[Reported, ...] = (
    HOST_NICS,
    HOST_NIC_STATISTICS,
    HOST_STATISTICS,
    *DISK_SNAPSHOTS,
    SNAPSHOT_CDROMS,
    SNAPSHOT_DISKS,
    SNAPSHOT_NICS,
    STORAGE_DOMAIN_CONNECTIONS,
    *STORAGE_DOMAIN_CONTENTS,
    STORAGE_DOMAIN_TEMPLATES,
    STORAGE_DOMAIN_VMS,
    *GRAPHICS_CONSOLES,
    *GUEST_COLLECTIONS,
    *CDROMS,
)

REQUESTS: tuple[Request, ...] = CONSOLE_REQUESTS

STORED: tuple[Record[Any], ...] = (*RECORDS, *ENTITIES)  # all that has a table

check_searches(ENTITIES)
