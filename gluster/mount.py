"""How a volume is mounted; the mounting itself is the node's storage's business."""

from collections.abc import Sequence

from gluster.model import MountSource


def mount_source(volume: str, servers: Sequence[str], *, log_level: str = "WARNING") -> MountSource:
    """`servers` are asked for the volume's description in order; once mounted, all bricks are spoken to directly.

    Raises ValueError without servers. mount.glusterfs ends with 0 on failure: whoever mounts has to look again.
    """
    if not servers:
        raise ValueError("a mount needs at least one server")
    first, *others = servers
    options = [f"log-level={log_level}"]
    if others:
        options.append("backup-volfile-servers=" + ":".join(others))
    return MountSource(what=f"{first}:/{volume}", options=tuple(options))
