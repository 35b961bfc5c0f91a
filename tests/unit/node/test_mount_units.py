"""Units, the kernel's list of mounts and the processes behind them, as words; no mount is made."""

from pathlib import Path, PurePosixPath

import pytest

import node
from node.storage.drivers.driver import Mount
from node.storage.fuse import is_served, serves
from node.storage.mount_units import mounted_type, unit_name, unit_text


@pytest.mark.parametrize(
    ("where", "unit"),  # as systemd-escape --path --suffix=mount has it
    [
        ("/var/lib/trivet/volumes/engine", "var-lib-trivet-volumes-engine.mount"),
        ("/var/lib/trivet/volumes/my-data_1.x", "var-lib-trivet-volumes-my\\x2ddata_1.x.mount"),
        ("/a/.b c/ü", "a-.b\\x20c-\\xc3\\xbc.mount"),
        ("/.x", "\\x2ex.mount"),
    ],
)
def test_unit_names(where: str, unit: str) -> None:
    assert unit_name(PurePosixPath(where)) == unit


def test_vms_end_before_what_they_stand_on() -> None:
    text = unit_text("v", PurePosixPath("/v"), Mount("n:/v", "glusterfs", ()))
    assert "Before=sanlock.service trivet-guests.service\n" in text
    guests = (Path(node.__file__).parent / "trivet-guests.service").read_text()
    after = next(line for line in guests.splitlines() if line.startswith("After=")).removeprefix("After=").split()
    assert {"sanlock.service", "glusterd.service", "libvirtd.service", "trivet-node.service"} <= set(after)


def test_a_percent_sign_is_no_specifier() -> None:
    assert "Options=a=%%h,b\n" in unit_text("v", PurePosixPath("/v"), Mount("n:/v", "glusterfs", ("a=%h", "b")))


def test_the_last_mount_at_a_place_counts() -> None:
    mounts = "a /x ext4 rw 0 0\nb /x\\040y xfs rw 0 0\nnode1:/data /x fuse.glusterfs rw 0 0\n"
    assert mounted_type(mounts, PurePosixPath("/x")) == "fuse.glusterfs"
    assert mounted_type(mounts, PurePosixPath("/x y")) == "xfs"
    assert mounted_type(mounts, PurePosixPath("/")) is None


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["/usr/sbin/glusterfs", "--process-name", "fuse", "--volfile-id=/data", "/v/data"], True),
        (["/usr/sbin/glusterfs", "--process-name", "fuse", "--volfile-id=/data2", "/v/data2"], False),
        (["/usr/sbin/glusterfsd", "-s", "node1", "--volfile-id", "data.node1.v-data"], False),
        (["ls", "/v/data"], False),
        ([], False),
    ],
)
def test_the_process_behind_a_mount_is_known_by_its_last_argument(argv: list[str], expected: bool) -> None:
    assert serves(b"\0".join(part.encode() for part in argv) + b"\0", "/v/data") is expected


def test_processes_are_looked_through(tmp_path: Path) -> None:
    (tmp_path / "self").mkdir()
    for pid, cmdline in (("1", b"init\0"), ("7", b"/usr/sbin/glusterfs\0/v/data\0")):
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "cmdline").write_bytes(cmdline)
    (tmp_path / "9").mkdir()  # ended meanwhile
    assert is_served("/v/data", tmp_path)
    assert not is_served("/v/dat", tmp_path)
