"""What lies on an attached storage domain and is not the engine's yet: VMs, templates and disks of another engine."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from hosted_engine.engine.entity.field import Field, Reference


class UnregisteredKind(StrEnum):
    """UNREADABLE: an OVF of which nothing is understood; it is left where it is."""

    DISK = "disk"
    TEMPLATE = "template"
    UNREADABLE = "unreadable"
    VM = "vm"


TABLES = {UnregisteredKind.TEMPLATE: "templates", UnregisteredKind.VM: "vms"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unregistered:
    """`data` is the OVF, of a disk what the storage domain says of it, as JSON. `missing_disks` are those of its disks
    whose images were not there when somebody wanted to register it without them."""

    id: str
    storage_domain_id: Annotated[str, Reference(to="storage_domains")]
    entity_id: Annotated[str, Field(index=True)]
    kind: UnregisteredKind
    name: str
    data: str
    missing_disks: tuple[str, ...] = ()


def unregistered_id(storage_domain_id: str, entity_id: str) -> str:
    """A VM with disks on several storage domains lies on each of them."""
    return f"{storage_domain_id}/{entity_id}"
