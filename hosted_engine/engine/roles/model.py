"""A role: permits under one name, to be given to users and groups on objects."""

from dataclasses import dataclass
from typing import Annotated

from hosted_engine.engine.entity.field import Field, OnRemove, Reference, Settable, name_rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What one may do. Only administrators' roles hold an `administrative` one."""

    id: str
    name: Annotated[str, Field("name", settable=Settable.NEVER)] = ""
    administrative: Annotated[bool, Field("administrative", settable=Settable.NEVER)] = False
    allows_viewing_children: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """Who has a role that `allows_viewing_children` on an object sees what is below that object."""

    id: str
    name: Annotated[str, Field("name", length=126, rule=name_rule(extra="._-+ "))]
    description: Annotated[str, Field("description", length=4000)] = ""
    administrative: Annotated[bool, Field("administrative")] = False
    mutable: Annotated[bool, Field("mutable", settable=Settable.NEVER)] = True
    allows_viewing_children: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RolePermit:
    id: str
    role_id: Annotated[str, Reference(to="roles", on_remove=OnRemove.CASCADE)]
    permit_id: Annotated[str, Reference(to="permits")]


def role_permit_id(role_id: str, permit_id: str) -> str:
    return f"{role_id}/{permit_id}"
