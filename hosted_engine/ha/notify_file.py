"""Reads and writes the settings of the notifications on the engine volume. Every call but `LastKnown` blocks."""

import os
import stat
from pathlib import Path

from hosted_engine.ha.monitor import Monitor
from hosted_engine.ha.notify_settings import NotifyFileDamaged, NotifySettings, check, format_settings, parse
from node.system.files import write_durable

MOST_BYTES = 1 << 20


def read_settings(path: Path) -> NotifySettings:
    """Nothing is set where there is no file. Raises NotifyFileDamaged, also for one that others may read; OSError."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(MOST_BYTES)
    except FileNotFoundError:
        return NotifySettings()
    if mode & 0o077:
        raise NotifyFileDamaged(reason=f"it holds secrets, and others may read it (mode {mode:04o} instead of 0600)")
    return parse(text)


def write_settings(path: Path, settings: NotifySettings) -> None:
    """Raises BadSetting and writes nothing; OSError."""
    check(settings)
    write_durable(path, format_settings(settings), 0o600)


class LastKnown:
    """The last settings that could be read: in a failover the volume stalls for a while."""

    def __init__(self, monitor: Monitor[NotifySettings]) -> None:
        self._monitor = monitor
        self._known = NotifySettings()

    def __call__(self) -> NotifySettings:
        found = self._monitor.latest().value
        if found is not None:
            self._known = found
        return self._known
