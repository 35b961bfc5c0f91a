"""Files that survive a power cut: written beside, flushed, renamed, and the folder flushed too."""

import os
from pathlib import Path


def write(path: Path, content: bytes | str, *, mode: int = 0o600) -> None:
    """Replace `path` at once: after a crash the old or the new content is there. Its folder is made (0700)."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Return when names made, renamed or removed in it are on the disk."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
