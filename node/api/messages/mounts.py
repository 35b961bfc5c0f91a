"""Storage domains as they are mounted on a node."""

from node.api.messages.base import Message

HOSTED_ENGINE = "engine"
"""By this name, too, every node has the storage domain of the engine VM: trivet-ha looks for it before it knows ids."""


class MountSpec(Message, frozen=True, kw_only=True):
    """What is mounted. `kind` names the driver, in oVirt's words for storage types: `glusterfs` (source
    `server:/volume`), `nfs` (`server:/path`), `posixfs` (whatever mount(8) takes, of the file system type `vfs_type`),
    `localfs` (a folder of the node). `options` are mount(8)'s."""

    kind: str
    source: str
    options: tuple[str, ...] = ()
    vfs_type: str = ""


class MountRequest(Message, frozen=True, kw_only=True):
    """`storage_domain` is its id, and the name of its mount point. `hosted_engine`: the engine VM's disks lie on it,
    and what keeps it alive. The mount stays desired over reboots until it is removed."""

    storage_domain: str
    spec: MountSpec
    hosted_engine: bool = False


class MountReport(Message, frozen=True, kw_only=True):
    storage_domain: str
    mounted: bool
    path: str
    size_bytes: int | None = None
    free_bytes: int | None = None
    detail: str = ""
