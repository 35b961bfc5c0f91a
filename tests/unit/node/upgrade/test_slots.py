import json

import pytest

from node.upgrade.slots import Booted, Kernel, System, boot_order, parse_kernel, parse_slots, parse_system

# `sfdisk --json` of util-linux 2.41, of a disk that Trivet's installer made.
TABLE = json.dumps(
    {
        "partitiontable": {
            "label": "gpt",
            "id": "5F0B0F0E-6D7C-4E8F-9B1A-2C3D4E5F6071",
            "device": "/dev/nvme0n1",
            "unit": "sectors",
            "firstlba": 2048,
            "lastlba": 33554398,
            "sectorsize": 512,
            "partitions": [
                {"node": "/dev/nvme0n1p1", "start": 2048, "size": 2097152, "type": "C12A", "name": "trivet-esp"},
                {"node": "/dev/nvme0n1p2", "start": 2099200, "size": 4194304, "type": "4F68", "name": "trivet_1.2"},
                {"node": "/dev/nvme0n1p3", "start": 6293504, "size": 4194304, "type": "4F68", "name": "_empty"},
                {"node": "/dev/nvme0n1p4", "start": 10487808, "size": 23066591, "type": "0FC6", "name": "trivet-state"},
                {"node": "/dev/nvme0n1p9", "start": 33554399, "size": 8, "type": "0FC6"},
            ],
        }
    }
)


@pytest.mark.parametrize(
    ("name", "kernel"),
    [
        ("trivet_1.2.efi", Kernel("1.2")),
        ("trivet_1.2+3.efi", Kernel("1.2", 3)),
        ("trivet_1.2+3-0.efi", Kernel("1.2", 3)),
        ("trivet_1.2+0-3.efi", Kernel("1.2", 0, 3)),
        ("trivet_1.2.d1de1f+1-2.efi", Kernel("1.2.d1de1f", 1, 2)),
        ("trivet_1.2.efi.new", None),
        (".trivet_1.2.new.part", None),
        ("trivet_.efi", None),
        ("trivet_1.2+.efi", None),
        ("trivet-installer.efi", None),
        ("debian.efi", None),
    ],
)
def test_kernels(name: str, kernel: Kernel | None) -> None:
    assert parse_kernel(name) == kernel


def test_names_go_back() -> None:
    for kernel in (Kernel("1.2"), Kernel("1.2", 3), Kernel("1.2", 1, 2), Kernel("1.2", 0, 1)):
        assert parse_kernel(kernel.name) == kernel


def test_slots_are_what_has_their_labels() -> None:
    running, other = parse_slots(TABLE)
    assert (running.number, running.device, running.version) == (2, "/dev/nvme0n1p2", "1.2")
    assert (other.number, other.device, other.version) == (3, "/dev/nvme0n1p3", None)
    assert other.size_bytes == 2 << 30


def test_the_running_slot_is_the_one_the_initrd_named() -> None:
    booted = Booted(version="1.2", disk="nvme0n1", slot="nvme0n1p2", state="nvme0n1p4")
    system = parse_system(booted, TABLE, ["trivet_1.2.efi", "debian.efi"])
    assert isinstance(system, System)
    assert [slot.number for slot in system.others] == [3]
    assert system.kernel == Kernel("1.2")
    assert parse_system(Booted(version="1.2", disk="x", slot="x2", state="x4"), TABLE, []) is None


def test_the_boot_loader_takes_the_newest_that_is_not_bad() -> None:
    kernels = [Kernel("1.1"), Kernel("1.3", 0, 3), Kernel("1.2", 2, 1), Kernel("1.2")]
    names = [kernel.name for kernel in boot_order(kernels)]
    assert names == ["trivet_1.2+2-1.efi", "trivet_1.2.efi", "trivet_1.1.efi", "trivet_1.3+0-3.efi"]
