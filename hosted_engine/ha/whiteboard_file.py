"""The whiteboard as a file on the engine volume: past all caches, a block at a time. Every call blocks."""

import contextlib
import mmap
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from hosted_engine.ha.whiteboard import (
    BadBlock,
    ClusterBlock,
    HostBlock,
    cluster_offsets,
    decode_cluster,
    decode_host,
    encode_cluster,
    encode_host,
    host_offset,
    latest,
)
from node.system.files import sync_folder

BLOCK = 4096
MOST_HOSTS = 2000  # of a lockspace
FULL_BELOW_BYTES = (
    16 << 20
)  # Gluster keeps a reserve back and does not count it; QEMU pauses at the first write that fails
NAME = "whiteboard"


class WhiteboardFile:
    """`path` lies in the folder of the site's files, which is there."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def make(self) -> None:
        """Make it unless it is there. It gets its name when it is whole; of several hosts that try at once one wins."""
        if self._path.exists():
            return
        part = self._path.with_name(f".{self._path.name}.{os.uname().nodename}.part")
        part.unlink(missing_ok=True)
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.ftruncate(fd, host_offset(MOST_HOSTS + 1, BLOCK))
            for offset in cluster_offsets(BLOCK):
                os.pwrite(fd, encode_cluster(ClusterBlock(sequence=1), BLOCK), offset)
            os.fsync(fd)
        finally:
            os.close(fd)
        with contextlib.suppress(FileExistsError):
            os.link(part, self._path)
        part.unlink()
        sync_folder(self._path.parent)

    def read_hosts(self, host_ids: Iterable[int]) -> dict[int, HostBlock | BadBlock]:
        """The blocks of these hosts; no others are looked at. OSError when the storage does not answer."""
        with self._open(os.O_RDONLY) as fd:
            return {host_id: decode_host(_read(fd, host_offset(host_id, BLOCK)), host_id) for host_id in host_ids}

    def read_cluster(self) -> ClusterBlock | BadBlock:
        with self._open(os.O_RDONLY) as fd:
            return latest(decode_cluster(_read(fd, offset)) for offset in cluster_offsets(BLOCK))

    def write_host(self, block: HostBlock) -> None:
        with self._open(os.O_WRONLY) as fd:
            _write(fd, encode_host(block, BLOCK), host_offset(block.host_id, BLOCK))

    def write_cluster(self, block: ClusterBlock) -> None:
        """One copy after the other: a power cut in between leaves one whole."""
        with self._open(os.O_WRONLY) as fd:
            for offset in cluster_offsets(BLOCK):
                _write(fd, encode_cluster(block, BLOCK), offset)

    def is_full(self) -> bool:
        """Whether the volume has no room worth speaking of."""
        space = os.statvfs(self._path)
        return space.f_bavail * space.f_frsize < FULL_BELOW_BYTES

    @contextlib.contextmanager
    def _open(self, flags: int) -> Iterator[int]:
        direct = os.O_DIRECT | (os.O_DSYNC if flags == os.O_WRONLY else 0)
        fd = os.open(self._path, flags | direct | os.O_CLOEXEC)
        try:
            yield fd
        finally:
            os.close(fd)


def _read(fd: int, offset: int) -> bytes:
    """Past the page cache a buffer has to be aligned, as an anonymous map is."""
    with mmap.mmap(-1, BLOCK) as buffer:
        length = os.preadv(fd, [buffer], offset)
        return buffer[:length]


def _write(fd: int, data: bytes, offset: int) -> None:
    with mmap.mmap(-1, BLOCK) as buffer:
        buffer[:] = data
        if os.pwritev(fd, [buffer], offset) != BLOCK:
            raise OSError(f"only a part of the block at {offset} was written")
