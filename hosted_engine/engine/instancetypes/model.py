"""An instance type: hardware of VMs under a name, so that a VM need not be told it piece by piece."""

from dataclasses import dataclass
from typing import Annotated

from hosted_engine.engine.entity.field import Field, OnRemove, Reference, Settable, name_rule
from hosted_engine.engine.networks.model import NicBase
from hosted_engine.engine.vms.model import Hardware


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceType(Hardware):
    name: Annotated[str, Field("name", search="name", length=255, rule=name_rule())]
    description: Annotated[str, Field("description", search="description", length=4000)] = ""
    comment: Annotated[str, Field("comment", search="comment", length=4000)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceTypeNic(NicBase):
    """Each VM of the type has one like it, with an address of its own."""

    instance_type_id: Annotated[
        str, Reference("instance_type", settable=Settable.NEVER, to="instance_types", on_remove=OnRemove.CASCADE)
    ]
