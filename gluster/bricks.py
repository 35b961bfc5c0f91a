"""Clears the mark that a cut-short `volume create` leaves on a folder of this server, so that it can be tried again."""

import os
import shutil
from collections.abc import Collection
from pathlib import Path
from uuid import UUID

from gluster.errors import BrickHasData

_VOLUME_ID = "trusted.glusterfs.volume-id"
_MARKS = (_VOLUME_ID, "trusted.gfid")
_SKELETON = ".glusterfs"


def clear(path: Path, volume_ids: Collection[str]) -> bool:
    """Make the folder `path` usable as a brick again; False when there was nothing to clear.

    Raises BrickHasData when it holds files or belongs to one of `volume_ids`.
    """
    owner = volume_id(path)
    if owner is None:
        return False
    if owner in volume_ids:
        raise BrickHasData(path=path, reason="it belongs to a volume of this pool")
    files = sorted(entry.name for entry in path.iterdir() if entry.name != _SKELETON)
    if files:
        raise BrickHasData(path=path, reason=f"it holds files, {files[0]} among them")
    shutil.rmtree(path / _SKELETON, ignore_errors=True)
    for mark in _MARKS:
        if mark in os.listxattr(path):
            os.removexattr(path, mark)
    return True


def volume_id(path: Path) -> str | None:
    """The id of the volume that `path` is or was a brick of; None when it is not there or not marked."""
    if not path.is_dir() or _VOLUME_ID not in os.listxattr(path):
        return None
    return str(UUID(bytes=os.getxattr(path, _VOLUME_ID)))
