"""Scheduling policies in the API: there is one, which is what the scheduler does (policy.py)."""

from dataclasses import dataclass
from typing import Annotated

from hosted_engine.engine.entity.declaration import READ, Entity, Place
from hosted_engine.engine.entity.field import Field, Settable
from hosted_engine.engine.ids import NO_BALANCING_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulingPolicy:
    id: str
    name: Annotated[str, Field("name", settable=Settable.NEVER, search="name")]
    description: Annotated[str, Field("description", settable=Settable.NEVER, search="description")] = ""
    locked: Annotated[bool, Field("locked", settable=Settable.NEVER)] = True
    default: Annotated[bool, Field("default_policy", settable=Settable.NEVER)] = False


NO_BALANCING = SchedulingPolicy(
    id=NO_BALANCING_ID,
    name="none",
    description="VMs start on the fit host that has the most free memory, and stay there",
    default=True,
)

SCHEDULING_POLICIES = Entity(
    SchedulingPolicy,
    "scheduling_policies",
    kind="scheduling policy",
    type="SchedulingPolicy",
    path="schedulingpolicies",
    places=(Place(("SchedulingPolicies", "SchedulingPolicy"), methods=READ),),
    unique=(("name",),),
)
