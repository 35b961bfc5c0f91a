"""A brick lies where it says, away from the system and from other bricks."""

import pytest

from hosted_engine.deploy.rules import bricks


@pytest.mark.parametrize(
    "text",
    [
        "/bricks/engine/brick",
        "/gluster/data/brick",
        "/b",
        "/srv/b",
        "/mnt/disk1/b",
        "/home/b",
        "/opt/x",
        "/b/.hidden",
        "/etcetera",
        "/variable/x",
        "/usr2",
        "/b/..x",
        "/B_1/x-2.3",
        "/" + "b" * 179,
    ],
)
def test_folders_that_may_be_bricks(text: str) -> None:
    assert bricks.why_not_brick(text) is None


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("", "is no absolute path"),
        ("bricks/engine", "is no absolute path"),
        ("./b", "is no absolute path"),
        ("~/b", "is no absolute path"),
        ("node1:/b", "is no absolute path"),
        ("/", "is the root"),
        ("//", "has a / too many"),
        ("/b/x/", "has a / too many: write /b/x"),
        ("//b/x", "has a / too many: write /b/x"),
        ("/b//x", "has a / too many: write /b/x"),
        ("/b/../etc", "holds . or .."),
        ("/..", "holds . or .."),
        ("/b/.", "holds . or .."),
        ("/./b", "holds . or .."),
        ("/b x", "holds ' '"),
        ("/b\n", "holds '\\n'"),
        ("/b\x00", "holds '\\x00'"),
        ("/b:x", "holds ':'"),
        ("/b,x", "holds ','"),
        ("/b'x", 'holds "\'"'),
        ("/b*", "holds '*'"),
        ("/b\\x", "holds '\\\\'"),
        ("/bé", "holds '\\xe9'"),
        ("/" + "b" * 180, "is longer than 180"),
        ("/b" * 5000, "is longer than 180"),
        ("/etc", "a folder of the system (/etc)"),
        ("/etc/glusterfs", "a folder of the system (/etc)"),
        ("/usr", "a folder of the system (/usr)"),
        ("/usr/local/b", "a folder of the system (/usr)"),
        ("/var", "a folder of the system (/var)"),
        ("/var/lib/glusterd", "a folder of the system (/var)"),
        ("/var/lib/trivet/volumes/engine", "a folder of the system (/var)"),
        ("/tmp/b", "a folder of the system (/tmp)"),
        ("/run/b", "a folder of the system (/run)"),
        ("/dev/shm/b", "a folder of the system (/dev)"),
        ("/proc/1", "a folder of the system (/proc)"),
        ("/sys", "a folder of the system (/sys)"),
        ("/boot/efi", "a folder of the system (/boot)"),
        ("/root/b", "a folder of the system (/root)"),
        ("/state/bricks/data", "a folder of the system (/state)"),
        ("/b/.trashcan/x", "lies in .trashcan"),
        ("/lib64", "a folder of the system (/lib64)"),
        ("/bin/b", "a folder of the system (/bin)"),
        ("/home", "give a folder in it"),
        ("/srv", "give a folder in it"),
        ("/mnt", "give a folder in it"),
        ("/b/.glusterfs", "lies in .glusterfs"),
        ("/b/.glusterfs/x", "lies in .glusterfs"),
    ],
)
def test_folders_that_no_brick_may_be(text: str, description: str) -> None:
    assert description in (bricks.why_not_brick(text) or "accepted")


@pytest.mark.parametrize(
    ("one", "other", "description"),
    [
        ("/b/x", "/b/x", "is there twice"),
        ("/b/x/", "/b/x", "is there twice"),
        ("/b//x", "/b/x", "is there twice"),
        ("/b/x/y", "/b/x", "lies in /b/x"),
        ("/b/x/y/z", "/b", "lies in /b"),
        ("/b", "/b/x", "holds /b/x"),
        ("/b/x", "/b/y", None),
        ("/b/xy", "/b/x", None),
        ("/b/x", "/b/xy", None),
        ("/B/x", "/b/x", None),
    ],
)
def test_bricks_of_one_node(one: str, other: str, description: str | None) -> None:
    assert bricks.why_not_both(one, other) == description
