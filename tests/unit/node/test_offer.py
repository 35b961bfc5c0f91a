"""What an unclaimed machine offers to a site: file systems for bricks, name servers, addresses."""

from node.registration.offer import brick_mounts, name_servers, read_offer

MOUNTINFO = """\
23 28 0:21 / /proc rw,nosuid - proc proc rw
28 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw
97 28 254:1 /var/lib /srv/bound rw - ext4 /dev/vda1 rw
98 28 7:0 / /gluster/engine rw,relatime shared:1 - xfs /dev/loop0 rw
99 28 7:1 / /gluster/da\\040ta rw,relatime master:2 - xfs /dev/loop1 rw
99 28 7:1 / /gluster/engine rw,relatime master:2 - xfs /dev/loop1 rw
100 28 0:44 / /run rw - tmpfs tmpfs rw
half a line
"""


def test_whole_file_systems_beside_the_root_can_hold_bricks() -> None:
    assert list(brick_mounts(MOUNTINFO)) == ["/gluster/engine", "/gluster/da ta"]


def test_name_servers_of_others_are_offered() -> None:
    text = "# made by hand\nsearch example.org\nnameserver 127.0.0.53\nnameserver 192.0.2.53\nnameserver\n"
    assert list(name_servers(text + "nameserver 2001:db8::1\nnameserver nonsense\n")) == ["192.0.2.53"]


def test_this_machine_can_be_asked() -> None:
    assert all("/" in one.address and one.nic for one in read_offer().addresses)
