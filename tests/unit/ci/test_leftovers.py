from ci.lab.leftovers import Observed, Removal, parse_loops, parse_mounts, removals

NODES = ("node1", "node2")
STATE = "/var/lib/trivet-lab/labs"


def test_a_lab_that_runs_leaves_nothing_to_remove() -> None:
    loops = {"/dev/loop0": f"{STATE}/lab/node1/data.img"}
    seen = Observed(NODES, running=NODES, dirty=NODES, loops=loops, terminal_file=True, terminal_answers=True)
    assert removals("lab", seen) == ()


def test_what_a_killed_lab_left_goes_machines_first() -> None:
    seen = Observed(
        NODES,
        running=["node1"],
        dirty=["node1", "node2"],
        mounts=["/", "/run/trivet-lab/lab/node2", "/run/trivet-lab/lab/node2/root"],
        loops={"/dev/loop0": f"{STATE}/lab/node1/data.img", "/dev/loop1": f"{STATE}/lab/node2/data.img"},
        terminal_file=True,
    )
    assert removals("lab", seen) == (
        Removal("machine", "node2"),
        Removal("mount", "/run/trivet-lab/lab/node2/root"),
        Removal("mount", "/run/trivet-lab/lab/node2"),
        Removal("loop", "/dev/loop1"),
        Removal("terminal", "lab"),
    )


def test_what_belongs_to_others_stays() -> None:
    seen = Observed(
        NODES,
        running=(),
        mounts=["/run/trivet-lab/lab2/node1/root", "/var/lib/trivet-lab/images/x", "/mnt"],
        loops={
            "/dev/loop0": f"{STATE}/lab2/node1/data.img",
            "/dev/loop1": "/home/me/node1/data.img",
            "/dev/loop2": f"{STATE}/lab/../lab2/node1/data.img",
        },
    )
    assert removals("lab", seen) == ()


def test_mount_points_are_read_with_their_blanks() -> None:
    line = "36 35 98:0 / /run/a\\040b rw,noatime shared:1 - ext4 /dev/root rw"
    assert parse_mounts(line + "\n") == ("/run/a b",)


def test_loops_are_read_also_when_their_file_is_gone() -> None:
    text = "/dev/loop1 /var/lib/a b.img\n/dev/loop2 /var/lib/c.img (deleted)\n/dev/loop3 \n"
    assert parse_loops(text) == {"/dev/loop1": "/var/lib/a b.img", "/dev/loop2": "/var/lib/c.img"}
