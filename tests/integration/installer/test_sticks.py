"""Answers on a stick are found by its label, and no link leads out of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.fetching import NotFetched, NotYet, fetch
from installer.sources import LabelSource
from node.system.process import run
from tests.integration.installer.bench import needs_loop_devices

pytestmark = needs_loop_devices
TEXT = b'[machine]\nhost_name = "node1"\n'


def reason(label: str, file: str, dev_disk: Path, kind: type[NotFetched] = NotFetched) -> str:
    with pytest.raises(kind) as caught:
        fetch(LabelSource(label, file), run, wait_s=0, dev_disk=dev_disk)
    return caught.value.text.why


@pytest.fixture
def stick(tmp_path: Path) -> Iterator[Path]:
    """A folder like /dev/disk, in which ANSWERS is the label of an ext4 file system with two files."""
    image, place = tmp_path / "stick", tmp_path / "at"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(8 << 20)
    run("mkfs.ext4", "-q", "-L", "ANSWERS", str(image))
    run("mount", "-o", "loop", str(image), str(place))
    (place / "answers.toml").write_bytes(TEXT)
    (place / "nodes").mkdir()
    (place / "nodes/b.toml").write_bytes(b"b")
    (place / "out").symlink_to("/etc/hostname")
    run("umount", str(place))
    device = run("losetup", "--find", "--show", "--read-only", str(image)).strip()
    labels = tmp_path / "disk/by-label"
    labels.mkdir(parents=True)
    (labels / "ANSWERS").symlink_to(device)
    try:
        yield tmp_path / "disk"
    finally:
        run("losetup", "--detach", device)


def test_files_on_what_has_the_label(stick: Path) -> None:
    assert fetch(LabelSource("ANSWERS"), run, wait_s=0, dev_disk=stick) == TEXT
    assert fetch(LabelSource("answers", "nodes/b.toml"), run, wait_s=0, dev_disk=stick) == b"b"
    assert "there is no file c.toml" in reason("ANSWERS", "c.toml", stick)
    assert "there is no file out" in reason("ANSWERS", "out", stick)
    assert "there is no file nodes" in reason("ANSWERS", "nodes", stick)
    assert "has the label OTHER" in reason("OTHER", "answers.toml", stick, NotYet)


def test_what_holds_no_file_system(stick: Path, tmp_path: Path) -> None:
    blank = tmp_path / "blank"
    blank.write_bytes(bytes(1 << 20))
    (stick / "by-partlabel").mkdir()
    (stick / "by-partlabel/BLANK").symlink_to(blank)
    assert "a file system that is not read here (none)" in reason("BLANK", "answers.toml", stick)
