"""A program of its own: mounts a file system read-only, where nobody else sees it, and reads what is asked for.

`unshare --mount python inside_of_disk.py /dev/sda1 xfs` looks for bricks of Gluster and writes a JSON list of objects
with folder, volume_id and volume. The mark of a brick is an extended attribute of its folder, which may be the root or
two levels deeper; xfs_db and debugfs read those only where they are short and lie well. With a path as third argument
it writes that file, as JSON in base64. The journal is not played back, so nothing is written; this process alone sees
the mount, which ends with it.
"""

import base64
import ctypes
import json
import os
import re
import sys
import uuid

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 1 << 14, 1 << 18
OPTIONS = {"xfs": "norecovery,nouuid", "ext4": "noload", "ext3": "noload", "ext2": "", "vfat": "", "iso9660": ""}
PLACE = "/mnt"
DEPTH, MAX_FOLDERS = 2, 500
MAX_FILE = 1_000_000
MARK = "trusted.glusterfs.volume-id"

_AFR = re.compile(r"trusted\.afr\.(.+)-client-[0-9]+")


def main(device: str, file_system: str, file: str = "") -> None:
    if file_system not in OPTIONS:
        sys.exit(f"{device} has a file system that is not read here ({file_system or 'none'})")
    _mount(None, "/", None, MS_REC | MS_PRIVATE, None)
    flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC
    _mount(device, PLACE, file_system, flags, OPTIONS[file_system])
    found = _file(file) if file else [brick for folder in _folders(PLACE) if (brick := _brick(folder))]
    json.dump(found, sys.stdout)


def _file(name: str) -> str:
    """No link may lead out of the file system."""
    path = os.path.realpath(os.path.join(PLACE, name))
    if not path.startswith(f"{PLACE}/") or not os.path.isfile(path):
        sys.exit(f"there is no file {name}")
    with open(path, "rb") as file:
        content = file.read(MAX_FILE + 1)
    return base64.b64encode(content).decode() if len(content) <= MAX_FILE else sys.exit(f"{name} is far too long")


def _folders(top: str) -> list[str]:
    """`top` and what is in it, the upper ones first, down to DEPTH and up to MAX_FOLDERS."""
    found, level = [top], [top]
    for _ in range(DEPTH):
        level = [inner for folder in level[: MAX_FOLDERS - len(found)] for inner in _inner(folder)]
        found += level
    return found[:MAX_FOLDERS]


def _inner(folder: str) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(e.path for e in entries if e.name != ".glusterfs" and e.is_dir(follow_symlinks=False))


def _brick(folder: str) -> dict[str, str] | None:
    names = os.listxattr(folder)
    if MARK not in names:
        return None
    volumes = [found[1] for name in names if (found := _AFR.fullmatch(name))]
    return {
        "folder": folder.removeprefix(PLACE) or "/",
        "volume_id": str(uuid.UUID(bytes=os.getxattr(folder, MARK)[:16].ljust(16, b"\0"))),
        "volume": volumes[0] if volumes else "",
    }


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None) -> None:
    """mount(2): mount(8) may be told otherwise by fstab, and starts helpers."""
    texts = [text.encode() if text is not None else None for text in (source, target, kind, options)]
    if ctypes.CDLL(None, use_errno=True).mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3]):
        error = ctypes.get_errno()
        sys.exit(f"{source} cannot be mounted: {os.strerror(error)}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except OSError as err:
        sys.exit(f"{err.filename or sys.argv[1]}: {err.strerror}")
