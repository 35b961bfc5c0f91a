"""What a node mounts for each type of storage connection."""

import pytest

from hosted_engine.engine.storageconnections.model import NfsVersion, StorageConnection, StorageType
from hosted_engine.engine.storageconnections.mounts import NEEDED, SPECS, gluster_servers, gluster_volume, mount_spec
from node.api.messages.mounts import MountSpec
from node.storage.drivers.registry import DRIVERS

NFS, GLUSTER, POSIX = StorageType.NFS, StorageType.GLUSTERFS, StorageType.POSIXFS
CASES: list[tuple[StorageConnection, MountSpec]] = [
    (
        StorageConnection(id="1", type=NFS, address="nas", path="/srv"),
        MountSpec(kind="nfs", source="nas:/srv", options=("nfsvers=4",)),
    ),
    (
        StorageConnection(
            id="1",
            type=NFS,
            address="[2001:db8::9]",
            path="/srv",
            nfs_version=NfsVersion.V4_2,
            nfs_timeo=600,
            nfs_retrans=0,
            mount_options="noatime,nconnect=4",
        ),
        MountSpec(
            kind="nfs",
            source="[2001:db8::9]:/srv",
            options=("nfsvers=4.2", "timeo=600", "retrans=0", "noatime", "nconnect=4"),
        ),
    ),
    (
        StorageConnection(id="1", type=NFS, address="nas", path="/srv", nfs_version=NfsVersion.AUTO),
        MountSpec(kind="nfs", source="nas:/srv", options=("nfsvers=4",)),
    ),
    (
        StorageConnection(id="1", type=GLUSTER, address="n1", path="/data", mount_options="backup-volfile-servers=n2"),
        MountSpec(kind="glusterfs", source="n1:/data", options=("backup-volfile-servers=n2",)),
    ),
    (
        StorageConnection(id="1", type=GLUSTER, address="n1", path="data"),
        MountSpec(kind="glusterfs", source="n1:/data"),
    ),
    (
        StorageConnection(id="1", type=POSIX, path="/dev/vdb", vfs_type="xfs", mount_options="ro"),
        MountSpec(kind="posixfs", source="/dev/vdb", vfs_type="xfs", options=("ro",)),
    ),
    (
        StorageConnection(id="1", type=POSIX, address="mon1", path="/vms", vfs_type="ceph"),
        MountSpec(kind="posixfs", source="mon1:/vms", vfs_type="ceph"),
    ),
    (
        StorageConnection(id="1", type=StorageType.LOCALFS, path="/vms"),
        MountSpec(kind="localfs", source="/vms"),
    ),
]


@pytest.mark.parametrize(("connection", "spec"), CASES)
def test_what_is_mounted(connection: StorageConnection, spec: MountSpec) -> None:
    assert mount_spec(connection) == spec
    assert DRIVERS[spec.kind].mount(spec).what == spec.source


def test_a_gluster_volume_is_known_by_its_connection_alone() -> None:
    gluster, nfs = CASES[3][0], CASES[0][0]
    assert (gluster_volume(gluster), gluster_servers(gluster)) == ("data", ("n1", "n2"))
    assert (gluster_volume(nfs), gluster_servers(nfs)) == ("", ())


def test_every_kind_that_a_node_mounts_has_a_mapping_and_no_other() -> None:
    assert {one.value for one in SPECS} == DRIVERS.keys()
    assert NEEDED.keys() == SPECS.keys()
    assert {connection.type for connection, _ in CASES} == SPECS.keys()
