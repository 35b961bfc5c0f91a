"""Reads what only this server itself can say, from its own files: no gluster command, nothing that may hang."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from gluster import bricks, parse
from gluster.state import BrickFolder, ServerFacts

GLUSTERD_FOLDER = Path("/var/lib/glusterd")
MOUNTS_FILE = Path("/proc/self/mounts")

ObservePaths = Callable[[Collection[str]], Mapping[str, BrickFolder]]


def read_facts(
    observe_paths: ObservePaths = bricks.observe_paths,
    *,
    glusterd_folder: Path = GLUSTERD_FOLDER,
    mounts_file: Path = MOUNTS_FILE,
) -> ServerFacts:
    """`observe_paths` gives the folders of bricks by their paths; it needs CAP_SYS_ADMIN
    (`gluster.bricks.observe_paths`)."""
    volumes = sorted(folder for folder in glusterd_folder.glob("vols/*") if (folder / "info").is_file())
    own = _pairs(glusterd_folder / "glusterd.info").get("UUID", "")
    paths = [path for folder in volumes for path in _own_bricks(folder, own)]
    return ServerFacts(
        folders=observe_paths(paths) if paths else {},
        configurations={folder.name: parse.without_secrets(_pairs(folder / "info")) for folder in volumes},
        mounts=parse.mounts(_text(mounts_file)),
    )


def connected_bricks(mounts_file: Path = MOUNTS_FILE) -> dict[str, bool]:
    """Whether each mount here is connected with each of its bricks, by the path of what says so below `.meta`. That
    comes from the process of the mount alone: it costs a millisecond, asks nobody, and answers without any brick."""
    found = {}
    for _, point in parse.mount_points(_text(mounts_file)):
        with suppress(OSError):  # the mount is dead: what it was connected with is not there any more
            for file in sorted(Path(point).glob(".meta/graphs/active/*-client-*/private")):
                found[str(file)] = parse.is_connected(_text(file))
    return found


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
