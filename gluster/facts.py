"""Reads what only this server itself can say, from its own files: no gluster command, nothing that may hang."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from gluster import bricks, parse
from gluster.state import BrickFolder, ServerFacts

GLUSTERD_FOLDER = Path("/var/lib/glusterd")
MOUNTS_FILE = Path("/proc/self/mounts")

LookAt = Callable[[Collection[str]], Mapping[str, BrickFolder]]


def read_facts(
    look_at: LookAt = bricks.look_at, *, glusterd_folder: Path = GLUSTERD_FOLDER, mounts_file: Path = MOUNTS_FILE
) -> ServerFacts:
    """`look_at` gives the folders of bricks by their paths; it needs CAP_SYS_ADMIN (`gluster.bricks.look_at`)."""
    volumes = sorted(folder for folder in glusterd_folder.glob("vols/*") if (folder / "info").is_file())
    own = _pairs(glusterd_folder / "glusterd.info").get("UUID", "")
    paths = [path for folder in volumes for path in _own_bricks(folder, own)]
    return ServerFacts(
        folders=look_at(paths) if paths else {},
        configurations={folder.name: parse.without_secrets(_pairs(folder / "info")) for folder in volumes},
        mounts=parse.mounts(_text(mounts_file)),
    )


def _own_bricks(volume: Path, own_uuid: str) -> Iterator[str]:
    for file in sorted(volume.glob("bricks/*")):
        brick = _pairs(file)
        if own_uuid and brick.get("uuid") == own_uuid and "path" in brick:
            yield brick["path"]


def _pairs(file: Path) -> dict[str, str]:
    return parse.pairs(_text(file))


def _text(file: Path) -> str:
    """Empty when it is not there, or gone in this moment: glusterd puts new files in the places of old ones."""
    with suppress(OSError):
        return file.read_text(encoding="utf-8", errors="replace")
    return ""
