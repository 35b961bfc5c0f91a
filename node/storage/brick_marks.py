"""Frees bricks outside of the agent, which has neither the privilege to see their marks nor their file systems."""

import sys
from collections.abc import Collection
from pathlib import Path

from gluster import bricks
from gluster.errors import BrickHasData
from node.system.process import CommandFailed, Run

REMOVE_S = 800  # a brick may hold many files
_OUTSIDE = ("systemd-run", "--quiet", "--wait", "--collect", "--pipe")


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

    def _outside(self, *words: str, timeout_s: float = 60) -> bool:
        return (
            self._run(*_OUTSIDE, sys.executable, "-m", "gluster.bricks", *words, timeout_s=timeout_s).strip() == "yes"
        )
