"""Frees folders of this server: of the mark that a cut-short `volume create` leaves, of a brick that is not needed."""

import json
import os
import shutil
import stat
import sys
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

from gluster.errors import BrickHasData
from gluster.state import BrickFolder

_VOLUME_ID = "trusted.glusterfs.volume-id"
_MARKS = ("trusted.gfid", _VOLUME_ID)  # the id goes last: cut short in between, the folder is still known as marked
_SKELETON = ".glusterfs"

HAS_DATA = 3  # exit status


def clear(path: Path, volume_ids: Collection[str]) -> bool:
    """Make the folder `path` usable as a brick again; False when there was nothing to clear.

    Raises BrickHasData when it holds files, marked or not, or belongs to one of `volume_ids`: Gluster would take
    somebody's files into the volume. Needs CAP_SYS_ADMIN: nobody else sees the marks.
    """
    owner = volume_id(path)
    if owner is None:
        if path.is_dir() and (reason := _why_not_empty(path)) is not None:
            raise BrickHasData(path=path, reason=reason)
        return False
    reason = "it belongs to a volume of this pool" if owner in volume_ids else _why_not_empty(path)
    if reason is not None:
        raise BrickHasData(path=path, reason=reason)
    shutil.rmtree(path / _SKELETON, ignore_errors=True)
    _take_marks_off(path)
    return True


def remove(path: Path, owner: str) -> bool:
    """Delete the brick at `path` with all that is on it; False when it is no brick of the volume with the id `owner`.

    The mark goes last, so that a removal that was cut short is known as such and can be done again.
    """
    if volume_id(path) != owner:
        return False
    for entry in path.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    _take_marks_off(path)
    with suppress(OSError):  # empty and unmarked it is as good as gone
        path.rmdir()
    return True


def _take_marks_off(path: Path) -> None:
    for mark in _MARKS:
        if mark in os.listxattr(path):
            os.removexattr(path, mark)


def observe_brick(path: Path) -> BrickFolder:
    """What the disk says of the brick at `path`. Needs CAP_SYS_ADMIN: to others every brick is without a mark."""
    there = next(one for one in (path, *path.parents) if one.exists())
    on_root = there.stat().st_dev == Path("/").stat().st_dev
    return BrickFolder(exists=path.is_dir(), on_root=on_root, volume_id=volume_id(path))


def observe_paths(paths: Iterable[str]) -> dict[str, BrickFolder]:
    """By path; without those that the disk cannot be asked about."""
    found = {}
    for path in paths:
        with suppress(OSError):
            found[path] = observe_brick(Path(path))
    return found


def volume_id(path: Path) -> str | None:
    """The id of the volume that `path` is or was a brick of; None when it is not there or not marked."""
    if not path.is_dir() or _VOLUME_ID not in os.listxattr(path):
        return None
    return str(UUID(bytes=os.getxattr(path, _VOLUME_ID)))


def _why_not_empty(path: Path) -> str | None:
    """Gluster's own folder holds a second link to every file: what lost its name may be somebody's data too."""
    files = sorted(entry.name for entry in path.iterdir() if entry.name != _SKELETON)
    if files:
        return f"it holds files, {files[0]} among them"
    for link in (path / _SKELETON).glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
        found = link.lstat()
        if stat.S_ISREG(found.st_mode) and found.st_size:
            return f"it holds the content of a file that has lost its name, {link.relative_to(path)}"
    return None


def main(act: str, path: str, *volume_ids: str) -> int:
    """`python -m gluster.bricks clear PATH [VOLUME_ID …]` or `remove PATH VOLUME_ID`, for callers without the
    privileges: prints yes, no or why not. `observe PATH …` prints in JSON what is there."""
    if act == "observe":
        sys.stdout.write(
            json.dumps({path: asdict(found) for path, found in observe_paths((path, *volume_ids)).items()})
        )
        return 0
    try:
        done = remove(Path(path), *volume_ids) if act == "remove" else clear(Path(path), volume_ids)
        sys.stdout.write("yes\n" if done else "no\n")
    except BrickHasData as err:
        sys.stdout.write(f"{err.text.why}\n")
        return HAS_DATA
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
