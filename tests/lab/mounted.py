"""Where a node of the lab has a Gluster volume mounted: by the id of the storage domain."""

from pathlib import PurePosixPath

from tests.lab.under_test import LabUnderTest


def mount_point(lab: LabUnderTest, node: str, volume: str) -> PurePosixPath:
    for line in lab.exec(node, "cat", "/proc/mounts").splitlines():
        source, target, kind, *_ = line.split(" ")
        if kind == "fuse.glusterfs" and source.endswith(f":/{volume}"):
            return PurePosixPath(target)
    raise AssertionError(f"{node} has no volume {volume} mounted")
