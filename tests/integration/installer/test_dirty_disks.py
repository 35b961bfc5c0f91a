"""Disks that somebody used before: the first try succeeds and nothing of what was there is left to be found."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from installer.answers import DiskAnswers
from installer.plan import plan
from installer.run import install
from node.system.process import run
from tests.integration.installer.bench import Bench, needs_loop_devices, reread_partitions, three_disks
from tests.integration.installer.whole import check_disks
from tests.unit.installer.given import ID, answers

pytestmark = needs_loop_devices
CHOSEN = DiskAnswers(system='serial == "SYS"', bricks=('serial == "BRICK"',), wipe=("SYS", "BRICK"))


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Bench]:
    with three_disks(tmp_path) as made:
        yield made


def _bytes_at(*parts: tuple[int, bytes]) -> Callable[[str], None]:
    def make(device: str) -> None:
        with Path(device).open("r+b") as disk:
            for offset, content in parts:
                disk.seek(offset)
                disk.write(content)

    return make


def _running(*argv: str) -> Callable[[str], None]:
    def make(device: str) -> None:
        run(*argv, device)

    return make


def _partitions_with_file_systems(device: str) -> None:
    """They begin where Trivet's begin, and in the middle of those."""
    run("sfdisk", "--quiet", device, stdin="label: gpt\nstart=2048, size=1GiB\nsize=3GiB\nsize=1GiB, type=V\n")
    reread_partitions(device)
    for number, make in enumerate(("mkfs.ext4 -q", "mkfs.xfs -q -f", "mkswap"), 1):
        run(*make.split(), f"{device}p{number}")


def _dos_table(device: str) -> None:
    run("sfdisk", "--quiet", device, stdin="label: dos\nstart=63, size=1GiB, type=83\n")


def _gpt_without_its_first(device: str) -> None:
    run("sfdisk", "--quiet", device, stdin="label: gpt\nstart=2048, size=1GiB\n")
    _bytes_at((0, bytes(2048)))(device)


DIRTY: dict[str, Callable[[str], None]] = {
    "file system on the whole disk": _running("mkfs.ext4", "-q"),
    "partitions with file systems": _partitions_with_file_systems,
    "partition table of the BIOS": _dos_table,
    "stale GPT": _gpt_without_its_first,
    "swap": _running("mkswap"),
    "LUKS": _bytes_at((0, b"LUKS\xba\xbe\x00\x02"), (0x4000, b"SKUL\xba\xbe\x00\x02")),
    "LVM": _bytes_at((512, b"LABELONE" + bytes(16) + b"LVM2 001")),
    "Ceph": _bytes_at((0, b"bluestore block device\n")),
    "ZFS": _bytes_at(*((offset + 0x20000, (0xBAB10C).to_bytes(8, "little")) for offset in range(0, 0x20000, 0x400))),
    "noise": _bytes_at((0, bytes(range(256)) * 4096), (4 << 30, bytes(range(256)) * 4096)),
}


@pytest.mark.parametrize("kind", DIRTY)
def test_the_first_try_succeeds(there: Bench, tmp_path: Path, kind: str) -> None:
    before = there.checksum("OTHER")
    for serial in ("SYS", "BRICK"):
        DIRTY[kind](there.devices[serial])
    made = plan(answers(disks=CHOSEN), there.system_info(), ID)
    done = install(made, there.machine, report=lambda _: None)
    check_disks(there, tmp_path / "state", claim_code=done.claim_code)
    assert _signatures(there.devices["SYS"]) == ["gpt", "gpt", "PMBR"]
    system = [_signatures(f"{there.devices['SYS']}p{number}") for number in range(1, 5)]
    assert [sorted(set(kinds)) for kinds in system] == [["vfat"], ["ext4"], [], ["ext4"]]  # the bench's image is ext4
    assert _signatures(f"{there.devices['BRICK']}p1") == ["xfs"]
    assert there.checksum("OTHER") == before


def _signatures(device: str) -> list[str]:
    return run("wipefs", "--noheadings", "--output", "TYPE", device).split()
