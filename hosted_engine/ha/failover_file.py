"""The last failovers on the engine volume, where they outlive every node. A volume that hangs holds up one thread."""

import logging
import queue
import threading
from pathlib import Path

import msgspec

from hosted_engine.ha.failover import Failover, with_newest
from node.system.files import read_or_none, write_durable

log = logging.getLogger(__name__)

NAME = "failover.json"
VERSION = 1
AGAIN_S = 5.0
MOST_TRIES = 720  # an hour


class Failovers(msgspec.Struct, frozen=True, kw_only=True):
    """The oldest first."""

    version: int = VERSION
    failovers: tuple[Failover, ...] = ()


class _Versioned(msgspec.Struct):
    version: int = 0


class NewerFile(OSError):
    """A later version wrote the file: it is not written over."""


def read_failovers(path: Path) -> tuple[Failover, ...]:
    """The oldest first. What cannot be read counts as none; OSError when the volume does not answer."""
    text = read_or_none(path)
    if text is None:
        return ()
    try:
        return msgspec.json.decode(text, type=Failovers).failovers
    except msgspec.MsgspecError as err:
        log.warning("%s says nothing: %s", path.name, err)
        return ()


def write_failover(path: Path, new: Failover) -> None:
    """Add one. Blocks; OSError when the volume does not take it."""
    if _version(path) > VERSION:
        raise NewerFile(f"a later version wrote {path.name}")
    found = Failovers(failovers=with_newest(read_failovers(path), new))
    write_durable(path, msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")


def _version(path: Path) -> int:
    try:
        return msgspec.json.decode(read_or_none(path) or b"{}", type=_Versioned).version
    except msgspec.MsgspecError:
        return 0


class FailoverRecorder:
    """Writes what it is told in a thread of its own, until the volume takes it."""

    def __init__(self, path: Path, again_s: float = AGAIN_S) -> None:
        self._path, self._again_s = path, again_s
        self._due: queue.SimpleQueue[Failover] = queue.SimpleQueue()
        self._never = threading.Event()
        threading.Thread(target=self._run, name="failovers", daemon=True).start()

    def note(self, new: Failover) -> None:
        self._due.put(new)

    def _run(self) -> None:
        while True:
            self._write(self._due.get())

    def _write(self, new: Failover) -> None:
        for number in range(MOST_TRIES):
            try:
                write_failover(self._path, new)
            except OSError as err:
                if number == 0:
                    log.warning("the failover cannot be written down yet: %s", err)
                self._never.wait(self._again_s)
            else:
                return
        log.error("the failover was not written down: %s", new)
