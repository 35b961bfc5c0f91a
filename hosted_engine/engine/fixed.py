"""Collections below the API's root whose objects are the same on every site, and in no database."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hosted_engine.engine.clusters.levels import cluster_levels
from hosted_engine.engine.vms.operating_systems import operating_systems

# By the service of the collection: its objects as the API shows them.
FIXED: Mapping[str, Callable[[], Sequence[Mapping[str, Any]]]] = {
    "ClusterLevels": cluster_levels,
    "OperatingSystems": operating_systems,
}
