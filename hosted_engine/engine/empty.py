"""Collections of the API in which nothing can be yet, because nothing here makes or finds any: they are there, and
empty. One leaves this list when its entity is declared."""

from collections.abc import Mapping

_ANYWHERE = frozenset[str]()

# By the service of a collection: the services of the objects below which it is meant, any of them where none is named.
EMPTY: Mapping[str, frozenset[str]] = {
    "AffinityGroups": _ANYWHERE,
    "AssignedCpuProfiles": _ANYWHERE,
    "AssignedDiskProfiles": _ANYWHERE,
    "Balances": _ANYWHERE,
    "ClusterEnabledFeatures": _ANYWHERE,
    "ClusterExternalProviders": _ANYWHERE,
    "CpuProfiles": _ANYWHERE,
    "DiskProfiles": _ANYWHERE,
    "EngineKatelloErrata": _ANYWHERE,
    "EventSubscriptions": _ANYWHERE,
    "ExternalHostProviders": _ANYWHERE,
    "ExternalNetworkProviderConfigurations": _ANYWHERE,
    "HostHooks": _ANYWHERE,
    "Icons": _ANYWHERE,
    "Images": _ANYWHERE,
    "InstanceTypeWatchdogs": _ANYWHERE,
    "IscsiBonds": _ANYWHERE,
    "KatelloErrata": _ANYWHERE,
    "NetworkFilters": _ANYWHERE,
    "NetworkLabels": frozenset({"HostNic", "Network"}),
    "NicNetworkFilterParameters": _ANYWHERE,
    "OpenstackImageProviders": _ANYWHERE,
    "OpenstackNetworkProviders": _ANYWHERE,
    "OpenstackVolumeProviders": _ANYWHERE,
    "Qoss": _ANYWHERE,
    "Quotas": _ANYWHERE,
    "StorageServerConnectionExtensions": _ANYWHERE,
    "TemplateMediatedDevices": _ANYWHERE,
    "TemplateWatchdogs": _ANYWHERE,
    "UserOptions": _ANYWHERE,
    "VmBackups": _ANYWHERE,
    "VmCheckpoints": _ANYWHERE,
    "VmHostDevices": _ANYWHERE,
    "VmMediatedDevices": _ANYWHERE,
    "VmNumaNodes": _ANYWHERE,
    "VmWatchdogs": _ANYWHERE,
}
