"""A cluster: nodes that VMs can run on alike."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """`management_network_id` is the network over which the engine and the nodes speak."""

    id: str
    name: str
    data_center_id: str
    management_network_id: str
    description: str = ""
    comment: str = ""
    cpu_architecture: str = "x86_64"
    cpu_type: str = ""
    gluster_service: bool = True
    virt_service: bool = True
