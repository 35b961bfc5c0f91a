"""Copies and checksums of large files and devices; what is told as written is on the disk."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from node.system.files import sync_folder

Meter = Callable[[int], None]
"""Is told the bytes done so far; raises to stop."""

_CHUNK = 4 << 20
_FLUSH_EVERY = 64 << 20


def sha256_of(path: Path, size_bytes: int, meter: Meter) -> str:
    """Of the first `size_bytes` of a file or device, in hexadecimal digits."""
    found = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        done = 0
        for chunk in _chunks(file.fileno(), size_bytes):
            found.update(chunk)
            done += len(chunk)
            meter(done)
    return found.hexdigest()


def write_device(source: Path, device: Path, meter: Meter) -> None:
    """Copy a file to the start of a device that nobody uses; the kernel keeps nothing of it, so that reading it back
    asks the disk. Raises OSError."""
    _copy(source, device, os.O_WRONLY | os.O_EXCL, meter)


def copy_file(source: Path, target: Path, meter: Meter) -> None:
    """Copy a file into a folder, readable by all: it is there whole or not at all."""
    beside = target.with_name(f".{target.name}.part")
    beside.unlink(missing_ok=True)
    _copy(source, beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, meter)
    beside.chmod(0o644)
    beside.rename(target)
    sync_folder(target.parent)


def _copy(source: Path, target: Path, flags: int, meter: Meter) -> None:
    size = source.stat().st_size
    done = flushed = 0
    meter(0)
    fd = os.open(target, flags, 0o644)
    try:
        with source.open("rb", buffering=0) as file:
            for chunk in _chunks(file.fileno(), size):
                _write_all(fd, chunk)
                done += len(chunk)
                if done - flushed >= _FLUSH_EVERY:
                    os.fdatasync(fd)
                    flushed = done
                    meter(done)
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(fd)
    meter(done)


def _chunks(fd: int, size_bytes: int) -> Iterator[bytes]:
    """Raises OSError when there are fewer bytes."""
    left = size_bytes
    while left > 0:
        chunk = os.read(fd, min(_CHUNK, left))
        if not chunk:
            raise OSError(f"it ends {left} bytes too early")
        yield chunk
        left -= len(chunk)


def _write_all(fd: int, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(fd, rest) :]
