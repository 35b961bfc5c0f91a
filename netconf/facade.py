"""The network of this host as the node uses it: look, decide, change under a time-out, look again, confirm."""

from collections.abc import Mapping

from netconf.backend import Backend
from netconf.model import Change, Checkpoint, NetworkState
from netconf.plan import Step


class Network:
    """The network of this host, through one backend (`netconf.apply.NetworkManager()` on a node).

    Documents are in nmstate's schema. Raises netconf.errors.Refused (nothing was changed; BadDocument for a document
    with mistakes) or netconf.errors.Failed.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def observe(self) -> NetworkState:
        """The network as it is; `netconf.document.render` makes the document of it."""
        raise NotImplementedError

    async def plan(self, desired: NetworkState) -> tuple[Step, ...]:
        """What a change to `desired` would do; empty when the host is already so."""
        raise NotImplementedError

    async def change(self, document: Mapping[str, object], *, confirm_within_s: int = 60) -> Change:
        """Bring the network into the state of `document`; it goes back by itself unless confirmed in time."""
        raise NotImplementedError

    async def confirm(self, checkpoint: Checkpoint) -> None:
        """Keep the change, over reboots too. Raises CheckpointGone when it went back already."""
        raise NotImplementedError

    async def roll_back(self, checkpoint: Checkpoint) -> None:
        """Take the change back now; also fine when it went back by itself."""
        raise NotImplementedError
