"""What leases ask of sanlock; its daemon is behind it on a node, memory in tests. Every call blocks."""

from typing import Protocol

from node.api.problems import Failed
from node.storage.causes import describe_errno


class SanlockFailed(Failed):
    what = "sanlock did not {act}"
    why = "{reason}"
    mend = "Look into /var/log/sanlock.log on this node, and whether sanlock runs"


def reason(*args: object) -> str:
    """The arguments of sanlock's own exception, its number first, as a text that names the cause."""
    output = " ".join(str(arg) for arg in args)
    return f"{describe_errno(abs(args[0]))} (sanlock says: {output})" if args and isinstance(args[0], int) else output


class Sanlock(Protocol):
    """Paths are files that belong to sanlock. Raises SanlockFailed."""

    def write_lockspace(self, lockspace: str, path: str, io_timeout_s: int) -> None: ...
    def is_joined(self, lockspace: str, host_id: int, path: str) -> bool: ...
    def join(self, lockspace: str, host_id: int, path: str, io_timeout_s: int) -> None:
        """Returns when the host id is held: seconds, and a minute or two after a power loss."""
        ...

    def leave(self, lockspace: str, host_id: int, path: str) -> None:
        """Give the host id back; fails while somebody here holds a lease of the lockspace."""
        ...

    def write_resource(self, lockspace: str, resource: str, path: str) -> None: ...
    def owners(self, lockspace: str, resource: str, path: str) -> tuple[int, ...]:
        """Host ids that hold the lease, dead ones too until somebody else takes it."""
        ...

    def last_owner(self, lockspace: str, resource: str, path: str) -> int:
        """The host id that took the lease last, whether it has it still; 0 when nobody ever did."""
        ...


def parse_leader(output: str) -> dict[str, str]:
    """The fields that `sanlock direct read_leader` prints, by name. Where it read nothing they are of what was in its
    memory, below a first line with the error. Raises SanlockFailed."""
    fields = dict(line.split(" ", 1) for line in output.splitlines() if " " in line)
    if fields.get("read_leader") != "done 0":
        raise SanlockFailed(act="read a lease", reason=output.partition("\n")[0] or "it says nothing")
    return fields
