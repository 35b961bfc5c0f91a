"""What counts as done was overwritten and flushed, and what is done is not done again."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from node.storage import wiping

PIECE = 64 << 10
SIZE = 5 * PIECE + 100


class Disk:
    """The system calls that change a file; `written` says how many bytes were overwritten."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.written = 0
        self._write = os.pwrite
        monkeypatch.setattr(os, "pwrite", self.pwrite)
        monkeypatch.setattr(wiping, "PIECE", PIECE)
        monkeypatch.setattr(wiping, "ZEROS", bytes(10_000))

    def pwrite(self, fd: int, data: memoryview, at: int) -> int:
        """No more than a part at a time, as the kernel may."""
        count = self._write(fd, data[:5000], at)
        self.written += count
        return count


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "image"
    path.write_bytes(b"secret" * (SIZE // 6 + 1))
    os.truncate(path, SIZE)
    return path


def never() -> bool:
    return False


def after(checks: int) -> Callable[[], bool]:
    """The time is up at the look after so many."""
    answers = iter([False] * checks + [True])
    return lambda: next(answers)


def wipe(file: Path, is_time_up: Callable[[], bool] = never) -> int:
    return wiping.wipe(file, file.with_name("note"), is_time_up=is_time_up)


def test_all_of_a_file_is_overwritten(disk: Disk, file: Path) -> None:
    assert wipe(file) == 0
    assert file.read_bytes() == bytes(SIZE)


def test_it_goes_on_where_the_time_was_up(disk: Disk, file: Path) -> None:
    assert wipe(file, after(0)) == SIZE
    assert wipe(file, after(2)) == SIZE - 2 * PIECE
    assert file.read_bytes()[: 2 * PIECE] == bytes(2 * PIECE)
    assert file.read_bytes()[2 * PIECE :].startswith((b"secret", b"ecret", b"cret", b"ret", b"et", b"t"))
    assert wipe(file) == 0
    assert (file.read_bytes(), disk.written) == (bytes(SIZE), SIZE)
    assert wipe(file) == 0
    assert disk.written == SIZE


def test_what_could_not_be_flushed_is_done_again(disk: Disk, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(fd: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="Input/output"):
            wipe(file)
    file.write_bytes(b"s" * SIZE)  # as after a power cut
    assert wipe(file) == 0
    assert file.read_bytes() == bytes(SIZE)


@pytest.mark.parametrize("note", [b"", b"half", b"-5", b"\xff"])
def test_a_note_that_cannot_be_read_counts_for_nothing(disk: Disk, file: Path, note: bytes) -> None:
    file.with_name("note").write_bytes(note)
    assert wipe(file) == 0
    assert file.read_bytes() == bytes(SIZE)


@pytest.mark.parametrize("number", [None, errno.EOPNOTSUPP, errno.EINVAL])
def test_holes_are_not_filled(disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int | None) -> None:
    """Gluster with shards does not know them (EOPNOTSUPP)."""

    def fail(fd: int, at: int, whence: int) -> int:
        raise OSError(number, os.strerror(number or 0))

    if number is not None:
        monkeypatch.setattr(os, "lseek", fail)
    path = tmp_path / "sparse"
    with path.open("wb") as sparse:
        sparse.truncate(SIZE)
        for piece in (0, 2):
            os.pwrite(sparse.fileno(), b"x" * 4096, piece * PIECE + 8192)
    disk.written = 0
    assert wipe(path) == 0
    assert path.read_bytes() == bytes(SIZE)
    assert disk.written <= 4 * len(wiping.ZEROS)
