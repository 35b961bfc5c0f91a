"""The network of this host as the node uses it: look, decide, change under a time-out, look again, confirm."""

from collections.abc import Mapping

from netconf.backend import Backend
from netconf.document import parse
from netconf.errors import BadTimeLimit
from netconf.model import Change, Checkpoint, NetworkState
from netconf.planning.plan import Step, plan

_SHORTEST_S, _LONGEST_S = 5, 600


class Network:
    """The network of this host, through one backend (`netconf.networkmanager.backend.NetworkManager()` on a node).

    Documents are in nmstate's schema. Raises netconf.errors.Refused (nothing was changed; BadDocument for a document
    with mistakes) or netconf.errors.Failed. One change at a time: whoever calls takes turns.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def observe(self) -> NetworkState:
        """The network as it is; `netconf.document.render` makes the document of it."""
        return await self._backend.show()

    async def plan(self, desired: NetworkState) -> tuple[Step, ...]:
        """What a change to `desired` would do; empty when the host is already so."""
        return plan(desired, await self._backend.show())

    async def change(self, document: Mapping[str, object], *, confirm_within_s: int = 60) -> Change:
        """Bring the network into the state of `document`; it goes back by itself unless confirmed in time.

        An earlier change that nobody confirmed is taken back first, so that asking again after a crash is safe.
        """
        desired = parse(document)
        if not _SHORTEST_S <= confirm_within_s <= _LONGEST_S:
            raise BadTimeLimit(seconds=confirm_within_s, low=_SHORTEST_S, high=_LONGEST_S)
        await self._backend.settle()
        steps = plan(desired, await self._backend.show())
        if not steps:
            return Change(changed=False, says=("The network is already so",))
        checkpoint = await self._backend.apply(desired, steps, confirm_within_s)
        return Change(changed=True, checkpoint=checkpoint, says=tuple(step.says for step in steps))

    async def confirm(self, checkpoint: Checkpoint) -> None:
        """Keep the change, over reboots too; safe to repeat. Raises CheckpointGone when it went back already."""
        await self._backend.confirm(checkpoint)

    async def roll_back(self, checkpoint: Checkpoint) -> None:
        """Take the change back now; also fine when it went back by itself. CheckpointGone when it was confirmed."""
        await self._backend.roll_back(checkpoint)

    async def settle(self) -> None:
        """For the start of the agent, and for when the time of a change is over: what was never confirmed goes back
        should NetworkManager not have done so, and VMs are plugged in again where it pulled them out."""
        await self._backend.settle()
