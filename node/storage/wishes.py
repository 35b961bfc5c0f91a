"""What has to hold on this node after every boot: mounts and lockspaces, in one small file."""

from pathlib import Path

import msgspec

from node.api.messages.leases import LockspaceRequest
from node.api.messages.mounts import MountRequest
from node.system.files import read_or_none, write_durable


class _File(msgspec.Struct, frozen=True, kw_only=True):
    mounts: dict[str, MountRequest] = {}
    lockspaces: dict[str, LockspaceRequest] = {}


class Wishes:
    """Kept at `path`, by name. Every change is on the disk before it counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        content = read_or_none(path)
        self._file = msgspec.json.decode(content, type=_File) if content else _File()

    @property
    def mounts(self) -> dict[str, MountRequest]:
        return dict(self._file.mounts)

    @property
    def lockspaces(self) -> dict[str, LockspaceRequest]:
        return dict(self._file.lockspaces)

    def wish_mount(self, request: MountRequest) -> None:
        self._keep(msgspec.structs.replace(self._file, mounts=self.mounts | {request.volume: request}))

    def drop_mount(self, volume: str) -> None:
        """The lockspaces on the volume go with it: they cannot be without it."""
        self._keep(
            _File(
                mounts={name: wish for name, wish in self.mounts.items() if name != volume},
                lockspaces={name: wish for name, wish in self.lockspaces.items() if wish.volume != volume},
            )
        )

    def wish_lockspace(self, request: LockspaceRequest) -> None:
        self._keep(msgspec.structs.replace(self._file, lockspaces=self.lockspaces | {request.name: request}))

    def drop_lockspace(self, lockspace: str) -> None:
        kept = {name: wish for name, wish in self.lockspaces.items() if name != lockspace}
        self._keep(msgspec.structs.replace(self._file, lockspaces=kept))

    def _keep(self, file: _File) -> None:
        if file != self._file:
            write_durable(self._path, msgspec.json.format(msgspec.json.encode(file), indent=2))
            self._file = file
