"""Frees bricks outside of the agent, which has neither the privilege to see their marks nor their file systems."""

import logging
import sys
import threading
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import msgspec

from gluster import bricks
from gluster.errors import BrickHasData
from gluster.facts import ObservePaths
from gluster.state import BrickFolder
from node.system.process import CommandFailed, Run

log = logging.getLogger(__name__)

OBSERVE_TIMEOUT_S = 20  # a disk that hangs keeps nobody waiting for longer
WELL_S, NOT_WELL_S = 60.0, 10.0  # how long what was observed of folders is good
REMOVE_S = 800  # a brick may hold many files
_OBSERVE = (sys.executable, "-m", "gluster.bricks", "observe")
_OUTSIDE = ("systemd-run", "--quiet", "--wait", "--collect", "--pipe")
_OBSERVE_UNIT = "--unit=trivet-brick-observe"  # the same each time: one process at most waits for a disk that hangs


class BrickFolderCache:
    """Brick folders as they were observed last: that costs a process of systemd's. Where all is well with them they
    are observed again after a minute, else after some seconds. Who asks meanwhile waits for that."""

    def __init__(self, observe: ObservePaths, monotonic: Callable[[], float]) -> None:
        self._observe_paths = observe
        self._monotonic = monotonic
        self._paths: frozenset[str] = frozenset()
        self._found: Mapping[str, BrickFolder] = {}
        self._until = float("-inf")
        self._alone = threading.Lock()

    def observe(self, paths: Collection[str]) -> Mapping[str, BrickFolder]:
        with self._alone:
            return self._refresh(paths)

    def _refresh(self, paths: Collection[str]) -> Mapping[str, BrickFolder]:
        if self._paths != frozenset(paths) or self._monotonic() >= self._until:
            self._found, self._paths = self._observe_paths(paths), frozenset(paths)
            well = all(path in self._found and self._found[path].is_marked for path in paths)
            self._until = self._monotonic() + (WELL_S if well else NOT_WELL_S)
        return self._found


class BrickMarks:
    """Does what gluster.bricks does, in a process that systemd starts."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def clear(self, path: Path, volume_ids: Collection[str]) -> bool:
        try:
            return self._outside("clear", str(path), *sorted(volume_ids))
        except CommandFailed as err:
            if err.exit_status == bricks.HAS_DATA:
                raise BrickHasData(path=path, reason=err.stdout.strip()) from err
            raise

    def remove(self, path: Path, volume_id: str) -> bool:
        return self._outside("remove", str(path), volume_id, timeout_s=REMOVE_S)

    def observe(self, paths: Collection[str]) -> dict[str, BrickFolder]:
        """None of them where systemd does not do it: what their disks are like is unknown then."""
        try:
            output = self._run(*_OUTSIDE, _OBSERVE_UNIT, *_OBSERVE, *sorted(paths), timeout_s=OBSERVE_TIMEOUT_S)
            return msgspec.json.decode(output, type=dict[str, BrickFolder])
        except (CommandFailed, msgspec.MsgspecError) as err:
            log.info("cannot observe the disks of bricks: %s", err)
            return {}

    def _outside(self, *arguments: str, timeout_s: float = 60) -> bool:
        return (
            self._run(*_OUTSIDE, sys.executable, "-m", "gluster.bricks", *arguments, timeout_s=timeout_s).strip()
            == "yes"
        )
