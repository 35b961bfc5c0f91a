"""A cluster: nodes that VMs can run on alike."""

from dataclasses import dataclass
from typing import Annotated

from hosted_engine.engine.clusters.cpu_types import known_cpu_type
from hosted_engine.engine.entity.field import Field, OnRemove, Reference, Settable, Shape, name_rule
from hosted_engine.engine.ids import DEFAULT_MAC_POOL_ID, NO_BALANCING_ID
from hosted_engine.engine.vms.model import BiosType, SerialNumberPolicy

BIOS_TYPES = tuple(kind for kind in BiosType if kind is not BiosType.CLUSTER_DEFAULT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """`data_center_id` is None once its data center is gone. `memory_percent` is how much memory VMs may be given of
    what a host has: new ones are guaranteed their memory divided by it. The serial number is that of its VMs."""

    id: str
    name: Annotated[str, Field("name", search="name", length=40, rule=name_rule(extra="._-"))]
    data_center_id: Annotated[
        str | None, Reference("data_center", search="datacenter", to="data_centers", on_remove=OnRemove.CLEAR)
    ]
    mac_pool_id: Annotated[str, Reference("mac_pool", to="mac_pools")] = DEFAULT_MAC_POOL_ID
    description: Annotated[str, Field("description", search="description", length=4000)] = ""
    comment: Annotated[str, Field("comment", search="comment", length=4000)] = ""
    cpu_architecture: Annotated[
        str, Field("cpu.architecture", settable=Settable.ON_ADD, search="architecture", choices=("x86_64",))
    ] = "x86_64"
    cpu_type: Annotated[str, Field("cpu.type", search="cpu_type", rule=known_cpu_type, shape=Shape.TEXT)] = ""
    bios_type: Annotated[BiosType, Field("bios_type", choices=BIOS_TYPES)] = BiosType.Q35_OVMF
    ballooning: Annotated[bool, Field("ballooning_enabled")] = True
    memory_percent: Annotated[int, Field("memory_policy.over_commit.percent", least=100, most=200)] = 100
    scheduling_policy_id: Annotated[str, Reference("scheduling_policy", to="scheduling_policies")] = NO_BALANCING_ID
    serial_number_policy: Annotated[SerialNumberPolicy | None, Field("serial_number.policy")] = None
    serial_number: Annotated[str, Field("serial_number.value", length=255, shape=Shape.TEXT)] = ""
    gluster_service: Annotated[bool, Field("gluster_service")] = False
    virt_service: Annotated[bool, Field("virt_service")] = True
