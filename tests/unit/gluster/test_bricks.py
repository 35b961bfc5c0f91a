"""Clearing the marks of a volume creation that was cut short."""

from pathlib import Path
from uuid import UUID

import pytest

from gluster import bricks
from gluster.errors import BrickHasData

VOLUME = "9447722a-8d47-46d0-b0eb-9b7e95ad9528"


class Marks(dict[str, bytes]):
    """Extended attributes of one folder; the real `trusted.` ones need root and a file system that has them."""

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gluster.bricks.os.listxattr", lambda path: list(self))
        monkeypatch.setattr("gluster.bricks.os.getxattr", lambda path, name: self[name])
        monkeypatch.setattr("gluster.bricks.os.removexattr", lambda path, name: self.pop(name))


@pytest.fixture
def marks(monkeypatch: pytest.MonkeyPatch) -> Marks:
    found = Marks({"trusted.glusterfs.volume-id": UUID(VOLUME).bytes, "trusted.gfid": b"x", "user.other": b"y"})
    found.install(monkeypatch)
    return found


def test_an_empty_marked_folder_is_cleared(marks: Marks, tmp_path: Path) -> None:
    (tmp_path / ".glusterfs" / "00").mkdir(parents=True)
    assert bricks.clear(tmp_path, ())
    assert list(tmp_path.iterdir()) == []
    assert list(marks) == ["user.other"]
    assert not bricks.clear(tmp_path, ())


def test_files_are_never_touched(marks: Marks, tmp_path: Path) -> None:
    (tmp_path / "disk.img").touch()
    with pytest.raises(BrickHasData, match=r"disk\.img"):
        bricks.clear(tmp_path, ())
    assert len(marks) == 3


def test_content_without_a_name_is_never_touched(marks: Marks, tmp_path: Path) -> None:
    folder = tmp_path / ".glusterfs" / "ab" / "cd"
    folder.mkdir(parents=True)
    (folder / "abcd-gfid").write_text("somebody's")
    with pytest.raises(BrickHasData, match="lost its name"):
        bricks.clear(tmp_path, ())
    assert len(marks) == 3


def test_cut_short_itself_it_is_done_again(marks: Marks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def once(path: Path, name: str) -> None:
        del marks[name]
        raise OSError("the disk is gone")

    monkeypatch.setattr("gluster.bricks.os.removexattr", once)
    with pytest.raises(OSError, match="the disk is gone"):
        bricks.clear(tmp_path, ())
    marks.install(monkeypatch)
    assert bricks.clear(tmp_path, ())
    assert list(marks) == ["user.other"]


def test_as_a_command_it_says_what_it_did(marks: Marks, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bricks.main("clear", str(tmp_path), VOLUME) == bricks.HAS_DATA
    assert bricks.main("clear", str(tmp_path)) == 0
    assert bricks.main("clear", str(tmp_path)) == 0
    assert capsys.readouterr().out.splitlines() == ["it belongs to a volume of this pool", "yes", "no"]


def test_a_brick_in_use_is_never_touched(marks: Marks, tmp_path: Path) -> None:
    with pytest.raises(BrickHasData, match="volume of this pool"):
        bricks.clear(tmp_path, {VOLUME})
    assert len(marks) == 3


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert not bricks.clear(tmp_path / "nothing", ())


def test_files_without_a_mark_would_be_taken_into_the_volume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Marks().install(monkeypatch)
    assert not bricks.clear(tmp_path, ())
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(BrickHasData, match=r"photo\.jpg"):
        bricks.clear(tmp_path, ())


@pytest.fixture
def brick(marks: Marks, tmp_path: Path) -> Path:
    """With a file, Gluster's second link to it, and a link that leads out of it."""
    path = tmp_path / "brick"
    (path / ".glusterfs" / "ab" / "cd").mkdir(parents=True)
    (path / "images").mkdir()
    (path / "images" / "disk").write_text("data")
    (path / ".glusterfs" / "ab" / "cd" / "abcd").hardlink_to(path / "images" / "disk")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "kept").touch()
    (path / "link").symlink_to(tmp_path / "outside")
    return path


def test_a_brick_goes_with_all_that_is_on_it_and_nothing_else(brick: Path, tmp_path: Path) -> None:
    assert bricks.remove(brick, VOLUME)
    assert not brick.exists()
    assert (tmp_path / "outside" / "kept").exists()
    assert not bricks.remove(brick, VOLUME)


def test_a_brick_of_another_volume_is_not_touched(brick: Path, marks: Marks) -> None:
    assert not bricks.remove(brick, "00000000-0000-4000-8000-000000000000")
    marks.clear()
    assert not bricks.remove(brick, VOLUME)
    assert (brick / "images" / "disk").read_text() == "data"


def test_a_removal_that_was_cut_short_is_done_again(brick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(path: Path) -> None:
        raise OSError("the disk is gone")

    with monkeypatch.context() as patched:
        patched.setattr("gluster.bricks.shutil.rmtree", die)
        with pytest.raises(OSError, match="the disk is gone"):
            bricks.remove(brick, VOLUME)
    assert bricks.main("remove", str(brick), VOLUME) == 0
    assert not brick.exists()
