"""Gluster as the node uses it: look, decide, run the commands, look again."""

from gluster.cli import Run
from gluster.model import DesiredVolume, HealCount, Peer, Pool, Volume


class Gluster:
    """The Gluster of this server. Every operation blocks, is safe to repeat, and looks again before it says yes.

    `run` is how commands are run (`run(*argv, stdin="", timeout_s=60) -> str`). Raises gluster.errors.Refused
    when nothing was changed, gluster.errors.Failed when something may have been.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def observe(self) -> Pool:
        """Peers and volumes as this server sees them, bricks with their state."""
        raise NotImplementedError

    def add_peer(self, hostname: str, *, settle_s: float = 60) -> Peer:
        """Take `hostname` into the pool and wait until it can carry bricks."""
        raise NotImplementedError

    def ensure_volume(self, desired: DesiredVolume) -> Volume:
        """Make or complete a volume: create, options, start; returns it as observed afterwards."""
        raise NotImplementedError

    def heal_counts(self, volume: str) -> tuple[HealCount, ...]:
        """What waits to be healed, brick by brick."""
        raise NotImplementedError
