"""File systems of any type as a node mounts them."""

import pytest

from node.api.messages.mounts import MountSpec
from node.api.refusals import Malformed
from node.storage.drivers.driver import Mount
from node.storage.drivers.registry import driver_of


def spec(source: str, vfs_type: str, *options: str) -> MountSpec:
    return MountSpec(kind="posixfs", source=source, vfs_type=vfs_type, options=options)


@pytest.mark.parametrize(
    ("source", "vfs_type", "options"),
    [
        ("mon1,mon2:/vms", "ceph", ("name=admin",)),
        ("/dev/disk/by-label/vms", "ocfs2", ()),
        ("nas:/srv", "fuse.sshfs", ("ro",)),
    ],
)
def test_whatever_mount_takes(source: str, vfs_type: str, options: tuple[str, ...]) -> None:
    one = spec(source, vfs_type, *options)
    assert driver_of(one).mount(one) == Mount(source, vfs_type, options)
    assert not driver_of(one).recovers("/anywhere")


@pytest.mark.parametrize(
    "one", [spec("", "xfs"), spec("/dev/x", ""), spec("/dev/x", "x fs"), spec("/dev/x", "xfs", "a,b"), spec("'", "xfs")]
)
def test_what_is_none_is_refused(one: MountSpec) -> None:
    with pytest.raises(Malformed):
        driver_of(one).mount(one)
