"""What a mount of a volume is made of."""

import pytest

from gluster.mount import mount_source


def test_the_first_server_and_the_others_behind_it() -> None:
    source = mount_source("engine", ("node1", "node2", "node3"))
    assert (source.type, source.what) == ("glusterfs", "node1:/engine")
    assert source.options == ("log-level=WARNING", "backup-volfile-servers=node2:node3")


def test_one_server() -> None:
    assert mount_source("engine", ["node1"]).options == ("log-level=WARNING",)


def test_no_server() -> None:
    with pytest.raises(ValueError, match="at least one"):
        mount_source("engine", ())
