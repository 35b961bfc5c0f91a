"""The protocol of a backend, which applies a desired state: NetworkManager today, nmstate beside it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from netconf.model import Checkpoint, NetworkState
from netconf.planning.plan import Step

NOTHING: Mapping[str, str] = MappingProxyType({})


class Backend(Protocol):
    """Carries a plan out in a way that goes back by itself, also when this process dies in the middle."""

    @property
    def name(self) -> str:
        """The word by which `trivet net --backend` knows it."""
        ...

    async def answers(self) -> bool:
        """Whether it can carry anything out now."""
        ...

    async def show(self) -> NetworkState:
        """The network as it is."""
        ...

    async def roll_back_unconfirmed(self, plugged: Mapping[str, str] = NOTHING) -> None:
        """Take back what an earlier change left unconfirmed, and mend what going back by time-out leaves undone.

        `plugged` are taps of VMs and their bridges before that change: they are plugged in again where they hang loose.

        Raises ChangePending when it is somebody else's.
        """
        ...

    async def wait_idle(self) -> None:
        """Returns when nothing is on its way up or down any more, or after some time all the same."""
        ...

    async def resume(self) -> None:
        """It was away while the network was changed without it: have what is saved in force again, and as its own."""
        ...

    async def apply(self, desired: NetworkState, steps: tuple[Step, ...], confirm_within_s: int) -> Checkpoint:
        """Arm the way back, then change. On an error the earlier state is back before it is raised.

        `steps` is what plan found to be different; not empty. The change is in force when this returns, but not
        yet the one that the next boot comes up with. `confirm_within_s` begins before anything is changed.
        """
        ...

    async def confirm(self, checkpoint: Checkpoint) -> None:
        """Keep the change, over reboots too. Raises CheckpointGone when it went back already."""
        ...

    async def roll_back(self, checkpoint: Checkpoint) -> None:
        """Take the change back now; also fine when it went back by itself. CheckpointGone when it was confirmed."""
        ...
