"""The store of finished images: one folder per image and key of its inputs, made at a stroke or not at all.

An entry is built in a working folder beside it and renamed when it is finished, and renamed away before it is removed;
what a killed process left is cleared by the next one that holds the lock of that image, and a second process waits for
the first.
"""

import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from node.api.problems import Refused

KEY_LENGTH = 16
MAX_ENTRIES = 3  # of each name, for going back and forth between branches without building

Report = Callable[[str], None]  # told one line per step of a build


class StillMounted(Refused):
    what = "Cannot clear {path}"
    why = "something is mounted at {mount}"
    mend = "Unmount it and try again"


def key_of(*parts: str | bytes) -> str:
    """The key of an image: changes when any part does, and when a byte moves from one part to the next."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:KEY_LENGTH]


def key_of_files(root: Path, files: Iterable[Path]) -> str:
    """The key of the content, the relative names and the execute bits of some files; their order does not matter."""
    parts: list[str | bytes] = []
    for path in sorted(set(files)):
        mark = f"link {path.readlink()}" if path.is_symlink() else f"{path.stat().st_mode & 0o100:o}"
        parts += [str(path.relative_to(root)), mark, b"" if path.is_symlink() else path.read_bytes()]
    return key_of(*parts)


def files_below(folder: Path) -> list[Path]:
    """Every file below a folder but what Python leaves behind."""
    return [p for p in folder.rglob("*") if not p.is_dir() and "__pycache__" not in p.parts]


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of image with the key of its present inputs; `make` fills an empty folder, which becomes the entry."""

    name: str
    key: str
    make: Callable[[Path], None]

    @property
    def folder(self) -> str:
        return f"{self.name}-{self.key}"


def have(store: Path, entry: Entry, report: Report) -> Path:
    """The finished entry, built when it is not there."""
    path = store / entry.folder
    if not path.is_dir():
        with _lock(store, entry.name, report):
            if not path.is_dir():
                _build(store, entry, path)
                _remove_unused(store, entry.name, wanted={path, *_newest(store, entry.name)})
    os.utime(path)
    return path


def prune(store: Path, name: str, wanted: Iterable[Path], report: Report) -> list[Path]:
    """Remove every entry of that name but those to keep and those that something on this machine stands on."""
    with _lock(store, name, report):
        return _remove_unused(store, name, wanted)


def entries(store: Path, name: str) -> list[Path]:
    """The finished entries of that name, the last used first."""
    pattern = re.compile(rf"{re.escape(name)}-[0-9a-f]{{{KEY_LENGTH}}}")
    found = [path for path in store.iterdir() if pattern.fullmatch(path.name)] if store.is_dir() else []
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def _newest(store: Path, name: str) -> list[Path]:
    return entries(store, name)[:MAX_ENTRIES]


def _remove_unused(store: Path, name: str, wanted: Iterable[Path]) -> list[Path]:
    stays = set(wanted)
    mounts = _all_mounts()
    unused = [path for path in entries(store, name) if path not in stays and path.name not in mounts]
    for path in unused:
        path.rename(store / f".work-{name}")
        _clear_leftovers(store, name)
    return unused


def _all_mounts() -> str:
    """What is mounted anywhere on this machine: an overlay names its layers, a bind mount what it shows."""
    texts = []
    for path in Path("/proc").glob("[0-9]*/mountinfo"):
        with suppress(OSError):  # the process has ended meanwhile
            texts.append(path.read_text())
    return "\n".join(texts)


def _build(store: Path, entry: Entry, path: Path) -> None:
    work = store / f".work-{entry.name}"
    umask = os.umask(0o022)  # a tree is read by every user of the machine made from it
    try:
        work.mkdir()
        entry.make(work)
    except BaseException:
        remove(work)
        raise
    finally:
        os.umask(umask)
    work.rename(path)


def _clear_leftovers(store: Path, name: str) -> None:
    work = store / f".work-{name}"
    if work.exists():
        remove(work)


def remove(path: Path) -> None:
    """Remove a folder of the store. Raises StillMounted rather than follow a mount out of it."""
    for mount in _mount_points():
        if mount == path or path in mount.parents:
            raise StillMounted(path=path, mount=mount)
    shutil.rmtree(path)


def _mount_points() -> Iterator[Path]:
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        yield Path(line.split(" ")[4].replace("\\040", " "))


@contextmanager
def _lock(store: Path, name: str, report: Report) -> Iterator[None]:
    """Alone with the entries of that name, and nothing half-made or half-removed among them."""
    store.mkdir(parents=True, exist_ok=True)
    with (store / f".lock-{name}").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report(f"{name}: waiting for another process that builds it")
            fcntl.flock(file, fcntl.LOCK_EX)
        _clear_leftovers(store, name)
        yield
