"""What stands on a dirty disk is taken apart, the uppermost first, and nothing is unmounted that somebody uses."""

import json
from pathlib import Path

import pytest

from installer.steps.releasing import DiskInUse, Holder, holders_of, release
from node.system.process import Run


def entry(path: str, kind: str, *children: object, places: tuple[str | None, ...] = (None,)) -> dict[str, object]:
    made: dict[str, object] = {"name": path[5:], "path": path, "type": kind, "mountpoints": list(places)}
    return made | ({"children": list(children)} if children else {})


def answer(*entries: object) -> str:
    return json.dumps({"blockdevices": list(entries)})


DATA = entry("/dev/mapper/vg-data", "lvm")
POOL = entry("/dev/mapper/vg-pool", "lvm", DATA)
THIN = answer(
    entry(
        "/dev/sda",
        "disk",
        entry("/dev/sda1", "part", places=("[SWAP]",)),
        entry(
            "/dev/sda2",
            "part",
            entry("/dev/mapper/vg-pool_tmeta", "lvm", POOL),
            entry("/dev/mapper/vg-pool_tdata", "lvm", POOL),
        ),
        entry("/dev/sda3", "part", entry("/dev/md127", "raid1", entry("/dev/mapper/luks", "crypt"))),
    )
)


def run_on(text: str, commands: list[tuple[str, ...]]) -> Run:
    def run(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        commands.append(argv)
        return text if argv[0] == "lsblk" else ""

    return run


def test_what_stands_on_another_comes_first_and_each_once() -> None:
    paths = [holder.path for holder in holders_of(THIN)]
    assert len(paths) == len(set(paths))
    for upper, lower in (
        ("/dev/mapper/vg-data", "/dev/mapper/vg-pool"),
        ("/dev/mapper/vg-pool", "/dev/mapper/vg-pool_tmeta"),
        ("/dev/mapper/vg-pool", "/dev/mapper/vg-pool_tdata"),
        ("/dev/mapper/luks", "/dev/md127"),
        ("/dev/md127", "/dev/sda3"),
        ("/dev/sda1", "/dev/sda"),
    ):
        assert paths.index(upper) < paths.index(lower)


def test_a_disk_is_released(tmp_path: Path) -> None:
    (tmp_path / "block/md127/md").mkdir(parents=True)
    commands: list[tuple[str, ...]] = []
    partitions = release(run_on(THIN, commands), "/dev/sda", tmp_path)
    assert partitions == ("/dev/sda1", "/dev/sda2", "/dev/sda3")
    assert ("swapoff", "/dev/sda1") in commands
    removed = [argv[-1] for argv in commands if argv[0] == "dmsetup"]
    assert removed[0] == "/dev/mapper/vg-data"
    assert set(removed) == {
        f"/dev/mapper/{name}" for name in ("vg-data", "vg-pool", "vg-pool_tmeta", "vg-pool_tdata", "luks")
    }
    assert (tmp_path / "block/md127/md/array_state").read_text() == "clear"


def test_a_partition_is_not_a_partition_of_itself() -> None:
    text = answer(entry("/dev/sda5", "part", entry("/dev/mapper/vg-data", "lvm")))
    assert release(run_on(text, []), "/dev/sda5", Path()) == ()


def test_what_is_mounted_stops_it_before_anything_is_taken_apart() -> None:
    used = entry("/dev/mapper/vg-home", "lvm", places=("/home",))
    text = answer(entry("/dev/sda", "disk", entry("/dev/sda1", "part", used), entry("/dev/sda2", "part", DATA)))
    commands: list[tuple[str, ...]] = []
    with pytest.raises(DiskInUse, match="/dev/mapper/vg-home on it is mounted at /home"):
        release(run_on(text, commands), "/dev/sda", Path())
    assert [argv[0] for argv in commands] == ["lsblk"]


def test_an_empty_disk_has_nothing_to_release() -> None:
    assert holders_of(answer(entry("/dev/sda", "disk"))) == (Holder("/dev/sda", "disk"),)
