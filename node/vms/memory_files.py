"""Files with the memory of VMs on storage domains: durable, and readable by the host's root alone."""

from pathlib import Path

from node.system.files import sync_file, sync_folder


def make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def sync_memory(path: Path) -> None:
    sync_file(path)
    sync_folder(path.parent)
