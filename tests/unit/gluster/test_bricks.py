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
        raise OSError

    monkeypatch.setattr("gluster.bricks.os.removexattr", once)
    with pytest.raises(OSError):  # noqa: PT011
        bricks.clear(tmp_path, ())
    marks.install(monkeypatch)
    assert bricks.clear(tmp_path, ())
    assert list(marks) == ["user.other"]


def test_as_a_command_it_says_what_it_did(marks: Marks, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bricks.main(str(tmp_path), VOLUME) == bricks.HAS_DATA
    assert bricks.main(str(tmp_path)) == 0
    assert bricks.main(str(tmp_path)) == 0
    assert capsys.readouterr().out.splitlines() == ["it belongs to a volume of this pool", "yes", "no"]


def test_a_brick_in_use_is_never_touched(marks: Marks, tmp_path: Path) -> None:
    with pytest.raises(BrickHasData, match="volume of this pool"):
        bricks.clear(tmp_path, {VOLUME})
    assert len(marks) == 3


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert not bricks.clear(tmp_path / "nothing", ())
