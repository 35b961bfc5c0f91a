"""A cluster: nodes that VMs can run on alike."""

from dataclasses import dataclass
from typing import Annotated

from hosted_engine.engine.entity.field import Field, Reference, Settable, Shape, name_rule
from hosted_engine.engine.ids import DEFAULT_MAC_POOL_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """`management_network_id` is the network over which the engine and the nodes speak."""

    id: str
    name: Annotated[str, Field("name", search="name", length=40, rule=name_rule())]
    data_center_id: Annotated[
        str, Reference("data_center", settable=Settable.ON_ADD, search="datacenter", to="data_centers")
    ]
    management_network_id: Annotated[str, Reference("management_network", settable=Settable.ON_ADD, to="networks")]
    mac_pool_id: Annotated[str, Reference("mac_pool", to="mac_pools")] = DEFAULT_MAC_POOL_ID
    description: Annotated[str, Field("description", search="description", length=4000)] = ""
    comment: Annotated[str, Field("comment", search="comment", length=4000)] = ""
    cpu_architecture: Annotated[str, Field("cpu.architecture", search="architecture", choices=("x86_64",))] = "x86_64"
    cpu_type: Annotated[str, Field("cpu.type", search="cpu_type", length=255, shape=Shape.TEXT)] = ""
    gluster_service: Annotated[bool, Field("gluster_service")] = True
    virt_service: Annotated[bool, Field("virt_service")] = True
