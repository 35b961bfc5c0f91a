"""What a storage domain says of itself, in a file on its storage; and how storage becomes one, or is emptied again."""

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path, PurePosixPath

import msgspec

from node.api.messages.storage_domains import MetadataRequest, OvfStore, OvfStoreUpdate, StorageDomainMetadata
from node.api.problems import Failed
from node.api.refusals import StorageNotEmpty, StorageOfOther
from node.storage import layout, ovf_store
from node.system.files import read_or_none, sync_folder, write_durable
from node.system.threads import Threads

FILE = "storage-domain.json"
OWN = frozenset({FILE, "images", "leases", ovf_store.FOLDER})  # what a domain consists of
OF_FILE_SYSTEMS = frozenset({"lost+found", ".trashcan", ".glusterfs", ".shard", ".snapshot"})  # nobody's data
MOST_NAMED = 5


class MetadataUnusable(Failed):
    what = "What storage domain {storage_domain} is cannot be read"
    why = "{reason}"
    mend = f"Look at the file {FILE} on it"


class DomainMetadata:
    """`need` raises NotMounted for a storage domain."""

    def __init__(self, threads: Threads, *, volumes: Path, need: Callable[[str], Awaitable[None]]) -> None:
        self._threads = threads
        self._volumes = PurePosixPath(volumes)
        self._need = need

    async def domain_metadata(self, storage_domain: str) -> StorageDomainMetadata | None:
        folder = await self._folder(storage_domain)
        return await self._threads(_read, storage_domain, folder)

    async def write_domain_metadata(self, storage_domain: str, request: MetadataRequest) -> StorageDomainMetadata:
        folder = await self._folder(storage_domain)
        return await self._threads(_write, storage_domain, folder, request)

    async def ovf_store(self, storage_domain: str) -> OvfStore:
        folder = await self._folder(storage_domain)
        return await self._threads(ovf_store.read, folder)

    async def write_ovf_store(self, storage_domain: str, request: OvfStoreUpdate) -> None:
        folder = await self._folder(storage_domain)
        await self._threads(_write_ovf_store, storage_domain, folder, request)

    async def clear_domain(self, storage_domain: str) -> None:
        folder = await self._folder(storage_domain)
        await self._threads(_clear, storage_domain, folder)

    async def _folder(self, storage_domain: str) -> Path:
        folder = Path(layout.storage_domain(self._volumes, storage_domain))
        await self._need(storage_domain)
        return folder


def _read(storage_domain: str, folder: Path) -> StorageDomainMetadata | None:
    text = read_or_none(folder / FILE)
    try:
        return msgspec.json.decode(text, type=StorageDomainMetadata) if text is not None else None
    except msgspec.MsgspecError as err:
        raise MetadataUnusable(storage_domain=storage_domain, reason=str(err)) from err


def _write(storage_domain: str, folder: Path, request: MetadataRequest) -> StorageDomainMetadata:
    """What belongs to somebody else stays his."""
    found, metadata = _read(storage_domain, folder), request.metadata
    if found is not None and found.id != metadata.id:
        raise StorageOfOther(storage_domain=metadata.id, other=found.id, name=found.name)
    if found is None and not request.in_use and (foreign := _foreign(folder)):
        raise StorageNotEmpty(storage_domain=metadata.id, files=", ".join(foreign))
    if found != metadata:
        write_durable(folder / FILE, msgspec.json.format(msgspec.json.encode(metadata), indent=2) + b"\n")
    return metadata


def _write_ovf_store(storage_domain: str, folder: Path, request: OvfStoreUpdate) -> None:
    found = _read(storage_domain, folder)
    if found is not None and found.id != storage_domain:
        raise StorageOfOther(storage_domain=storage_domain, other=found.id, name=found.name)
    ovf_store.write(folder, request)


def _foreign(folder: Path) -> list[str]:
    names = sorted(entry.name for entry in folder.iterdir() if entry.name not in OF_FILE_SYSTEMS)
    names = [name for name in names if name != f".{FILE}.part"]  # of a write that was cut short
    return names[:MOST_NAMED] + (["…"] if len(names) > MOST_NAMED else [])


def _clear(storage_domain: str, folder: Path) -> None:
    """The file that says whose it is goes last: cut short in between, it can be done again."""
    found = _read(storage_domain, folder)
    if found is None:
        return
    if found.id != storage_domain:
        raise StorageOfOther(storage_domain=storage_domain, other=found.id, name=found.name)
    for name in sorted(OWN - {FILE}):
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)
    (folder / FILE).unlink()
    sync_folder(folder)
