"""Clears bricks outside of the agent, which has neither the privilege to see their marks nor their file systems."""

import sys
from collections.abc import Collection
from pathlib import Path

from gluster import bricks
from gluster.errors import BrickHasData
from node.system.process import CommandFailed, Run

_OUTSIDE = ("systemd-run", "--quiet", "--wait", "--collect", "--pipe")


class BrickMarks:
    """Does what gluster.bricks.clear does, in a process that systemd starts."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def clear(self, path: Path, volume_ids: Collection[str]) -> bool:
        argv = (*_OUTSIDE, sys.executable, "-m", "gluster.bricks", str(path), *sorted(volume_ids))
        try:
            return self._run(*argv).strip() == "yes"
        except CommandFailed as err:
            if err.exit_status == bricks.HAS_DATA:
                raise BrickHasData(path=path, reason=err.stdout.strip()) from err
            raise
