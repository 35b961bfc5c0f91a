"""The network of this host as the node uses it: look, decide, change under a time-out, look again, confirm."""

import contextlib
import time
from collections.abc import Mapping
from dataclasses import replace

from netconf.backend import NOTHING, Backend
from netconf.document import parse
from netconf.errors import BadTimeLimit, CheckpointGone
from netconf.kept import Ended, Kept, Pending, of_wishes
from netconf.kernel.taps import taps
from netconf.model import Change, Checkpoint, NetworkState
from netconf.planning.drift import drift
from netconf.planning.plan import Step, plan
from netconf.planning.possible import possible
from netconf.uptime import boot_id, uptime_s

_SHORTEST_S, _LONGEST_S = 5, 600
_BEGUN_S = 2  # after which a backend has begun to go back by itself
WITHIN_S = 50  # so that all is back within a minute, the way back included


class Network:
    """The network of this host, through one backend (`netconf.networkmanager.backend.NetworkManager()` on a node).

    Documents are in nmstate's schema. Raises netconf.errors.Refused (nothing was changed; BadDocument for a document
    with mistakes) or netconf.errors.Failed. One change at a time: whoever calls takes turns.
    """

    def __init__(self, backend: Backend, kept: Kept | None = None) -> None:
        self._backend = backend
        self._kept = kept

    @property
    def backend(self) -> str:
        """The name of who carries changes out."""
        return self._backend.name

    async def observe(self) -> NetworkState:
        """The network as it is; `netconf.document.render` makes the document of it."""
        return await self._backend.show()

    async def plan(self, desired: NetworkState) -> tuple[Step, ...]:
        """What a change to `desired` would do; empty when the host is already so."""
        return plan(desired, await self._backend.show())

    async def drift(self) -> tuple[Step, ...] | None:
        """How the host has come to differ from what was confirmed last; None when nothing ever was."""
        confirmed = self._kept.confirmed() if self._kept is not None else None
        return None if confirmed is None else drift(confirmed, await self._backend.show())

    async def change(self, document: Mapping[str, object], *, confirm_within_s: int = WITHIN_S) -> Change:
        """Bring the network into the state of `document`; it goes back by itself unless confirmed in time, which is
        counted from the moment before anything is changed.

        An earlier change that nobody confirmed is taken back first, so that asking again after a crash is safe.
        """
        desired = parse(document)
        if not _SHORTEST_S <= confirm_within_s <= _LONGEST_S:
            raise BadTimeLimit(seconds=confirm_within_s, low=_SHORTEST_S, high=_LONGEST_S)
        await self._settle("another change was asked for before it was confirmed")
        observed = await self._backend.show()
        steps = plan(desired, observed)
        if not steps:
            return Change(changed=False, says=("The network is already so",))
        until_s = uptime_s() + confirm_within_s
        says = tuple(step.says for step in steps)
        being_made = Pending(None, self._backend.name, dict(document), says, until_s, boot_id(), taps(observed))
        self._begin(being_made)
        try:
            checkpoint = await self._backend.apply(desired, steps, confirm_within_s)
        except Exception as err:
            self._end(kept=False, why=str(err), says=says)
            raise
        self._begin(replace(being_made, checkpoint=checkpoint))
        return Change(changed=True, checkpoint=checkpoint, says=says)

    async def restore(self) -> Change:
        """For the boot of a machine whose backend forgets: make the network as it was last confirmed, as far as its
        NICs are there, and keep it. Nobody is asked: it was proven before the machine went down."""
        await self.settle()
        confirmed = self._kept.confirmed() if self._kept is not None else None
        if confirmed is None:
            return Change(changed=False, says=("Nothing was ever confirmed",))
        observed = await self._backend.show()
        wish = possible(confirmed, observed)
        missing = [i.name for i in confirmed.interfaces if wish.interface(i.name) is None]
        steps = plan(wish, observed)
        if steps:
            await self._backend.confirm(await self._backend.apply(wish, steps, _LONGEST_S))
        left_out = tuple(f"{name} cannot be made: it, or what carries it, is not there" for name in missing)
        return Change(changed=bool(steps), says=(*(step.says for step in steps), *left_out))

    async def pending(self) -> Pending | None:
        """The change that waits for its confirmation or is being made, whichever process does it."""
        found = self._kept.pending() if self._kept is not None else None
        return found if found is not None and found.left_s > 0 else None

    def is_over(self) -> bool:
        """Whether the time of a change is over that nobody has confirmed; then it wants to be settled."""
        found = self._kept.pending() if self._kept is not None else None
        return found is not None and found.left_s < -_BEGUN_S

    def last(self) -> Ended | None:
        """How the last change ended."""
        return self._kept.last() if self._kept is not None else None

    async def confirm(self, checkpoint: Checkpoint) -> None:
        """Keep the change, over reboots too; safe to repeat. Raises CheckpointGone when it went back already."""
        pending = self._waiting(checkpoint)
        if self._kept is not None and pending is not None:
            wish = parse(pending.document)
            self._kept.confirming(of_wishes(await self._backend.show(), wish, self._kept.confirmed()))
        try:
            await self._backend.confirm(checkpoint)
        except CheckpointGone:
            if self._kept is not None:
                self._kept.forget()
            self._end_pending(checkpoint, kept=False, why="its time was over before it was confirmed")
            raise
        if self._kept is not None and pending is not None:
            self._kept.confirm()
        self._end_pending(checkpoint, kept=True, why="it was confirmed")

    async def roll_back(self, checkpoint: Checkpoint, *, why: str = "it was taken back by hand") -> None:
        """Take the change back now; also fine when it went back by itself. CheckpointGone when it was confirmed."""
        await self._backend.roll_back(checkpoint)
        self._end_pending(checkpoint, kept=False, why=why)

    async def settle(self) -> None:
        """For the start of the agent, and for when the time of a change is over: what was never confirmed goes back
        should NetworkManager not have done so, and VMs are plugged in again where it pulled them out."""
        await self._settle("nobody confirmed it in time")

    async def _settle(self, why: str) -> None:
        pending = self._kept.pending() if self._kept is not None else None
        await self._confirm_on(pending)
        await self._backend.settle(pending.plugged if pending is not None else NOTHING)
        if self._kept is None:
            return
        if (half := self._kept.half_confirmed()) is not None:
            if drift(half, await self._backend.show()):
                self._kept.forget()
            else:
                self._kept.confirm()
                why = "it was confirmed"
        if pending is not None:
            if pending.boot != boot_id():
                why = "the machine began anew before it was confirmed"
            self._end(kept=why == "it was confirmed", why=why, says=pending.says)

    async def _confirm_on(self, pending: Pending | None) -> None:
        """A process or the machine died while it confirmed a change, so that was proven: keep the whole of it."""
        if self._kept is None or self._kept.half_confirmed() is None:
            return
        if pending is not None and pending.checkpoint is not None:
            with contextlib.suppress(CheckpointGone):
                await self._backend.confirm(pending.checkpoint)

    def _waiting(self, checkpoint: Checkpoint) -> Pending | None:
        found = self._kept.pending() if self._kept is not None else None
        return found if found is not None and found.checkpoint == checkpoint else None

    def _end_pending(self, checkpoint: Checkpoint, *, kept: bool, why: str) -> None:
        if (pending := self._waiting(checkpoint)) is not None:
            self._end(kept=kept, why=why, says=pending.says)

    def _begin(self, pending: Pending) -> None:
        if self._kept is not None:
            self._kept.begin(pending)

    def _end(self, *, kept: bool, why: str, says: tuple[str, ...]) -> None:
        if self._kept is not None:
            self._kept.end(Ended(kept, why, says, time.time()))
