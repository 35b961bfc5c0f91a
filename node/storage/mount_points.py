"""Where storage domains are mounted: a folder named by the domain's id, and links by which it is found otherwise."""

import os
from contextlib import suppress
from pathlib import Path

from node.api.messages.mounts import HOSTED_ENGINE
from node.api.refusals import token
from node.system.files import link, sync_folder


def mount_point(root: Path, storage_domain: str) -> Path:
    """A link is followed, and nothing else looked at: what is mounted there may not answer."""
    path = root / token("storage domain", storage_domain)
    try:
        return root / os.readlink(path)
    except OSError:
        return path


def real_path(root: Path, path: Path) -> Path:
    """A file on a storage domain, by whichever name of the domain, by its mount point."""
    if not path.is_relative_to(root) or path == root:
        return path
    name, *rest = path.relative_to(root).parts
    return mount_point(root, name).joinpath(*rest)


def adopt(root: Path, storage_domain: str, earlier: str) -> None:
    """Let a domain stay where an earlier version of Trivet mounted it, by the name of its Gluster volume: VMs run from
    there. Safe to repeat."""
    link(root / storage_domain, Path(earlier))
    sync_folder(root)


def name_hosted_engine(root: Path, storage_domain: str) -> None:
    """Let trivet-ha find this one. Safe to repeat."""
    path = root / HOSTED_ENGINE
    if mount_point(root, storage_domain) == path:
        return
    if not path.is_symlink():
        with suppress(OSError):
            path.rmdir()
    link(path, Path(storage_domain))
    sync_folder(root)


def remove(root: Path, storage_domain: str) -> None:
    """The empty folder and what leads to it."""
    where = mount_point(root, storage_domain)
    for path in root.iterdir() if root.is_dir() else ():
        if path.is_symlink() and mount_point(root, path.name) == where:
            path.unlink()
    with suppress(OSError):
        where.rmdir()
