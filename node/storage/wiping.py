"""Overwrites a file before it is removed. How far it has come stands beside the file, for whoever goes on after an
interruption, on whichever node."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from node.system.files import read_or_none, write_durable

PIECE = 64 << 20
ZEROS = bytes(4 << 20)


def wipe(path: Path, note: Path, *, is_time_up: Callable[[], bool]) -> int:
    """Zeros over what the file holds, on the disk before they count; how many bytes are left when the time is up. What
    it never held, its holes, is passed over. Raises OSError.

    Nothing is cut off it meanwhile: GlusterFS 11.1, told to cut an image where one of its shards ends, empties that
    shard, too, and what was in it is not overwritten."""
    fd = os.open(path, os.O_RDWR)
    try:
        size, done = os.fstat(fd).st_size, _noted(note)
        while done < size and not is_time_up():
            until = min(size, done + PIECE)
            for begin, end in _data_ranges(fd, done, until):
                _overwrite(fd, begin, end)
            os.fsync(fd)
            write_durable(note, f"{until}\n")
            done = until
        return max(0, size - done)
    finally:
        os.close(fd)


def _noted(note: Path) -> int:
    text = (read_or_none(note) or b"").strip()
    return int(text) if text.isdigit() else 0


def _data_ranges(fd: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts between that may hold something."""
    while start < end:
        try:
            begin = os.lseek(fd, start, os.SEEK_DATA)
            hole = os.lseek(fd, begin, os.SEEK_HOLE)
        except OSError as err:
            if err.errno != errno.ENXIO:  # which says that there is none behind `start`
                yield from _read(fd, start, end)
            return
        if begin < end:
            yield begin, min(hole, end)
        start = hole


def _read(fd: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    """As `_data_ranges`, where the file system does not know its holes, as Gluster with shards: they read as zeros, and
    to write them would take room that the volume may not have."""
    for begin in range(start, end, len(ZEROS)):
        until = min(end, begin + len(ZEROS))
        if os.pread(fd, until - begin, begin) != ZEROS[: until - begin]:
            yield begin, until


def _overwrite(fd: int, begin: int, end: int) -> None:
    while begin < end:
        begin += os.pwrite(fd, memoryview(ZEROS)[: end - begin], begin)
