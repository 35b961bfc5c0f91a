"""Makes the committed data of who may do what from a description of it, as `ci.schema` does for the API.

    python -m ci.permits roles.json operations_permits.json

Writes hosted_engine/engine/roles/predefined.json and hosted_engine/engine/permissions/operations.json (read by
hosted_engine.engine.permissions.operations, which documents the form). The inputs are not in the tree: they come out of
the engine's public sources. They name every check that an operation may make; under which conditions it makes it stands
here.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ci.schema import snake
from hosted_engine.rest.schema import schema

ENGINE = Path(__file__).parents[1] / "hosted_engine" / "engine"
READS = ("get", "list")
_PROFILES = "vnic_profile|network"
_NIC = "CONFIGURE_VM_NETWORK on VM", f"CONFIGURE_VM_NETWORK on VnicProfile of {_PROFILES} if {_PROFILES}"
_TEMPLATE_NIC = (
    "CONFIGURE_TEMPLATE_NETWORK on VmTemplate",
    f"CONFIGURE_TEMPLATE_NETWORK on VnicProfile of {_PROFILES} if {_PROFILES}",
)
_PINNED = "placement_policy.hosts|cpu.cpu_tune"
_TEMPLATE = "EDIT_TEMPLATE_PROPERTIES on VmTemplate", f"EDIT_ADMIN_TEMPLATE_PROPERTIES on VmTemplate if {_PINNED}"
_NEW_TEMPLATE = (
    "CREATE_TEMPLATE on StoragePool",
    f"EDIT_ADMIN_TEMPLATE_PROPERTIES on StoragePool if {_PINNED}",
)
_NEW_DISK = (
    "CREATE_DISK on Storage if !lun_storage",
    "CREATE_DISK on System if lun_storage",
    "CONFIGURE_SCSI_GENERIC_IO on System if sgio",
)
_ATTACHED = (
    "CONFIGURE_VM_STORAGE on VM",
    "ATTACH_DISK on Disk of disk.id if disk.id",
    "CREATE_DISK on Storage of disk.storage_domains|disk.storage_domain if !disk.id",
    "CONFIGURE_SCSI_GENERIC_IO on System if disk.sgio",
)
_DISK = "EDIT_DISK_PROPERTIES on Disk", "CONFIGURE_SCSI_GENERIC_IO on Disk if sgio"
_PROFILE = "EDIT_PROFILE on System if self", "MANIPULATE_USERS on System if !self"
_GRANT = "MANIPULATE_PERMISSIONS on Any", "SUPER_USER on System if administrative_role"
_LABEL = "CONFIGURE_HOST_NETWORK on VDS if /host", "CONFIGURE_STORAGE_POOL_NETWORK on Network if !/host"
_INLINE = "disk_attachments.disk"
_TRANSFER = ("EDIT_DISK_PROPERTIES on Disk",)
_CLUSTER = "EDIT_CLUSTER_CONFIGURATION on Cluster", "CONFIGURE_MAC_POOL on MacPool of mac_pool if mac_pool"

# Where it depends on the request, or where the object has another name in the engine's sources.
_COPIED = "CONFIGURE_DISK_STORAGE on Disk", "CREATE_DISK on Storage of storage_domain"
_EXPORTED = "ATTACH_DISK on Disk", "CREATE_DISK on Storage of storage_domain"
_IMPORTED_VM = (
    "IMPORT_EXPORT_VM on Storage",
    "CREATE_VM on Cluster of cluster|vm.cluster",
    "CHANGE_VM_CUSTOM_PROPERTIES on Cluster of cluster|vm.cluster if vm.custom_properties",
)
_IMAGE = "CREATE_DISK on Storage of storage_domain", "ACCESS_IMAGE_STORAGE on Storage of storage_domain"
_DISKS = ("AttachedStorageDomainDisk", "Disk", "SnapshotDisk", "StorageDomainDisk", "TemplateDisk", "VmDisk")
CONDITIONS: Mapping[str, tuple[str, ...]] = {
    "AssignedPermissions.add": _GRANT,
    **{f"{service}.{action}": _COPIED for service in _DISKS for action in ("copy", "move")},
    **{f"{service}.export": _EXPORTED for service in _DISKS},
    "AttachedStorageDomainDisk.update": _DISK,
    "AttachedStorageDomainDisks.add": _NEW_DISK,
    "AttachedStorageDomains.add": (
        "MANIPULATE_STORAGE_DOMAIN on StoragePool",
        "MANIPULATE_STORAGE_DOMAIN on Storage of .",
    ),
    "Cluster.reset_emulated_machine": _CLUSTER[:1],
    "Cluster.update": _CLUSTER,
    "ClusterEnabledFeature.remove": _CLUSTER[:1],
    "ClusterEnabledFeatures.add": _CLUSTER[:1],
    "ClusterNetworks.add": ("ASSIGN_CLUSTER_NETWORK on Network of .",),
    "ClusterNetwork.update": ("CONFIGURE_CLUSTER_NETWORK on Cluster",),
    "Clusters.add": ("CREATE_CLUSTER on StoragePool", "CONFIGURE_MAC_POOL on MacPool of mac_pool if mac_pool"),
    "Disk.update": _DISK,
    "DiskAttachment.remove": ("CONFIGURE_VM_STORAGE on VM", "DELETE_DISK on Disk if ;detach_only=false"),
    "DiskAttachment.update": (
        "EDIT_DISK_PROPERTIES on Disk",
        "CONFIGURE_VM_STORAGE on VM if active",
        "CONFIGURE_SCSI_GENERIC_IO on Disk if disk.sgio",
    ),
    "DiskAttachments.add": _ATTACHED,
    "Disks.add": _NEW_DISK,
    "Event.remove": ("AUDIT_LOG_MANAGEMENT on System",),
    "Events.add": ("INJECT_EXTERNAL_EVENTS on Any",),
    "Image.import": _IMAGE,
    "ImageTransfers.add": _TRANSFER,
    "InstanceType.update": _TEMPLATE,
    "InstanceTypeNic.update": _TEMPLATE_NIC,
    "InstanceTypeNics.add": _TEMPLATE_NIC,
    "InstanceTypes.add": _NEW_TEMPLATE,
    "NetworkLabel.remove": _LABEL,
    "NetworkLabels.add": _LABEL,
    "Permission.remove": ("MANIPULATE_PERMISSIONS on Permission", "SUPER_USER on System if administrative_role"),
    "Quotas.add": ("CONFIGURE_QUOTA on StoragePool",),
    "SshPublicKey.remove": _PROFILE,
    "SshPublicKey.update": _PROFILE,
    "SshPublicKeys.add": _PROFILE,
    "StorageDomainDisk.update": _DISK,
    "StorageDomainDisks.add": _NEW_DISK,
    "StorageDomainVm.import": _IMPORTED_VM,
    "StorageDomainVm.register": _IMPORTED_VM,
    "SystemPermissions.add": _GRANT,
    "Template.update": _TEMPLATE,
    "TemplateNic.update": _TEMPLATE_NIC,
    "TemplateNics.add": _TEMPLATE_NIC,
    "Templates.add": _NEW_TEMPLATE,
    "User.update": _PROFILE,
    "UserOption.remove": _PROFILE,
    "UserOptions.add": _PROFILE,
    "Vm.auto_pin_cpu_and_numa_nodes": ("EDIT_VM_PROPERTIES on VM", "EDIT_ADMIN_VM_PROPERTIES on VM"),
    "Vm.export": ("IMPORT_EXPORT_VM on VM", "IMPORT_EXPORT_VM on Storage of storage_domain if storage_domain"),
    "Vm.migrate": (
        "MIGRATE_VM on VM",
        "EDIT_VM_PROPERTIES on VM if cluster",
        "CREATE_VM on Cluster of cluster if cluster",
    ),
    "Vm.start": ("RUN_VM on VM", "EDIT_ADMIN_VM_PROPERTIES on VM if vm.placement_policy.hosts"),
    "Vm.ticket": ("CONNECT_TO_VM on VM",),
    "Vm.update": (
        "EDIT_VM_PROPERTIES on VM",
        "CREATE_VM on Cluster of cluster if cluster",
        "CHANGE_VM_CUSTOM_PROPERTIES on VM if custom_properties",
        f"EDIT_ADMIN_VM_PROPERTIES on VM if {_PINNED}",
    ),
    "VmBackup.finalize": ("BACKUP_DISK on VM",),
    "VmBackups.add": ("BACKUP_DISK on VM",),
    "VmCdroms.add": ("EDIT_VM_PROPERTIES on VM",),
    "VmCheckpoint.remove": ("BACKUP_DISK on VM",),
    "VmDisk.update": _DISK,
    "VmDisks.add": (
        "CONFIGURE_VM_STORAGE on VM",
        "ATTACH_DISK on Disk of . if id",
        "CREATE_DISK on Storage of storage_domains|storage_domain if !id",
        "CONFIGURE_SCSI_GENERIC_IO on System if sgio",
    ),
    "VmGraphicsConsole.proxy_ticket": ("CONNECT_TO_VM on VM",),
    "VmGraphicsConsole.remote_viewer_connection_file": ("CONNECT_TO_VM on VM",),
    "VmGraphicsConsole.ticket": ("CONNECT_TO_VM on VM",),
    "VmNic.activate": _NIC[:1],
    "VmNic.deactivate": _NIC[:1],
    "VmNic.update": _NIC,
    "VmNics.add": _NIC,
    "Vms.add": (
        "CREATE_VM on Cluster",
        "CREATE_VM on VmTemplate",
        "CREATE_DISK on TemplateStorage",
        f"CREATE_DISK on Storage of {_INLINE}.storage_domains if {_INLINE}.storage_domains|{_INLINE}.provisioned_size",
        f"ATTACH_DISK on Disk of {_INLINE}.id if {_INLINE}.id",
        "CONFIGURE_VM_NETWORK on VnicProfile of nics.vnic_profile|nics.network if nics.vnic_profile|nics.network",
        "CHANGE_VM_CUSTOM_PROPERTIES on Cluster if custom_properties",
        f"EDIT_ADMIN_VM_PROPERTIES on Cluster if {_PINNED}",
    ),
}
# What the engine's sources check nothing for, and which is no mere reading; or which they do not have any more.
ADDED: Mapping[str, tuple[str, ...]] = {
    "Host.discover_iscsi": ("CREATE_STORAGE_DOMAIN on System",),
    "Host.iscsi_discover": ("CREATE_STORAGE_DOMAIN on System",),
    "Host.unregistered_storage_domains_discover": ("CREATE_STORAGE_DOMAIN on System",),
    "GlusterVolume.get_profile_statistics": ("MANIPULATE_GLUSTER_VOLUME on GlusterVolume",),
    "GlusterBrick.replace": ("MANIPULATE_GLUSTER_VOLUME on GlusterVolume",),
    "StorageDomain.is_attached": ("EDIT_STORAGE_DOMAIN_CONFIGURATION on Storage",),
}
REMOVED = ("CREATE_STORAGE_POOL on System",)  # for the rest: only those who may do everything there is

# Who is shown what: "all" to whoever is signed in; a table's objects to those who may see them ("vms"); "within" what
# lies below such an object; "own" what one did oneself. All else is for administrators.
OBSERVED = {
    "all": "ClusterLevel ClusterLevels Domain Domains Icon Icons OperatingSystem OperatingSystems Permit Permits Role "
    "Roles System SystemOption",
    "clusters": "Cluster Clusters",
    "data_centers": "DataCenter DataCenters",
    "disks": "Disk Disks",
    "groups": "Group Groups",
    "instance_types": "InstanceType InstanceTypes",
    "networks": "ClusterNetwork ClusterNetworks DataCenterNetwork DataCenterNetworks Network Networks",
    "nodes": "Host Hosts",
    "permissions": "Permission",
    "storage_domains": "AttachedStorageDomain AttachedStorageDomains StorageDomain StorageDomains",
    "templates": "Template Templates",
    "users": "User Users",
    "vm_pools": "VmPool VmPools",
    "vms": "Vm Vms",
    "vnic_profiles": "AssignedVnicProfile AssignedVnicProfiles VnicProfile VnicProfiles",
    "granters": "DomainGroup DomainGroups DomainUser DomainUsers",
    "own": "Event Events Job Jobs Step Steps",
    "within": "AssignedPermissions AssignedRoles DiskAttachment DiskAttachments DomainUserGroups HostNic HostNics "
    "InstanceTypeNic InstanceTypeNics InstanceTypeWatchdog InstanceTypeWatchdogs Snapshot SnapshotCdrom SnapshotCdroms "
    "SnapshotDisk SnapshotDisks SnapshotNic SnapshotNics Snapshots SshPublicKey SshPublicKeys Statistic Statistics "
    "TemplateCdrom TemplateCdroms TemplateDiskAttachment TemplateDiskAttachments TemplateGraphicsConsole "
    "TemplateGraphicsConsoles TemplateNic TemplateNics TemplateWatchdog TemplateWatchdogs UserOption UserOptions "
    "VmApplication VmApplications VmCdrom VmCdroms VmDisk VmDisks VmGraphicsConsole VmGraphicsConsoles VmNic VmNics "
    "VmNumaNode VmNumaNodes VmReportedDevice VmReportedDevices VmSession VmSessions VmWatchdog VmWatchdogs",
}


def predefined(roles: Mapping[str, Any]) -> dict[str, Any]:
    permits = [
        {name: one[name] for name in ("id", "name", "administrative", "allows_viewing_children")}
        for one in roles["permits"]
    ]
    kept = ("id", "name", "description", "administrative", "allows_viewing_children")
    return {
        "source": roles["source"],
        "permits": permits,
        "roles": [
            {name: role[name] for name in kept} | {"permits": [permit["id"] for permit in role["permits"]]}
            for role in roles["roles"]
        ],
    }


def checks(given: Mapping[str, Any], actions: Mapping[str, Any]) -> list[str]:
    """ "PERMIT on OBJECT" for each, in the order in which they are made."""
    found = []
    for check in given.get("checks", ()):
        permit = check["permit"] or actions[given["action"]]["permit"]
        found.append(f"{permit} on {check['object'] or 'Any'}")
    return list(dict.fromkeys(found))


def operations(given: Mapping[str, Any]) -> dict[str, Any]:
    """Of every operation of the API what it needs, or who is shown what it reads."""
    known = {}
    for name, one in given["operations"].items():
        service, _, method = name.partition(".")
        known[f"{service}.{snake(method)}"] = checks(one, given["actions"])
    seen = {service: rule for rule, services in OBSERVED.items() for service in services.split()}
    made: dict[str, Any] = {}
    for service in schema().service_names:
        for method in schema().service(service).methods:
            name = f"{service}.{method}"
            if method in READS:
                made[name] = seen.get(service, "administrators")
            else:
                made[name] = CONDITIONS.get(name) or ADDED.get(name) or known.get(name) or REMOVED
                if made[name] is REMOVED:
                    print(f"{name}: {REMOVED[0]}")  # noqa: T201
    for name in (*CONDITIONS, *ADDED):
        if name not in made and name.partition(".")[0] not in _DISKS:
            raise SystemExit(f"the API has no {name}")
    if unknown := set(seen) - set(schema().service_names):
        raise SystemExit(f"the API has no {', '.join(sorted(unknown))}")
    return dict(sorted(made.items()))


def main(roles_file: str, permits_file: str) -> None:
    roles, permits = (json.loads(Path(file).read_text()) for file in (roles_file, permits_file))
    _write(ENGINE / "roles" / "predefined.json", predefined(roles))
    _write(ENGINE / "permissions" / "operations.json", operations(permits))


def _write(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(_lines("{", "}", (f"{json.dumps(name)}: {_value(value)}" for name, value in document.items())))


def _value(value: Any) -> str:
    """A line for each object of a list."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return _lines("[", "]", map(json.dumps, value)).rstrip()
    return json.dumps(value)


def _lines(begin: str, end: str, lines: Iterable[str]) -> str:
    return f"{begin}\n" + ",\n".join(lines) + f"\n{end}\n"


if __name__ == "__main__":
    main(*sys.argv[1:])
