"""A node (the API says host): a machine that runs VMs, as the engine knows it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from hosted_engine.engine.entity.field import Field, Reference, Settable, Shape, name_rule, text_rule
from node.api.messages.machine import Capabilities


class NodeStatus(StrEnum):
    """oVirt's vocabulary of host states."""

    DOWN = "down"
    ERROR = "error"
    INITIALIZING = "initializing"
    INSTALLING = "installing"
    INSTALL_FAILED = "install_failed"
    INSTALLING_OS = "installing_os"
    KDUMPING = "kdumping"
    MAINTENANCE = "maintenance"
    NON_OPERATIONAL = "non_operational"
    NON_RESPONSIVE = "non_responsive"
    PENDING_APPROVAL = "pending_approval"
    PREPARING_FOR_MAINTENANCE = "preparing_for_maintenance"
    CONNECTING = "connecting"
    REBOOT = "reboot"
    UNASSIGNED = "unassigned"
    UP = "up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """`hostname` is what the machine itself and the site's other machines call it, Gluster above all; `name` what its
    administrator does. `host_id` is its number in the sanlock lockspaces, None of one that is no member of the site
    yet; `fingerprint` that of its key, empty where the engine was not told; `boot_id` changes with every boot of the
    machine; `seen_at` is when its status last changed to or from up; `detail` says in words why it is not up."""

    id: str
    name: Annotated[str, Field("name", search="name", length=255, rule=name_rule(extra="._-"))]
    hostname: str
    cluster_id: Annotated[str, Reference("cluster", settable=Settable.ON_ADD, search="cluster", to="clusters")] = ""
    address: Annotated[str, Field("address", settable=Settable.ON_ADD, search="address", length=255, rule=text_rule)]
    host_id: int | None = None
    port: Annotated[int, Field("port", settable=Settable.NEVER)] = 54321
    comment: Annotated[str, Field("comment", search="comment", length=4000)] = ""
    description: Annotated[str, Field("description", length=4000)] = ""
    status: Annotated[NodeStatus, Field("status", settable=Settable.NEVER, search="status")] = NodeStatus.UNASSIGNED
    detail: Annotated[str, Field("status_detail", settable=Settable.NEVER, shape=Shape.TEXT)] = ""
    boot_id: str = ""
    seen_at: float = 0.0
    capabilities: Capabilities | None = None
    fingerprint: str = ""
