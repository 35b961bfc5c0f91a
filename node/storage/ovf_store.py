"""The VMs and templates that have disks on a storage domain, as OVF: one file each in a folder of it."""

from pathlib import Path

from node.api.messages.storage_domains import OvfFile, OvfStore, OvfStoreUpdate
from node.api.refusals import token
from node.system.files import read_or_none, sync_folder, write_durable

FOLDER = "ovf"
SUFFIX = ".ovf"


def read(domain: Path) -> OvfStore:
    """What is not written in UTF-8 is none of ours. Blocks."""
    files = []
    for path in sorted((domain / FOLDER).glob(f"*{SUFFIX}")):
        content = read_or_none(path)
        if content is not None:
            files.append(OvfFile(id=path.stem, text=content.decode(errors="replace")))
    return OvfStore(files=tuple(files))


def write(domain: Path, update: OvfStoreUpdate) -> None:
    """Each file is the old or the new one at any time; cut short in between it can be done again. Blocks."""
    folder = domain / FOLDER
    paths = {_path(folder, file.id): file.text for file in update.files}
    kept = {_path(folder, identity) for identity in update.ids} | paths.keys()
    if not folder.is_dir() and paths:
        folder.mkdir()
        sync_folder(domain)
    for path, text in paths.items():
        if read_or_none(path) != text.encode():
            write_durable(path, text)
    superfluous = [path for path in folder.glob(f"*{SUFFIX}") if path not in kept]
    for path in superfluous:
        path.unlink(missing_ok=True)
    if superfluous:
        sync_folder(folder)


def _path(folder: Path, identity: str) -> Path:
    return folder / f"{token('id', identity)}{SUFFIX}"
