"""Which version of Trivet waits on this machine to be started, for whoever asks from elsewhere."""

import logging
from typing import Protocol

from node.system.process import CommandFailed
from node.upgrade.plan import find_waiting
from node.upgrade.refusals import NotInstalled
from node.upgrade.slots import System

log = logging.getLogger(__name__)


class Disk(Protocol):
    def observe(self) -> System: ...


def waiting_version(disk: Disk) -> str:
    """Empty without one, and on a machine that was not installed from a medium."""
    try:
        return find_waiting(disk.observe()) or ""
    except NotInstalled:
        return ""
    except (CommandFailed, OSError) as err:
        log.warning("nobody knows which version waits: %s", err)
        return ""
