"""sanlock in memory, its areas in real files."""

import json
from pathlib import Path

from node.storage.sanlock import SanlockFailed


class FakeSanlock:
    """One node's daemon; nodes that share a volume share its files. `broken`: why everything fails."""

    def __init__(self) -> None:
        self.broken = ""
        self.joined: dict[str, int] = {}
        self.timeouts: dict[str, int] = {}
        self.in_use: set[str] = set()
        """Lockspaces of which somebody here holds a lease."""

    def write_lockspace(self, lockspace: str, path: str, io_timeout_s: int) -> None:
        self._check("write the lockspace")
        Path(path).write_text(json.dumps({"lockspace": lockspace, "io_timeout_s": io_timeout_s}))

    def is_joined(self, lockspace: str, host_id: int, path: str) -> bool:
        self._check("tell about the lockspace")
        return self.joined.get(lockspace) == host_id

    def join(self, lockspace: str, host_id: int, path: str, io_timeout_s: int) -> None:
        self._check("join the lockspace")
        if json.loads(Path(path).read_text())["lockspace"] != lockspace:
            raise SanlockFailed(act="join the lockspace", reason="not that lockspace")
        self.joined[lockspace], self.timeouts[lockspace] = host_id, io_timeout_s

    def leave(self, lockspace: str, host_id: int, path: str) -> None:
        self._check("leave the lockspace")
        if lockspace in self.in_use:
            raise SanlockFailed(act="leave the lockspace", reason="Device or resource busy")
        del self.joined[lockspace], self.timeouts[lockspace]

    def write_resource(self, lockspace: str, resource: str, path: str) -> None:
        self._check("write the lease")
        Path(path).write_text(json.dumps({"resource": resource, "owners": []}))

    def owners(self, lockspace: str, resource: str, path: str) -> tuple[int, ...]:
        self._check("tell who holds the lease")
        return tuple(json.loads(Path(path).read_text())["owners"])

    def last_owner(self, lockspace: str, resource: str, path: str) -> int:
        self._check("tell who had the lease last")
        return int(json.loads(Path(path).read_text()).get("last", 0))

    def take(self, path: Path, host_id: int) -> None:
        """A VM on host `host_id` takes the lease."""
        path.write_text(json.dumps(json.loads(path.read_text()) | {"owners": [host_id], "last": host_id}))

    def give_back(self, path: Path) -> None:
        """The VM that has the lease ends, or is paused."""
        path.write_text(json.dumps(json.loads(path.read_text()) | {"owners": []}))

    def _check(self, act: str) -> None:
        if self.broken:
            raise SanlockFailed(act=act, reason=self.broken)
