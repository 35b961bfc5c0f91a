"""Files with secrets on the engine volume, read and written; and what was read last, for the volume stalls at times."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from hosted_engine.ha.monitor import Monitor
from node.api.problems import Failed
from node.system.files import write_durable

T = TypeVar("T")
MOST_BYTES = 1 << 20


def read_secret(path: Path, damaged: Callable[[str], Failed]) -> bytes | None:
    """None where there is no file. Raises what `damaged` makes of a reason when others may read it; OSError."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(MOST_BYTES)
    except FileNotFoundError:
        return None
    if mode & 0o077:
        raise damaged(f"it holds secrets, and others may read it (mode {mode:04o} instead of 0600)")
    return text


def write_secret(path: Path, text: bytes) -> None:
    """Raises OSError."""
    write_durable(path, text, 0o600)


class LastKnown(Generic[T]):
    """The last settings that could be read: in a failover the volume stalls for a while."""

    def __init__(self, monitor: Monitor[T], first: T) -> None:
        self._monitor = monitor
        self._known = first

    def __call__(self) -> T:
        found = self._monitor.latest().value
        if found is not None:
            self._known = found
        return self._known
