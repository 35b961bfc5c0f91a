"""Gluster volumes as a node mounts them."""

import pytest

from node.api.messages.mounts import MountSpec
from node.api.refusals import Malformed
from node.storage.drivers.driver import Mount
from node.storage.drivers.registry import driver_of

BACKUP = "backup-volfile-servers=node2:node3"


def spec(source: str = "node1:/data", *options: str) -> MountSpec:
    return MountSpec(kind="glusterfs", source=source, options=options)


def test_a_volume_with_servers_beside_the_first() -> None:
    found = driver_of(spec()).mount(spec("node1:/data", BACKUP))
    assert found == Mount("node1:/data", "glusterfs", ("log-level=WARNING", BACKUP), after=("glusterd.service",))
    assert driver_of(spec()).title(spec()) == "Gluster volume data"


def test_a_folder_on_a_volume() -> None:
    one = spec("node1:/data/vms/fast")
    assert (driver_of(one).mount(one).what, driver_of(one).title(one)) == (one.source, "Gluster volume data")


def test_a_log_level_that_is_given_counts() -> None:
    assert driver_of(spec()).mount(spec("[2001:db8::1]:/data", "log-level=DEBUG")).options == ("log-level=DEBUG",)


@pytest.mark.parametrize(
    "bad",
    [
        spec(""),
        spec("node1"),
        spec(":/data"),
        spec("node1:data"),
        spec("node1:/"),
        spec("node1:/../data"),
        spec("no de:/data"),
        spec("node1:/data\nExecStart=x"),
        spec("node1:/data", "ro,rw"),
        spec("node1:/data", ""),
        spec("node1:/data", "a=\\x0ab"),
        MountSpec(kind="", source="node1:/data"),
    ],
)
def test_what_cannot_be_mounted_is_refused(bad: MountSpec) -> None:
    with pytest.raises(Malformed):
        driver_of(bad).mount(bad)
