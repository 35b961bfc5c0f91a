"""Which servers a mount names, there and back."""

import pytest

from gluster.mount import backup_options, servers


@pytest.mark.parametrize(
    ("names", "options"),
    [
        (("node1",), ()),
        (("node1", "node2"), ("backup-volfile-servers=node2",)),
        (("node1", "node2", "node3"), ("backup-volfile-servers=node2:node3",)),
    ],
)
def test_the_servers_of_a_mount(names: tuple[str, ...], options: tuple[str, ...]) -> None:
    assert backup_options(names[1:]) == options
    assert servers(names[0], ("log-level=INFO", *options)) == names
