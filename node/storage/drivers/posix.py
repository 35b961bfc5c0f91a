"""Whatever mount(8) can mount on every node: a clustered file system, for example."""

from node.api.messages.mounts import MountSpec
from node.api.refusals import Malformed
from node.storage.drivers import source
from node.storage.drivers.driver import Mount


class PosixDriver:
    kind = "posixfs"

    def title(self, spec: MountSpec) -> str:
        return f"{spec.vfs_type} file system {spec.source}"

    def mount(self, spec: MountSpec) -> Mount:
        kind = source.plain("file system type", spec.vfs_type)
        if not all(letter.isalnum() or letter in "._-" for letter in kind):
            raise Malformed(reason=f"{kind!r} is no file system type")
        return Mount(source.plain("source", spec.source), kind, source.options(spec))

    def prepare(self, spec: MountSpec) -> None:
        pass

    def recovers(self, where: str) -> bool:
        """Nobody knows what it is; what gives errors is mounted anew."""
        return False
