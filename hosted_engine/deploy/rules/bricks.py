"""Which folders of a node may be bricks. Pure."""

import re
from pathlib import PurePosixPath

MAX_PATH = 180  # Gluster names a file `<host>-<path>.pid`, and a file's name may have 255 characters

_SYSTEM_FOLDERS = "bin boot dev efi etc lib lib32 lib64 libx32 lost+found proc root run sbin state sys tmp usr var"
_SYSTEM = tuple(PurePosixPath("/", name) for name in _SYSTEM_FOLDERS.split())
_SHARED = frozenset(map(PurePosixPath, ("/bricks", "/home", "/media", "/mnt", "/opt", "/srv")))
_OF_GLUSTER = (".glusterfs", ".trashcan")
_ODD = re.compile(r"[^A-Za-z0-9_./-]")


def why_not_brick(text: str) -> str | None:
    """The rule for the folder of a brick: its own path, written plainly, away from the system."""
    return _why_not_plain(text) or _why_not_place(PurePosixPath(text))


def why_not_both(one: str, other: str) -> str | None:
    """Why bricks at `one` and `other` cannot be on one node, as the rest of a sentence that begins with `one`."""
    here, there = _parts(one), _parts(other)
    if here == there:
        return "is there twice"
    if here[: len(there)] == there:
        return f"lies in {other}"
    return f"holds {other}" if there[: len(here)] == here else None


def _why_not_plain(text: str) -> str | None:
    if not text.startswith("/"):
        return "is no absolute path: it has to begin with /"
    if (odd := _ODD.search(text)) is not None:
        return f"holds {odd[0]!a}: letters, digits and _ . - / are allowed"
    if len(text) > MAX_PATH:
        return f"is longer than {MAX_PATH} characters"
    if text == "/":
        return "is the root of the file system"
    parts = text[1:].split("/")
    if "." in parts or ".." in parts:
        return "holds . or ..: write where it really lies"
    if "" in parts:
        return f"has a / too many: write /{'/'.join(filter(None, parts))}"
    return None


def _why_not_place(path: PurePosixPath) -> str | None:
    for system in _SYSTEM:
        if path.is_relative_to(system):
            return f"is a folder of the system ({system}), and a brick has a file system made for it"
    if path in _SHARED:
        return "is a folder of the system: give a folder in it"
    own = next((name for name in _OF_GLUSTER if name in path.parts), None)
    return f"lies in {own}, where Gluster keeps what belongs to a brick" if own is not None else None


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split("/") if part)
