"""Gluster volumes: FUSE, so that any node reaches all bricks; the bricks may come back while the mount stays."""

from node.api.messages.mounts import MountSpec
from node.api.refusals import token
from node.storage.drivers import source
from node.storage.drivers.driver import Mount
from node.storage.fuse import is_served

LOG_LEVEL = "log-level=WARNING"


class GlusterDriver:
    kind = "glusterfs"

    def title(self, spec: MountSpec) -> str:
        return f"Gluster volume {volume_of(spec)}"

    def mount(self, spec: MountSpec) -> Mount:
        """`server:/volume`, or `server:/volume/folder`; the servers of `backup-volfile-servers` are asked for its
        description when the first one does not answer."""
        volume_of(spec)
        options = source.options(spec)
        if not any(option.startswith("log-level=") for option in options):
            options = (LOG_LEVEL, *options)
        return Mount(spec.source, "glusterfs", options, after=("glusterd.service",))

    def prepare(self, spec: MountSpec) -> None:
        pass

    def recovers(self, where: str) -> bool:
        """A dead FUSE process and one that lost its bricks give the same error; the latter finds them again."""
        return is_served(where)


def volume_of(spec: MountSpec) -> str:
    """Its name; what is mounted may be a folder on it. Raises Malformed."""
    _, path = source.server_and_path(spec.source)
    return token("volume", path.strip("/").partition("/")[0])
