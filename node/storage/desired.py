"""What this node has to have after every boot: mounts and lockspaces, in one small file."""

import logging
from pathlib import Path

import msgspec

from node.api.messages.leases import LockspaceRequest
from node.api.messages.mounts import MountRequest
from node.storage.earlier import with_storage_domains
from node.system.files import read_or_none, write_durable

log = logging.getLogger(__name__)

NAME = "wishes.json"  # in the node's own folder; nodes that were installed earlier have it under this name


class _File(msgspec.Struct, frozen=True, kw_only=True):
    mounts: dict[str, MountRequest] = {}
    lockspaces: dict[str, LockspaceRequest] = {}


class DesiredStorage:
    """Stored at `path`: mounts by storage domain, lockspaces by name. Every change is on the disk before it counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        content = read_or_none(path)
        self._file = _read_or_set_aside(path, content) if content else _File()

    @property
    def mounts(self) -> dict[str, MountRequest]:
        return dict(self._file.mounts)

    @property
    def lockspaces(self) -> dict[str, LockspaceRequest]:
        return dict(self._file.lockspaces)

    def set_mount(self, request: MountRequest) -> None:
        self._save(msgspec.structs.replace(self._file, mounts=self.mounts | {request.storage_domain: request}))

    def drop_mount(self, storage_domain: str) -> None:
        """The lockspaces on it go with it: they cannot be without it."""
        self._save(
            _File(
                mounts={name: entry for name, entry in self.mounts.items() if name != storage_domain},
                lockspaces={
                    name: entry for name, entry in self.lockspaces.items() if entry.storage_domain != storage_domain
                },
            )
        )

    def rename_mount(self, earlier: str, request: MountRequest) -> None:
        """What was desired by an earlier name, its lockspaces too, is by that of `request`."""
        others = {name: entry for name, entry in self.mounts.items() if name != earlier}
        self._save(
            _File(
                mounts=others | {request.storage_domain: request},
                lockspaces={
                    name: msgspec.structs.replace(entry, storage_domain=request.storage_domain)
                    if entry.storage_domain == earlier
                    else entry
                    for name, entry in self.lockspaces.items()
                },
            )
        )

    def set_lockspace(self, request: LockspaceRequest) -> None:
        self._save(msgspec.structs.replace(self._file, lockspaces=self.lockspaces | {request.name: request}))

    def drop_lockspace(self, lockspace: str) -> None:
        remaining = {name: entry for name, entry in self.lockspaces.items() if name != lockspace}
        self._save(msgspec.structs.replace(self._file, lockspaces=remaining))

    def _save(self, file: _File) -> None:
        if file != self._file:
            write_durable(self._path, msgspec.json.format(msgspec.json.encode(file), indent=2))
            self._file = file
            damaged_file(self._path).unlink(missing_ok=True)


def damaged_file(path: Path) -> Path:
    """Where what could not be read lies, for people; there until the node has something to save again."""
    return path.with_name(f"{path.name}.damaged")


def _read_or_set_aside(path: Path, content: bytes) -> _File:
    """Nothing is desired where nobody can read what was: the engine sends it again."""
    try:
        return _read(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, TypeError, KeyError, AttributeError) as err:
        log.error("%s cannot be read and is set aside: nothing is mounted until the engine sends it (%s)", path, err)
        path.rename(damaged_file(path))
        return _File()


def _read(content: bytes) -> _File:
    try:
        return msgspec.json.decode(content, type=_File)
    except msgspec.ValidationError:
        return msgspec.convert(with_storage_domains(msgspec.json.decode(content)), type=_File)
