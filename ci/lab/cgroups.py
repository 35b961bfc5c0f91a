"""Gives each node a control group of its own: in a shared one the systemd of one node ends the services of another."""

import contextlib
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


def hierarchies(root: Path = ROOT) -> tuple[Path, ...]:
    """The hierarchies that systemd uses on this host: the one of cgroup 2, or two on a hybrid host."""
    if (root / "cgroup.controllers").exists():
        return (root,)
    return tuple(folder for folder in (root / "unified", root / "systemd") if folder.is_dir())


def enter(group: str, pid: int) -> None:
    for hierarchy in hierarchies():
        folder = hierarchy / group
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cgroup.procs").write_text(str(pid))


def members(group: str) -> set[int]:
    """Every process in the group and below it."""
    pids: set[int] = set()
    for hierarchy in hierarchies():
        for file in (hierarchy / group).glob("**/cgroup.procs"):
            with contextlib.suppress(OSError):
                pids |= {int(pid) for pid in file.read_text().split()}
    return pids - {0}


def remove(group: str) -> None:
    """Remove the group and all below it; what still holds processes stays."""
    for hierarchy in hierarchies():
        folders = [folder for folder in (hierarchy / group).glob("**") if folder.is_dir()]
        for folder in sorted(folders, key=lambda path: len(path.parts), reverse=True):
            with contextlib.suppress(OSError):
                folder.rmdir()
