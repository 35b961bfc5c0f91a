"""sanlock through the bindings that come with it."""

from collections.abc import Callable
from typing import TypeVar

import sanlock

from node.storage.sanlock import SanlockFailed, parse_leader, reason
from node.system.process import CommandFailed, Run

T = TypeVar("T")
READ_S = 15.0


class SanlockDaemon:
    """Implements node.storage.sanlock.Sanlock."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def write_lockspace(self, lockspace: str, path: str, io_timeout_s: int) -> None:
        name = lockspace.encode()
        _do("write the lockspace", lambda: sanlock.write_lockspace(name, path, iotimeout=io_timeout_s))

    def is_joined(self, lockspace: str, host_id: int, path: str) -> bool:
        return _do("tell about the lockspace", lambda: sanlock.inq_lockspace(lockspace.encode(), host_id, path) is True)

    def join(self, lockspace: str, host_id: int, path: str, io_timeout_s: int) -> None:
        name = lockspace.encode()
        _do("join the lockspace", lambda: sanlock.add_lockspace(name, host_id, path, iotimeout=io_timeout_s))

    def leave(self, lockspace: str, host_id: int, path: str) -> None:
        name = lockspace.encode()
        _do("leave the lockspace", lambda: sanlock.rem_lockspace(name, host_id, path, unused=True))

    def write_resource(self, lockspace: str, resource: str, path: str) -> None:
        names = (lockspace.encode(), resource.encode())
        _do("write the lease", lambda: sanlock.write_resource(*names, [(path, 0)]))

    def owners(self, lockspace: str, resource: str, path: str) -> tuple[int, ...]:
        names = (lockspace.encode(), resource.encode())
        found = _do("tell who holds the lease", lambda: sanlock.read_resource_owners(*names, [(path, 0)]))
        return tuple(int(owner["host_id"]) for owner in found)

    def last_owner(self, lockspace: str, resource: str, path: str) -> int:
        where = f"{lockspace}:{resource}:{path}:0"  # the bindings tell of owners only while they have it
        try:
            said = self._run("sanlock", "direct", "read_leader", "-r", where, timeout_s=READ_S)
            return int(parse_leader(said)["owner_id"])
        except (CommandFailed, KeyError, ValueError) as err:
            raise SanlockFailed(act="tell who had the lease last", reason=str(err)) from err


def _do(act: str, ask: Callable[[], T]) -> T:
    try:
        return ask()
    except sanlock.SanlockException as err:
        raise SanlockFailed(act=act, reason=reason(*err.args)) from err
