"""The files of an image: itself, what is being made or wiped of it beside it, its note, and its folder."""

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from node.api.messages.images import (
    Contents,
    ImageFormat,
)
from node.storage import formats
from node.system.files import sync_file, sync_folder

MOST_FILES = 1000  # in one answer


def fresh_part(path: Path) -> Path:
    """The file beside; what a crash left of it goes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    return part


def copies(path: Path) -> Iterator[Path]:
    """What is being copied into the image, by this node or others; each has a name of its own."""
    return path.parent.glob(f"{path.name}.*.part")


def finish(part: Path, path: Path, form: ImageFormat) -> None:
    sync_file(part)
    formats.note(path, form)
    part.rename(path)
    sync_folder(path.parent)


def path_while_wiped(path: Path) -> Path:
    """What an image is called while it is wiped."""
    return path.with_name(f"{path.name}.wipe")


def wipe_progress(path: Path) -> Path:
    """How far that has come."""
    return path.with_name(f"{path.name}.wiped")


def contents_below(root: Path) -> Contents:
    files = (Path(folder, name) for folder, _, names in os.walk(root, onerror=_raise) for name in names)
    found = tuple(str(path.relative_to(root)) for path in islice(files, MOST_FILES + 1))
    return Contents(files=found[:MOST_FILES], more=len(found) > MOST_FILES)


def _raise(err: OSError) -> None:
    """A folder that cannot be read is not an empty one."""
    raise err


def remove_files(path: Path) -> None:
    """The image, what was being made or is left of it, its note, and the disk's folder once it is empty."""
    part = path.with_name(f"{path.name}.part")
    for file in (path, part, *copies(path), path_while_wiped(path), wipe_progress(path), formats.file(path)):
        file.unlink(missing_ok=True)
    with suppress(OSError):
        path.parent.rmdir()
