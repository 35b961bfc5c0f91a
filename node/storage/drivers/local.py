"""Folders of the node itself: other nodes do not see what lies there."""

import errno
import os
from pathlib import Path

from node.api.messages.mounts import MountSpec
from node.storage.drivers import source
from node.storage.drivers.driver import Mount


class LocalDriver:
    kind = "localfs"

    def title(self, spec: MountSpec) -> str:
        return f"Folder {spec.source}"

    def mount(self, spec: MountSpec) -> Mount:
        return Mount(source.folder(spec.source), "none", ("bind", *source.options(spec)))

    def prepare(self, spec: MountSpec) -> None:
        """systemd would make the folder: one that is missing, with its disk for example, is not to become an empty
        domain."""
        if not Path(spec.source).is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), spec.source)

    def recovers(self, where: str) -> bool:
        return False
