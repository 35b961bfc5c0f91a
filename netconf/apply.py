"""Carries a plan out through NetworkManager, under a checkpoint of NetworkManager's own."""

from netconf.model import Checkpoint, NetworkState
from netconf.plan import Step


class NetworkManager:
    """The backend of a Debian node: profiles on disk, activation and checkpoints over D-Bus."""

    async def show(self) -> NetworkState:
        raise NotImplementedError

    async def apply(self, desired: NetworkState, steps: tuple[Step, ...], confirm_within_s: int) -> Checkpoint:
        raise NotImplementedError

    async def confirm(self, checkpoint: Checkpoint) -> None:
        raise NotImplementedError

    async def roll_back(self, checkpoint: Checkpoint) -> None:
        raise NotImplementedError
