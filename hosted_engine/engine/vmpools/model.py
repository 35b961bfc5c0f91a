"""A pool of VMs that are all made of one template, of which users take one when they need it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from hosted_engine.engine.entity.field import Field, OnRemove, Reference, Settable, name_rule

MAX_VMS = 1000  # oVirt's MaxVmsInPool


class VmPoolType(StrEnum):
    """AUTOMATIC: a VM is its user's until it is down. MANUAL: until an administrator takes it back."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class VmPool:
    """Its VMs name it. Where it is not `stateful` they run stateless when users take them. `prestarted_vms` of them
    run already, for whoever comes next."""

    id: str
    name: Annotated[str, Field("name", search="name", length=255, rule=name_rule(extra="._-+?"))]
    description: Annotated[str, Field("description", search="description", length=4000)] = ""
    comment: Annotated[str, Field("comment", search="comment", length=4000)] = ""
    cluster_id: Annotated[str, Reference("cluster", settable=Settable.ON_ADD, search="cluster", to="clusters")]
    template_id: Annotated[str, Reference("template", settable=Settable.ON_ADD, to="templates")]
    instance_type_id: Annotated[
        str | None,
        Reference("instance_type", settable=Settable.ON_ADD, to="instance_types", on_remove=OnRemove.CLEAR),
    ] = None
    type: Annotated[VmPoolType, Field("type", settable=Settable.ON_ADD, search="type")] = VmPoolType.AUTOMATIC
    stateful: Annotated[bool, Field("stateful", settable=Settable.ON_ADD)] = False
    prestarted_vms: Annotated[int, Field("prestarted_vms", least=0, most=MAX_VMS)] = 0
    max_user_vms: Annotated[int, Field("max_user_vms", least=1, most=MAX_VMS)] = 1
