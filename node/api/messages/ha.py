"""What keeps the engine alive while the engine is dead: files on its storage domain, and a service on every node."""

import msgspec

from node.api.messages.base import Message
from node.api.messages.vms import VmSpec


class SiteFilesRequest(Message, frozen=True, kw_only=True):
    """Texts by file name. They lie in the folder `ha` of the storage domain, private to root, each replaced at once."""

    files: dict[str, str]


class SiteFilesReport(Message, frozen=True, kw_only=True):
    """SHA-256 of each file by name, in lower-case hexadecimal digits."""

    digests: dict[str, str]


class SiteNode(Message, frozen=True, kw_only=True):
    """`host_id` (from 1) is the node's number in lockspaces and on the whiteboard."""

    name: str
    address: str
    host_id: int


class SiteNodes(Message, frozen=True, kw_only=True):
    """The nodes that keep the engine alive, as `site.json` on the storage domain names them."""

    nodes: tuple[SiteNode, ...]


class MaintenanceRequest(Message, frozen=True, kw_only=True):
    """`reason` is shown to whoever asks why the node takes no VMs."""

    reason: str = ""


class HaReport(Message, frozen=True, kw_only=True):
    """`configured`: trivet-ha is to run on this node, now and after every boot. `active`: it does. `maintenance`: this
    node takes no engine VM and no others, for `reason`. `score` and `global_maintenance` are trivet-ha's last word,
    None where it has none. `at`: seconds since this machine was booted; of two reports the later one holds."""

    configured: bool = msgspec.field(name="keeps")
    active: bool
    at: float = 0.0
    maintenance: bool = False
    reason: str = ""
    score: int | None = None
    global_maintenance: bool | None = None


class EngineVmConfig(VmSpec, frozen=True, kw_only=True):
    """All that a node has to know to start the engine VM. `edit` names the change that made it; empty: the deploy."""

    edit: str = ""


class Shape(Message, frozen=True, kw_only=True):
    """What of a VM is compared: of a configuration, and of one that runs."""

    memory_mib: int
    vcpus: int


class EngineVmEdit(Message, frozen=True, kw_only=True):
    """What of the engine VM can be changed, from its next start on. `edit` is new for each change."""

    edit: str
    memory_bytes: int
    sockets: int
    cores: int
    threads: int


class TriedEngineVm(Message, frozen=True, kw_only=True):
    """A configuration that was started with, on `host`, and was not healthy yet when this was written. `why`: what is
    known of the reason for which it never was; `at`: wall clock."""

    config: EngineVmConfig
    host: str
    at: float
    why: str = ""


class EngineVmReport(Message, frozen=True, kw_only=True):
    """`wanted`: what was asked for last; `damaged`: its file is, and this is what is left. `good`: what the engine was
    healthy with last. `tried`: what was started with last of those that had not been healthy before. `running`: how the
    VM runs on the node that was asked, None where it does not."""

    wanted: EngineVmConfig
    good: EngineVmConfig | None = None
    tried: TriedEngineVm | None = None
    damaged: bool = False
    running: Shape | None = None
