"""The disks of a node: sparse files with an XFS each, mounted only in the mount namespace of the node's machine."""

import os
from dataclasses import dataclass
from pathlib import Path

from ci.lab.names import Node
from node.system.process import Run

GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Brick:
    """`inside` is where the node sees the file system."""

    volume: str
    size_bytes: int

    @property
    def inside(self) -> str:
        return f"/gluster/{self.volume}"

    @property
    def path(self) -> str:
        """The brick itself: a folder below the mount point, missing when the file system is not mounted."""
        return f"{self.inside}/brick"

    def image(self, node: Node) -> Path:
        return node.state / f"{self.volume}.img"

    def mount_point(self, node: Node) -> Path:
        return node.runtime / "bricks" / self.volume


BRICKS = (Brick("engine", 12 * GIB), Brick("data", 20 * GIB))


def make(node: Node, run: Run) -> None:
    """Make the missing image files; a half-made one never gets the final name."""
    for brick in BRICKS:
        image = brick.image(node)
        if image.exists():
            continue
        half = image.with_suffix(".half")
        half.unlink(missing_ok=True)
        half.touch(mode=0o600)
        os.truncate(half, brick.size_bytes)
        run("mkfs.xfs", "-q", "-L", brick.volume, str(half))
        half.rename(image)


def mount(node: Node, run: Run) -> None:
    """Mount them here; `mount -o loop` frees the loop device with its last mount, so it dies with the namespace."""
    for brick in BRICKS:
        point = brick.mount_point(node)
        point.mkdir(parents=True, exist_ok=True)
        run("mount", "-t", "xfs", "-o", "loop", str(brick.image(node)), str(point))
