"""A permission: somebody has a role on an object, and on all that is below it."""

from dataclasses import dataclass
from typing import Annotated

from hosted_engine.engine.entity.field import OnRemove, Reference, Settable

SYSTEM = "system"  # stands for the table of the one object above all others
SYSTEM_ID = "aaa00000-0000-0000-0000-123456789aaa"  # oVirt's

OBJECTS = (  # the tables whose objects permissions may be given on
    "clusters",
    "data_centers",
    "disks",
    "instance_types",
    "mac_pools",
    "networks",
    "nodes",
    "storage_domains",
    "templates",
    "vm_pools",
    "vms",
    "vnic_profiles",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """`holder_id` is a user's or a group's; `object_table` says what kind of object `object_id` is."""

    id: str
    role_id: Annotated[str, Reference("role", settable=Settable.ON_ADD, to="roles")]
    holder_id: Annotated[str, Reference(to=("users", "groups"), on_remove=OnRemove.CASCADE, strict=False, index=True)]
    object_table: str
    object_id: Annotated[str, Reference(to=OBJECTS, on_remove=OnRemove.CASCADE, strict=False, index=True)]
