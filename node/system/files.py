"""Files that survive a power cut: written beside, flushed, renamed, and the folder flushed too."""

import os
from pathlib import Path


def write_durable(path: Path, content: bytes | str, mode: int = 0o600) -> None:
    """Replace `path` by `content` at once: after a crash the old or the new content is there, never a mixture."""
    data = content.encode() if isinstance(content, str) else content
    beside = path.with_name(f".{path.name}.part")
    beside.unlink(missing_ok=True)
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(fd, "wb") as file:
        os.fchmod(fd, mode)
        file.write(data)
        file.flush()
        os.fsync(fd)
    beside.rename(path)
    sync_folder(path.parent)


def link(path: Path, target: Path) -> None:
    """Make `path` a symbolic link to `target` at once, whatever it was."""
    beside = path.with_name(f".{path.name}.part")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.rename(path)


def sync_file(path: Path) -> None:
    """Return when what other programs wrote into `path` is on the disk."""
    _sync(path, os.O_RDONLY)


def sync_folder(path: Path) -> None:
    """Return when names made, renamed or removed in `path` are on the disk."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def read_or_none(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _sync(path: Path, flags: int) -> None:
    fd = os.open(path, flags)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
