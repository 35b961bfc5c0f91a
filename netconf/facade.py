"""The network of this host as the node uses it: observe, plan, change under a time-out, observe again, confirm."""

import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from netconf.backend import NOTHING, Backend
from netconf.backend_resync import BackendResync
from netconf.backend_selector import BackendSelector
from netconf.backend_watchdog import BackendWatchdog, Rollback
from netconf.change_store import ChangeStore, Ended, Pending, confirmed_state
from netconf.document import parse
from netconf.errors import BackendMissing, BackendReturned, BadTimeLimit, ChangePending, CheckpointGone, DiedInTheMiddle
from netconf.kernel.taps import taps
from netconf.model import Change, Checkpoint, NetworkState
from netconf.planning.drift import drift
from netconf.planning.plan import Step, plan
from netconf.planning.preview import Preview, preview
from netconf.planning.unavailable import prune_unavailable
from netconf.uptime import boot_id, uptime_s

_SHORTEST_S, _LONGEST_S = 5, 600
_BEGUN_S = 2  # after which a backend has begun to go back by itself
WITHIN_S = 50  # so that all is back within a minute, the way back included
BeforeChange = Callable[[], Awaitable[None]]


class Network:
    """The network of this host, through a backend (`netconf.networkmanager.backend.NetworkManager()` on a node) and,
    while that does not answer, through `stand_in`.

    Documents are in nmstate's schema. Raises netconf.errors.Refused (nothing was changed; BadDocument for a document
    with mistakes) or netconf.errors.Failed. One change at a time: whoever calls takes turns.
    """

    def __init__(
        self,
        backend: Backend,
        store: ChangeStore | None = None,
        *,
        stand_in: Backend | None = None,
        rollback: Rollback | None = None,
        backend_by_name: Callable[[str], Backend] | None = None,
        wait_s: float = 0,
    ) -> None:
        """`wait_s` is how long the backend is waited for before its stand-in takes its place; `rollback` takes back
        what a backend leaves that dies in the middle of a change and stays dead, while anyone watches it.
        `backend_by_name` gives other backends, for changes that others left to be settled."""
        self._selector = BackendSelector(backend, stand_in, backend_by_name=backend_by_name, wait_s=wait_s)
        self._watchdog = BackendWatchdog(backend, rollback)
        self._store = store
        self._resync = BackendResync(backend, store, self._watchdog, WITHIN_S)
        self._by = backend.name

    @property
    def backend(self) -> str:
        """The name of who has carried out the change that was made or confirmed last, or would."""
        return self._by

    async def observe(self) -> NetworkState:
        """The network as it is; `netconf.document.render` makes the document of it."""
        return await (await self._selector.present()).show()

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
        confirmed = self._store.confirmed() if self._store is not None else None
        return None if confirmed is None else drift(confirmed, await self.observe())

    async def change(
        self,
        document: Mapping[str, object],
        *,
        confirm_within_s: int = WITHIN_S,
        before_change: BeforeChange | None = None,
    ) -> Change:
        """Bring the network into the state of `document`; it goes back by itself unless confirmed in time, which is
        counted from the moment before anything is changed.

        An earlier change that nobody confirmed is taken back first, so that asking again after a crash is safe.
        `before_change` comes between the two: it meets the network that this change begins with.
        """
        desired = parse(document)
        if not _SHORTEST_S <= confirm_within_s <= _LONGEST_S:
            raise BadTimeLimit(seconds=confirm_within_s, low=_SHORTEST_S, high=_LONGEST_S)
        present = await self._selector.present_in_time()
        await self._end_earlier("another change was asked for before it was confirmed", present)
        if present is self._selector.default:
            await self._resync.finish()
        observed = await present.show()
        planned = preview(desired, observed)
        steps = planned.steps
        if not steps:
            return Change(changed=False, descriptions=("The network is already so",))
        if before_change is not None:
            await before_change()
        being_made = self._pending(dict(document), steps, observed, present, uptime_s() + confirm_within_s)
        self._begin(being_made)
        if present is self._selector.default:
            await self._watchdog.begin(desired, observed, being_made.until_s)
        try:
            checkpoint = await present.apply(desired, steps, confirm_within_s)
            if present is self._selector.default:
                await self._watchdog.after_apply()
        except Exception as err:
            self._end(confirmed=False, why=str(err), descriptions=being_made.descriptions)
            if await self._watchdog.roll_back_if_dead():
                raise DiedInTheMiddle(backend=present.name, reason=str(err)) from err
            await self._watchdog.end(by_backend=True)
            raise
        self._begin(replace(being_made, checkpoint=checkpoint))
        return Change(
            changed=True, checkpoint=checkpoint, descriptions=being_made.descriptions, warnings=planned.warnings
        )

    def _pending(
        self, document: dict[str, object], steps: tuple[Step, ...], observed: NetworkState, by: Backend, until_s: float
    ) -> Pending:
        self._by, usual = by.name, self._selector.default.name
        says, stands_in_for = tuple(step.description for step in steps), ""
        if self._selector.stands_in(by):
            says, stands_in_for = (*says, f"All of it without {usual}, which does not answer"), usual
        return Pending(None, by.name, document, says, until_s, boot_id(), taps(observed), stands_in_for)

    async def apply_confirmed(self) -> Change:
        """For the boot of a machine whose backend forgets: make the network as it was last confirmed, as far as its
        NICs are there, and keep it. Nobody is asked: it was proven before the machine went down."""
        await self.roll_back_unconfirmed()
        confirmed = self._store.confirmed() if self._store is not None else None
        if confirmed is None:
            return Change(changed=False, descriptions=("Nothing was ever confirmed",))
        present = await self._selector.present()
        if self._selector.stands_in(present) and self._store is not None:
            self._store.remember_changed_without()
        done: tuple[Step, ...] = ()
        for _ in range(2):  # virtual functions are there when their NIC has been told to have some
            observed = await present.show()
            desired = prune_unavailable(confirmed, observed)
            if not (steps := plan(desired, observed)):
                break
            await present.confirm(await present.apply(desired, steps, _LONGEST_S))
            done += steps
        missing = [i.name for i in confirmed.interfaces if desired.interface(i.name) is None]
        left_out = tuple(f"{name} cannot be made: it, or what carries it, is not there" for name in missing)
        return Change(changed=bool(done), descriptions=(*(step.description for step in done), *left_out))

    async def apply_confirmed_without_backend(self) -> None:
        """The same for a machine whose backend does not come up with it, unless a change waits."""
        if await self.pending() is None and await self._selector.present() is not self._selector.default:
            await self.apply_confirmed()

    async def pending(self) -> Pending | None:
        """The change that waits for its confirmation or is being made, whichever process does it."""
        found = self._store.pending() if self._store is not None else None
        return found if found is not None and found.left_s > 0 else None

    def is_over(self) -> bool:
        """Whether the time of a change is over that nobody has confirmed; then it wants to be settled."""
        found = self._store.pending() if self._store is not None else None
        return found is not None and found.left_s < -_BEGUN_S

    def last(self) -> Ended | None:
        """How the last change ended."""
        return self._store.last() if self._store is not None else None

    async def confirm(self, checkpoint: Checkpoint) -> None:
        """Keep the change, over reboots too; safe to repeat. Raises CheckpointGone when it went back already."""
        pending = self._waiting(checkpoint)
        if await self._selector.is_overtaken(pending):
            await self._roll_back_overtaken(checkpoint)
            raise BackendReturned(backend=self._selector.default.name)
        if not await self._watchdog.confirm():
            await self._end_rolled_back()
            raise CheckpointGone()
        try:
            await self._confirm(checkpoint, pending)
        except CheckpointGone:
            if self._store is not None:
                self._store.forget()
            self._end_pending(checkpoint, confirmed=False, why="its time was over before it was confirmed")
            raise
        self._end_pending(checkpoint, confirmed=True, why="it was confirmed")

    async def _confirm(self, checkpoint: Checkpoint, pending: Pending | None) -> None:
        if self._store is None or pending is None:
            await self._selector.confirm(checkpoint)
            return
        self._by = pending.backend
        self._store.confirming(confirmed_state(await self.observe(), parse(pending.document), self._store.confirmed()))
        await self._selector.confirm(checkpoint)
        self._confirmed(pending)

    async def roll_back(self, checkpoint: Checkpoint, *, why: str = "it was taken back by hand") -> None:
        """Take the change back now; also fine when it went back by itself. CheckpointGone when it was confirmed."""
        try:
            await self._selector.roll_back(checkpoint)
            await self._watchdog.end(by_backend=True)
        except BackendMissing:
            if not await self._watchdog.roll_back_if_dead():  # it is there again
                await self._selector.roll_back(checkpoint)
                await self._watchdog.end(by_backend=True)
        self._end_pending(checkpoint, confirmed=False, why=why)

    async def roll_back_unconfirmed(self) -> None:
        """For the start of the agent, and for when the time of a change is over: what was never confirmed goes back
        should the backend not have done so, and VMs are plugged in again where it pulled them out."""
        pending = self._store.pending() if self._store is not None else None
        needs_usual = pending is not None and not self._selector.is_stand_in(pending.backend)
        present = self._selector.default if needs_usual else await self._selector.present()
        await self._end_earlier("nobody confirmed it in time", present)

    async def _end_earlier(self, why: str, present: Backend, *, made_by: str = "") -> None:
        pending = self._store.pending() if self._store is not None else None
        kept = await self._confirm_on(pending, present)
        if pending is None:
            await self._selector.roll_back_unconfirmed(NOTHING, present, made_by)
        else:
            await self._selector.roll_back_unconfirmed(pending.plugged, present, pending.backend)
        if self._is_ended_by_another(pending):
            return
        await self._watchdog.end(by_backend=not self._selector.stands_in(present))
        if self._store is None:
            return
        if (half := self._store.half_confirmed()) is not None:
            if kept or not drift(half, await present.show()):
                self._confirmed(pending)
                why = "it was confirmed"
            else:
                self._store.forget()
        if pending is not None:
            if pending.boot != boot_id():
                why = "the machine began anew before it was confirmed"
            if self._is_ended_by_another(pending):
                return
            self._end(confirmed=why == "it was confirmed", why=why, descriptions=pending.descriptions)

    def _is_ended_by_another(self, pending: Pending | None) -> bool:
        """Whether another process has settled that meanwhile. Raises ChangePending when it has begun a change, too,
        which is not to be ended here."""
        now = self._store.pending() if self._store is not None else pending
        if now == pending:
            return False
        if now is not None:
            raise ChangePending()
        return True

    async def _confirm_on(self, pending: Pending | None, present: Backend) -> bool:
        """A process or the machine died while it confirmed a change, so that was proven: keep the whole of it."""
        if self._store is None or self._store.half_confirmed() is None or pending is None or pending.checkpoint is None:
            return False
        if pending.backend == self._selector.default.name and present is not self._selector.default:
            return False  # only who made it could
        with contextlib.suppress(CheckpointGone):
            await self._selector.confirm(pending.checkpoint)
            return True
        return False

    async def resync_backend(self) -> None:
        """When the backend is there again after its stand-in or the rollback was needed: what waits is taken back, for
        it has come up with what it knows, and what was confirmed without it is made by it. Raises Problem when it
        cannot."""
        await self._end_rolled_back()
        pending = await self.pending()
        if pending is None:
            await self._resync.retry()
        elif pending.checkpoint is not None and await self._selector.is_overtaken(pending):
            await self._roll_back_overtaken(pending.checkpoint)

    async def watch_backend(self) -> None:
        """Never ends. While anyone does this on the machine, a change whose backend died and stays dead goes back, too,
        a few seconds after it was seen to be away."""
        await self._watchdog.watch()

    async def _end_rolled_back(self) -> None:
        if name := await self._watchdog.returned_backend():
            await self._end_earlier(f"{name} died before it was confirmed", self._selector.default, made_by=name)

    async def _roll_back_overtaken(self, checkpoint: Checkpoint) -> None:
        await self.roll_back(checkpoint, why=f"{self._selector.default.name} was there again before it was confirmed")

    def _confirmed(self, pending: Pending | None) -> None:
        if self._store is not None:
            if pending is not None and pending.stands_in_for:
                self._store.set_pending_resync((*self._store.pending_resync(), pending.document))
            self._store.confirm()

    def _waiting(self, checkpoint: Checkpoint) -> Pending | None:
        found = self._store.pending() if self._store is not None else None
        return found if found is not None and found.checkpoint == checkpoint else None

    def _end_pending(self, checkpoint: Checkpoint, *, confirmed: bool, why: str) -> None:
        if (pending := self._waiting(checkpoint)) is not None:
            self._end(confirmed=confirmed, why=why, descriptions=pending.descriptions)

    def _begin(self, pending: Pending) -> None:
        if self._store is None:
            return
        self._store.begin(pending)
        if pending.stands_in_for:
            self._store.remember_changed_without()

    def _end(self, *, confirmed: bool, why: str, descriptions: tuple[str, ...]) -> None:
        if self._store is not None:
            self._store.end(Ended(confirmed, why, descriptions, time.time()))
