"""The versions of oVirt that a cluster can be compatible with; clients look the permits of roles up there."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from hosted_engine.engine.roles.predefined import permits

_LEVELS = ("4.2", "4.3", "4.4", "4.5", "4.6", "4.7")


@cache
def cluster_levels() -> Sequence[Mapping[str, Any]]:
    """As the API shows them."""
    shown = [{"id": one.id, "name": one.name, "administrative": one.administrative} for one in permits()]
    return [{"id": level, "permits": shown} for level in _LEVELS]
