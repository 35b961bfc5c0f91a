"""The network of this host as the node uses it: look, decide, change under a time-out, look again, confirm."""

import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from netconf.backend import NOTHING, Backend
from netconf.carriers import Carriers
from netconf.document import parse
from netconf.errors import BackAgain, BackendMissing, BadTimeLimit, ChangePending, CheckpointGone, DiedInTheMiddle
from netconf.handing_over import HandingOver
from netconf.kept import Ended, Kept, Pending, of_wishes
from netconf.kernel.taps import taps
from netconf.model import Change, Checkpoint, NetworkState
from netconf.planning.drift import drift
from netconf.planning.plan import Step, plan
from netconf.planning.possible import possible
from netconf.planning.preview import Preview, preview
from netconf.standing_by import Deputy, StandingBy
from netconf.uptime import boot_id, uptime_s

_SHORTEST_S, _LONGEST_S = 5, 600
_BEGUN_S = 2  # after which a backend has begun to go back by itself
WITHIN_S = 50  # so that all is back within a minute, the way back included
Look = Callable[[], Awaitable[None]]


class Network:
    """The network of this host, through a backend (`netconf.networkmanager.backend.NetworkManager()` on a node) and,
    while that does not answer, through `stand_in`.

    Documents are in nmstate's schema. Raises netconf.errors.Refused (nothing was changed; BadDocument for a document
    with mistakes) or netconf.errors.Failed. One change at a time: whoever calls takes turns.
    """

    def __init__(
        self,
        backend: Backend,
        kept: Kept | None = None,
        *,
        stand_in: Backend | None = None,
        deputy: Deputy | None = None,
        named: Callable[[str], Backend] | None = None,
        patience_s: float = 0,
    ) -> None:
        """`patience_s` is how long the backend is waited for before its stand-in takes its place; `deputy` takes back
        what a backend leaves that dies in the middle of a change and stays dead, while anyone stands by. `named` gives
        other backends, for changes that others left to be settled."""
        self._carriers = Carriers(backend, stand_in, named=named, patience_s=patience_s)
        self._standing_by = StandingBy(backend, deputy)
        self._kept = kept
        self._handing_over = HandingOver(backend, kept, self._standing_by, WITHIN_S)
        self._by = backend.name

    @property
    def backend(self) -> str:
        """The name of who has carried out the change that was made or confirmed last, or would."""
        return self._by

    async def observe(self) -> NetworkState:
        """The network as it is; `netconf.document.render` makes the document of it."""
        return await (await self._carriers.present()).show()

    async def name_servers(self) -> tuple[str, ...]:
        """The addresses of those in force, in order."""
        dns = (await self.observe()).dns
        return dns.servers if dns is not None else ()

    async def plan(self, desired: NetworkState) -> tuple[Step, ...]:
        """What a change to `desired` would do; empty when the host is already so."""
        return (await self.preview(desired)).steps

    async def preview(self, desired: NetworkState) -> Preview:
        """The same, and what may become of it."""
        return preview(desired, await self.observe())

    async def drift(self) -> tuple[Step, ...] | None:
        """How the host has come to differ from what was confirmed last; None when nothing ever was."""
        confirmed = self._kept.confirmed() if self._kept is not None else None
        return None if confirmed is None else drift(confirmed, await self.observe())

    async def change(
        self, document: Mapping[str, object], *, confirm_within_s: int = WITHIN_S, look: Look | None = None
    ) -> Change:
        """Bring the network into the state of `document`; it goes back by itself unless confirmed in time, which is
        counted from the moment before anything is changed.

        An earlier change that nobody confirmed is taken back first, so that asking again after a crash is safe. `look`
        comes between the two: it meets the network that this change begins with.
        """
        desired = parse(document)
        if not _SHORTEST_S <= confirm_within_s <= _LONGEST_S:
            raise BadTimeLimit(seconds=confirm_within_s, low=_SHORTEST_S, high=_LONGEST_S)
        present = await self._carriers.present_in_time()
        await self._settle("another change was asked for before it was confirmed", present)
        if present is self._carriers.usual:
            await self._handing_over.done()
        observed = await present.show()
        planned = preview(desired, observed)
        steps = planned.steps
        if not steps:
            return Change(changed=False, says=("The network is already so",))
        if look is not None:
            await look()
        being_made = self._pending(dict(document), steps, observed, present, uptime_s() + confirm_within_s)
        self._begin(being_made)
        if present is self._carriers.usual:
            await self._standing_by.begin(desired, observed, being_made.until_s)
        try:
            checkpoint = await present.apply(desired, steps, confirm_within_s)
            if present is self._carriers.usual:
                await self._standing_by.made()
        except Exception as err:
            self._end(kept=False, why=str(err), says=being_made.says)
            if await self._standing_by.took_back():
                raise DiedInTheMiddle(backend=present.name, reason=str(err)) from err
            await self._standing_by.over(by_backend=True)
            raise
        self._begin(replace(being_made, checkpoint=checkpoint))
        return Change(changed=True, checkpoint=checkpoint, says=being_made.says, warnings=planned.warnings)

    def _pending(
        self, document: dict[str, object], steps: tuple[Step, ...], observed: NetworkState, by: Backend, until_s: float
    ) -> Pending:
        self._by, usual = by.name, self._carriers.usual.name
        says, stands_in_for = tuple(step.says for step in steps), ""
        if self._carriers.stands_in(by):
            says, stands_in_for = (*says, f"All of it without {usual}, which does not answer"), usual
        return Pending(None, by.name, document, says, until_s, boot_id(), taps(observed), stands_in_for)

    async def restore(self) -> Change:
        """For the boot of a machine whose backend forgets: make the network as it was last confirmed, as far as its
        NICs are there, and keep it. Nobody is asked: it was proven before the machine went down."""
        await self.settle()
        confirmed = self._kept.confirmed() if self._kept is not None else None
        if confirmed is None:
            return Change(changed=False, says=("Nothing was ever confirmed",))
        present = await self._carriers.present()
        if self._carriers.stands_in(present) and self._kept is not None:
            self._kept.remember_changed_without()
        done: tuple[Step, ...] = ()
        for _ in range(2):  # virtual functions are there when their NIC has been told to have some
            observed = await present.show()
            wish = possible(confirmed, observed)
            if not (steps := plan(wish, observed)):
                break
            await present.confirm(await present.apply(wish, steps, _LONGEST_S))
            done += steps
        missing = [i.name for i in confirmed.interfaces if wish.interface(i.name) is None]
        left_out = tuple(f"{name} cannot be made: it, or what carries it, is not there" for name in missing)
        return Change(changed=bool(done), says=(*(step.says for step in done), *left_out))

    async def restore_without_backend(self) -> None:
        """The same for a machine whose backend does not come up with it, unless a change waits."""
        if await self.pending() is None and await self._carriers.present() is not self._carriers.usual:
            await self.restore()

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
        if await self._carriers.is_overtaken(pending):
            await self._take_back_overtaken(checkpoint)
            raise BackAgain(backend=self._carriers.usual.name)
        if not await self._standing_by.is_kept():
            await self._settle_what_was_taken_back()
            raise CheckpointGone()
        try:
            await self._keep(checkpoint, pending)
        except CheckpointGone:
            if self._kept is not None:
                self._kept.forget()
            self._end_pending(checkpoint, kept=False, why="its time was over before it was confirmed")
            raise
        self._end_pending(checkpoint, kept=True, why="it was confirmed")

    async def _keep(self, checkpoint: Checkpoint, pending: Pending | None) -> None:
        if self._kept is None or pending is None:
            await self._carriers.confirm(checkpoint)
            return
        self._by = pending.backend
        self._kept.confirming(of_wishes(await self.observe(), parse(pending.document), self._kept.confirmed()))
        await self._carriers.confirm(checkpoint)
        self._confirmed(pending)

    async def roll_back(self, checkpoint: Checkpoint, *, why: str = "it was taken back by hand") -> None:
        """Take the change back now; also fine when it went back by itself. CheckpointGone when it was confirmed."""
        try:
            await self._carriers.roll_back(checkpoint)
            await self._standing_by.over(by_backend=True)
        except BackendMissing:
            if not await self._standing_by.took_back():  # it is there again
                await self._carriers.roll_back(checkpoint)
                await self._standing_by.over(by_backend=True)
        self._end_pending(checkpoint, kept=False, why=why)

    async def settle(self) -> None:
        """For the start of the agent, and for when the time of a change is over: what was never confirmed goes back
        should the backend not have done so, and VMs are plugged in again where it pulled them out."""
        pending = self._kept.pending() if self._kept is not None else None
        needs_usual = pending is not None and not self._carriers.is_stand_in(pending.backend)
        present = self._carriers.usual if needs_usual else await self._carriers.present()
        await self._settle("nobody confirmed it in time", present)

    async def _settle(self, why: str, present: Backend, *, made_by: str = "") -> None:
        pending = self._kept.pending() if self._kept is not None else None
        kept = await self._confirm_on(pending, present)
        if pending is None:
            await self._carriers.settle(NOTHING, present, made_by)
        else:
            await self._carriers.settle(pending.plugged, present, pending.backend)
        if self._is_ended_by_another(pending):
            return
        await self._standing_by.over(by_backend=not self._carriers.stands_in(present))
        if self._kept is None:
            return
        if (half := self._kept.half_confirmed()) is not None:
            if kept or not drift(half, await present.show()):
                self._confirmed(pending)
                why = "it was confirmed"
            else:
                self._kept.forget()
        if pending is not None:
            if pending.boot != boot_id():
                why = "the machine began anew before it was confirmed"
            if self._is_ended_by_another(pending):
                return
            self._end(kept=why == "it was confirmed", why=why, says=pending.says)

    def _is_ended_by_another(self, pending: Pending | None) -> bool:
        """Whether another process has settled that meanwhile. Raises ChangePending when it has begun a change, too,
        which is not to be ended here."""
        now = self._kept.pending() if self._kept is not None else pending
        if now == pending:
            return False
        if now is not None:
            raise ChangePending()
        return True

    async def _confirm_on(self, pending: Pending | None, present: Backend) -> bool:
        """A process or the machine died while it confirmed a change, so that was proven: keep the whole of it."""
        if self._kept is None or self._kept.half_confirmed() is None or pending is None or pending.checkpoint is None:
            return False
        if pending.backend == self._carriers.usual.name and present is not self._carriers.usual:
            return False  # only who made it could
        with contextlib.suppress(CheckpointGone):
            await self._carriers.confirm(pending.checkpoint)
            return True
        return False

    async def hand_over(self) -> None:
        """When the backend is there again after its stand-in or deputy was needed: what waits is taken back, for it has
        come up with what it knows, and what was confirmed without it is made by it. Raises Problem when it cannot."""
        await self._settle_what_was_taken_back()
        pending = await self.pending()
        if pending is None:
            await self._handing_over.tried()
        elif pending.checkpoint is not None and await self._carriers.is_overtaken(pending):
            await self._take_back_overtaken(pending.checkpoint)

    async def stand_by(self) -> None:
        """Never ends. While anyone does this on the machine, a change whose backend died and stays dead goes back, too,
        a few seconds after it was seen to be away."""
        await self._standing_by.watch()

    async def _settle_what_was_taken_back(self) -> None:
        if name := await self._standing_by.back_again():
            await self._settle(f"{name} died before it was confirmed", self._carriers.usual, made_by=name)

    async def _take_back_overtaken(self, checkpoint: Checkpoint) -> None:
        await self.roll_back(checkpoint, why=f"{self._carriers.usual.name} was there again before it was confirmed")

    def _confirmed(self, pending: Pending | None) -> None:
        if self._kept is not None:
            if pending is not None and pending.stands_in_for:
                self._kept.owe((*self._kept.owed(), pending.document))
            self._kept.confirm()

    def _waiting(self, checkpoint: Checkpoint) -> Pending | None:
        found = self._kept.pending() if self._kept is not None else None
        return found if found is not None and found.checkpoint == checkpoint else None

    def _end_pending(self, checkpoint: Checkpoint, *, kept: bool, why: str) -> None:
        if (pending := self._waiting(checkpoint)) is not None:
            self._end(kept=kept, why=why, says=pending.says)

    def _begin(self, pending: Pending) -> None:
        if self._kept is None:
            return
        self._kept.begin(pending)
        if pending.stands_in_for:
            self._kept.remember_changed_without()

    def _end(self, *, kept: bool, why: str, says: tuple[str, ...]) -> None:
        if self._kept is not None:
            self._kept.end(Ended(kept, why, says, time.time()))
