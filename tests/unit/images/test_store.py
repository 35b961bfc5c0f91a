"""An entry of the image store is finished or not there: after errors, after kill -9, with two builders at once."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from images import store as stock
from images.store import Entry, have, key_of, key_of_files

KEYS = ["0" * 15 + digit for digit in "12345"]


def quiet(line: str) -> None:
    pass


class Maker:
    """Makes an entry and counts how often."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, work: Path) -> None:
        self.made += 1
        (work / "content").write_text("whole")

    def entry(self, key: str = KEYS[0], name: str = "node") -> Entry:
        return Entry(name, key, self)


def names(store: Path) -> list[str]:
    return sorted(path.name for path in store.iterdir() if not path.name.startswith(".lock"))


def test_built_once_per_key(tmp_path: Path) -> None:
    make = Maker()
    first = have(tmp_path, make.entry(), quiet)
    assert have(tmp_path, make.entry(), quiet) == first
    assert make.made == 1
    assert have(tmp_path, make.entry(KEYS[1]), quiet) != first
    assert make.made == 2
    assert (first / "content").read_text() == "whole"


def test_nothing_is_left_of_a_build_that_failed(tmp_path: Path) -> None:
    def fail(work: Path) -> None:
        (work / "half").touch()
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        have(tmp_path, Entry("node", KEYS[0], fail), quiet)
    assert names(tmp_path) == []


KILLED_WHILE_BUILDING = """
import os, signal, sys
from pathlib import Path
from images.store import Entry, have

def die(work):
    (work / "half").mkdir()
    os.kill(os.getpid(), signal.SIGKILL)

have(Path(sys.argv[1]), Entry("node", sys.argv[2], die), print)
"""


def test_what_a_killed_build_left_is_not_taken_for_finished(tmp_path: Path) -> None:
    program = [sys.executable, "-c", KILLED_WHILE_BUILDING, str(tmp_path), KEYS[0]]
    assert subprocess.run(program, timeout=60, check=False).returncode == -signal.SIGKILL
    assert names(tmp_path) == [".work-node"]
    path = have(tmp_path, Maker().entry(), quiet)
    assert names(tmp_path) == [path.name]
    assert [p.name for p in path.iterdir()] == ["content"]


def test_two_builders_at_once_build_once(tmp_path: Path) -> None:
    make, building, waiting = Maker(), threading.Event(), threading.Event()

    def slowly(work: Path) -> None:
        building.set()
        assert waiting.wait(10)
        make(work)

    first = threading.Thread(target=have, args=(tmp_path, Entry("node", KEYS[0], slowly), quiet))
    first.start()
    assert building.wait(10)
    told: list[str] = []

    def report(line: str) -> None:
        told.append(line)
        waiting.set()

    have(tmp_path, make.entry(), report)
    first.join(60)
    assert not first.is_alive()
    assert make.made == 1
    assert told == ["node: waiting for another process that builds it"]


def test_the_last_used_entries_are_kept(tmp_path: Path) -> None:
    make = Maker()
    paths = [have(tmp_path, make.entry(key), quiet) for key in KEYS[:3]]
    other = have(tmp_path, make.entry(name="node-base"), quiet)
    for age, path in ((1, paths[0]), (3, paths[1]), (2, paths[2])):
        os.utime(path, (1e9 - age, 1e9 - age))
    newest = have(tmp_path, make.entry(KEYS[3]), quiet)
    assert names(tmp_path) == sorted(p.name for p in (paths[0], paths[2], newest, other))


def test_prune_spares_what_is_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make = Maker()
    keep, mounted, unused = (have(tmp_path, make.entry(key), quiet) for key in KEYS[:3])
    monkeypatch.setattr(stock, "_all_mounts", lambda: f"36 35 0:1 / /lab rw - overlay overlay lowerdir={mounted}/root")
    assert stock.prune(tmp_path, "node", [keep], quiet) == [unused]
    assert names(tmp_path) == sorted([keep.name, mounted.name])


def test_nothing_below_a_mount_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tree/proc").mkdir(parents=True)
    monkeypatch.setattr(stock, "_mount_points", lambda: iter([tmp_path / "tree/proc"]))
    with pytest.raises(stock.StillMounted):
        stock.remove(tmp_path / "tree")
    assert (tmp_path / "tree/proc").exists()


def test_keys_tell_parts_apart() -> None:
    assert key_of("ab", "c") != key_of("a", "bc")
    assert key_of("a") == key_of(b"a")
    assert len(key_of()) == stock.KEY_LENGTH


def test_file_keys_see_content_names_and_execute_bits(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("1")
    file.chmod(0o644)
    seen = {key_of_files(tmp_path, [file])}
    file.write_text("2")
    seen.add(key_of_files(tmp_path, [file]))
    file.chmod(0o755)
    seen.add(key_of_files(tmp_path, [file]))
    seen.add(key_of_files(tmp_path, [file.rename(tmp_path / "b")]))
    assert len(seen) == 4


def test_file_keys_do_not_depend_on_place_order_times_or_caches(tmp_path: Path) -> None:
    keys: list[str] = []
    for root in (tmp_path / "one", tmp_path / "two"):
        (root / "__pycache__").mkdir(parents=True)
        (root / "__pycache__/a.pyc").write_text(str(root))
        for name in ("a", "b"):
            (root / name).write_text(name)
            os.utime(root / name, (len(keys), len(keys)))
        found = stock.files_below(root)
        keys.append(key_of_files(root, reversed(found) if keys else found))
    assert keys[0] == keys[1]
