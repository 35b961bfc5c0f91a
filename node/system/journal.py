"""A journal of steps in a file of JSON lines, for whoever runs steps on a node."""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from node.steps import Entry
from node.system.files import sync_folder


class FileJournal:
    """Implements node.steps.Journal at `path`, which is made on the first write. One process writes at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries, self._good_bytes = _read(path)

    def entries(self) -> Sequence[Entry]:
        return tuple(self._entries)

    def write(self, entry: Entry) -> None:
        line = msgspec.json.encode(entry) + b"\n"
        is_new = not self._path.exists()
        fd = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.ftruncate(fd, self._good_bytes)  # a line torn by a power cut goes
            os.pwrite(fd, line, self._good_bytes)
            os.fsync(fd)
        finally:
            os.close(fd)
        if is_new:
            sync_folder(self._path.parent)
        self._entries.append(entry)
        self._good_bytes += len(line)

    def remove(self) -> None:
        """Forget the run: the next one begins from the start."""
        self._path.unlink(missing_ok=True)
        if self._path.parent.exists():
            sync_folder(self._path.parent)
        self._entries, self._good_bytes = [], 0


def _read(path: Path) -> tuple[list[Entry], int]:
    """The whole entries of the file and the length of the part that holds them."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return [], 0
    entries: list[Entry] = []
    good = 0
    for line in content.splitlines(keepends=True):
        if not line.endswith(b"\n"):
            break
        try:
            entries.append(msgspec.json.decode(line, type=Entry))
        except msgspec.MsgspecError:
            if good + len(line) < len(content):
                raise
            break  # the last line: its length was on the disk before its content
        good += len(line)
    return entries, good
