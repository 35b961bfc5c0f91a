"""What real tools have left on disks is recognised on loop devices, and not one byte of it changes."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from installer.probe.disks import DiskProbe
from installer.sysinfo import Signature
from node.system.process import CommandFailed, run, run_or_leave
from tests.integration.installer.disk_images import make

DESCRIPTIONS = {
    "lvm": (Signature.LVM, "LVM volume group vg0 (3 logical volumes)"),
    "md": (Signature.MD, "member of the md array store:data"),
    "luks": (Signature.LUKS, "LUKS encrypted volume"),
    "zfs": (Signature.ZFS, "member of the ZFS pool tank"),
    "ceph": (Signature.CEPH, "disk of a Ceph OSD (BlueStore)"),
    "vmfs": (Signature.VMFS, "VMFS datastore"),
    "btrfs": (Signature.BTRFS, "Btrfs file system"),
    "gpt-backup-only": (
        Signature.STALE_GPT,
        "stale partition table (GPT): only its backup at the end of the disk is left, the first table is missing",
    ),
    "gpt-grown": (Signature.STALE_GPT, "stale partition table (GPT): made for a disk of 67.1 MB"),
    "gpt-cut": (Signature.STALE_GPT, "stale partition table (GPT): made for a disk of 67.1 MB"),
    "trivet": (Signature.TRIVET, "another installation of Trivet (0.1.0.202611301104)"),
    "trivet-cut-off": (Signature.TRIVET, "an installation of Trivet that was cut off"),
    "brick-xfs": (Signature.BRICK, "brick of the Gluster volume engine, in /data/engine"),
    "brick-ext4": (Signature.BRICK, "brick of a Gluster volume (0f3b5b8e-3f4a-4b0f-9a5d-3c2b1a0f9e8d)"),
    "ext4": (Signature.FILE_SYSTEM, "ext4 file system data"),
    "xfs": (Signature.FILE_SYSTEM, "xfs file system srv"),
    "swap": (Signature.SWAP, "swap space scratch"),
    "gpt": (Signature.PARTITIONS, "GPT with 2 partitions: one, two"),
    "mbr": (Signature.PARTITIONS, "MBR with 1 partition"),
}
EMPTY = ("zero", "gpt-empty")

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="attaching loop devices needs root")


@contextmanager
def attached(path: Path) -> Iterator[str]:
    """The name of a loop device over `path`, writable as a disk is."""
    try:
        device = run("losetup", "--find", "--show", str(path)).strip()
    except CommandFailed as err:
        pytest.skip(f"no loop device: {err}")
    try:
        yield device.removeprefix("/dev/")
    finally:
        run("losetup", "--detach", device)


def checksum(path: Path) -> str:
    """Of all that is not a hole in the file, with its place."""
    digest = hashlib.sha256()
    with path.open("rb") as file, suppress(OSError):  # no data any more
        at = 0
        while True:
            at = os.lseek(file.fileno(), at, os.SEEK_DATA)
            end = os.lseek(file.fileno(), at, os.SEEK_HOLE)
            digest.update(f"{at} ".encode() + os.pread(file.fileno(), end - at, at))
            at = end
    return digest.hexdigest()


def blank(path: Path, size: int = 16 * 1024 * 1024) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
    return path


def test_every_kind_in_the_right_words_and_nothing_changes(tmp_path: Path) -> None:
    needs = {"lvm": "pvs"}
    names = [name for name in DESCRIPTIONS if name not in needs or Path("/usr/sbin", needs[name]).exists()]
    images = {name: make(name, tmp_path / name) for name in names} | {"zero": blank(tmp_path / "zero")}
    images |= {"gpt-empty": make("gpt-empty", tmp_path / "gpt-empty")}
    before = {name: checksum(path) for name, path in images.items()}
    with ExitStack() as stack:
        devices = {stack.enter_context(attached(path)): name for name, path in images.items()}
        disks = DiskProbe(run_or_leave).observe(tuple(devices))
    found = {devices[disk.name]: [(one.signature, one.description) for one in disk.contents] for disk in disks}
    assert found == {name: [DESCRIPTIONS[name]] for name in names} | {name: [] for name in EMPTY}
    assert {name: checksum(path) for name, path in images.items()} == before


def test_a_file_system_that_was_not_unmounted_is_looked_into_and_stays_as_it_is(tmp_path: Path) -> None:
    images = [make(name, tmp_path / name) for name in ("brick-xfs", "brick-ext4")]
    for number, path in enumerate(images):
        torn = torn_while_mounted(path, tmp_path / f"at{number}")
        before = checksum(torn)
        with attached(torn) as device:
            (disk,) = DiskProbe(run_or_leave).observe((device,))
        assert [one.signature for one in disk.contents] == [Signature.BRICK]
        assert checksum(torn) == before


def torn_while_mounted(path: Path, place: Path) -> Path:
    """A copy of the disk at `path` in the midst of being used: its journal is full."""
    place.mkdir()
    copy = path.with_suffix(".torn")
    with attached(path) as device:
        run("mount", f"/dev/{device}", str(place))
        try:
            (place / "file").write_text("x" * 100_000)
            os.sync()
            run("cp", "--sparse=always", f"/dev/{device}", str(copy))
        finally:
            run("umount", str(place))
    return copy


def test_a_mounted_disk(tmp_path: Path) -> None:
    place = tmp_path / "srv"
    place.mkdir()
    with attached(make("ext4", tmp_path / "ext4")) as device:
        run("mount", f"/dev/{device}", str(place))
        try:
            (disk,) = DiskProbe(run_or_leave).observe((device,))
        finally:
            run("umount", str(place))
    assert [(one.signature, one.description) for one in disk.contents] == [
        (Signature.MOUNTED, f"mounted at {place}"),
        (Signature.FILE_SYSTEM, "ext4 file system data"),
    ]


@pytest.mark.parametrize("place", [20_000, 9 * 1024 * 1024, 16 * 1024 * 1024 - 40_000])
def test_data_of_no_known_kind(tmp_path: Path, place: int) -> None:
    path = blank(tmp_path / "data")
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"something")
    with attached(path) as device:
        (disk,) = DiskProbe(run_or_leave).observe((device,))
    (content,) = disk.contents
    assert (content.signature, content.place) == (Signature.UNKNOWN, device)
    assert content.description == f"data of no known kind (not zero at byte {place})"
