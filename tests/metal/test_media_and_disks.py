"""What an installation meets on real machines: disks that others have used, a medium that is damaged."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from tests.integration.installer import disk_images
from tests.metal import answers
from tests.metal.conftest import GIB
from tests.metal.machine import BOOT_S, MOUNTED, Disk, Machine

pytestmark = [pytest.mark.long, pytest.mark.timeout(7200)]

INSTALL_S = 2400
# What is on a disk, as `disk_images` makes it → what it is called.
KINDS = {
    "lvm": "lvm",
    "md": "md",
    "luks": "luks",
    "zfs": "zfs",
    "ceph": "ceph",
    "vmfs": "vmfs",
    "btrfs": "btrfs",
    "gpt-backup-only": "stale_gpt",
    "trivet": "trivet",
    "brick-xfs": "brick",
    "swap": "swap",
    "ext4": "file_system",
}
# Volumes in use: the brick disk is that of a machine whose LVM the medium finds.
USED = "pvcreate -qy /dev/vdb && vgcreate -q old /dev/vdb && lvcreate -qyL1G -n data old && mkfs.ext4 -q /dev/old/data"


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def test_twelve_kinds_of_used_disks(tmp_path: Path, iso: Path) -> None:
    work = tmp_path / "machine"
    work.mkdir()
    sizes = {kind: disk_images.make(kind, work / f"disk-{kind}").stat().st_size for kind in KINDS}
    disks = [Disk(answers.SYSTEM, 24 * GIB), Disk(answers.BRICK, 12 * GIB)]
    machine = Machine(work, [*disks, *(Disk(kind, size) for kind, size in sizes.items())])
    before = {kind: sha256(machine.disk(kind)) for kind in KINDS}
    try:
        machine.start(iso)
        machine.wait_up()
        machine.ask(USED)
        seen = json.loads(machine.ask("trivet install sysinfo --json", 600))
        by_serial = {disk["serial"]: disk for disk in seen["disks"]}
        for kind, signature in KINDS.items():
            contents = by_serial[kind]["contents"]
            assert signature in [content["signature"] for content in contents], (kind, contents)
        assert "lvm" in [content["signature"] for content in by_serial[answers.BRICK]["contents"]]

        machine.put("/tmp/answers.toml", answers.TEXT)
        status, said = machine.status_of("trivet install run /tmp/answers.toml --yes", INSTALL_S)
        assert status != 0
        assert answers.BRICK in said, "it is refused by the disk that would lose something"
        machine.put("/tmp/answers.toml", answers.TEXT.replace("[network]", f'wipe = ["{answers.BRICK}"]\n\n[network]'))
        machine.ask("trivet install run /tmp/answers.toml --yes", INSTALL_S)
        machine.ask("systemctl poweroff --no-block")
        machine.wait_off()
        assert {kind: sha256(machine.disk(kind)) for kind in KINDS} == before
        machine.start()
        machine.wait_up()
        assert machine.ask(MOUNTED, BOOT_S) == "xfs"
        assert machine.ask("vgs --noheadings -o vg_name").split() != ["old"]
    finally:
        machine.cut_power()


def test_a_damaged_medium_is_found_before_anything_is_written(machine: Machine, iso: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.iso"
    shutil.copyfile(iso, damaged)
    with damaged.open("r+b") as file:
        start = file.read().index(b"QFI\xfb")  # of the engine's image: what the medium itself runs from is whole
        file.seek(start + (1 << 20))
        byte = file.read(1)
        file.seek(start + (1 << 20))
        file.write(bytes([byte[0] ^ 1]))
    before = {serial: sha256(machine.disk(serial)) for serial in (answers.SYSTEM, answers.BRICK)}
    machine.start(damaged)
    machine.wait_up()
    machine.put("/tmp/answers.toml", answers.TEXT)
    status, said = machine.status_of("trivet install run /tmp/answers.toml --yes", INSTALL_S)
    assert status != 0
    assert "damaged" in said
    assert "qcow2" in said
    machine.cut_power()
    assert {serial: sha256(machine.disk(serial)) for serial in before} == before
