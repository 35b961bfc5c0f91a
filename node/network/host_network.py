"""The network of this node in the contract's words."""

import asyncio
import logging
from collections.abc import Callable

from netconf import document
from netconf.change_store import Pending
from netconf.errors import BadTimeLimit, Problem
from netconf.facade import Network
from netconf.model import Checkpoint
from netconf.proofs.name_servers import Asks, NameServersStillAnswer, asks
from netconf.proven import NotProven, prove
from netconf.uptime import uptime_s
from node.api.messages.network import NetworkChange, NetworkReport, NetworkRequest, PendingChange
from node.api.refusals import Malformed
from node.clock import Clock

_CHECK_EVERY_S = 3
_PROVE_S, _SPARE_S = 15, 3  # for the name servers, when all else is proven; of the time to confirm, for doing it
MARGIN_S = 2  # after which NetworkManager has begun to go back
BACKEND_WAIT_S = 5  # systemd starts a NetworkManager that died anew within it; then the kernel alone is changed
_BOOT_S = 300  # an agent that begins so long after the machine did has begun with it
_UP_S = 30  # by when NetworkManager is there when it comes at all

log = logging.getLogger(__name__)


class HostNetwork:
    """Errors are those of netconf; the server words them for callers. Changes wait for each other."""

    def __init__(
        self,
        network: Network,
        clock: Clock,
        observed: Callable[[], dict[str, object] | None] = lambda: None,
        *,
        asks: Asks = asks,
    ) -> None:
        self._network = network
        self._clock = clock
        self._observed = observed
        self._asks = asks
        self._to_prove: tuple[str, NameServersStillAnswer] | None = None  # of the change with that checkpoint
        self._end: asyncio.Task[None] | None = None
        self._changing = asyncio.Lock()
        self._restore_at: float | None = None

    async def run(self) -> None:
        """From the start of the agent to its end: changes that nobody confirmed in time are settled, also those that
        others made or an earlier agent. One that still waits is left alone: its id is all that it takes to confirm it.
        """
        await asyncio.gather(self._network.watch_backend(), self._run())

    async def _run(self) -> None:
        if await self._network.pending() is None:
            await self.roll_back_expired()
        if uptime_s() < _BOOT_S:
            self._restore_at = self._clock.monotonic() + _UP_S
        while True:
            await self._clock.sleep(_CHECK_EVERY_S)
            if self._network.is_over():
                await self.roll_back_expired()
            await self._make_good()

    async def _make_good(self) -> None:
        """What a NetworkManager that is dead, or was, leaves undone. What cannot be done is only logged."""
        try:
            async with self._changing:
                await self._network.resync_backend()
                if self._restore_at is not None and self._clock.monotonic() >= self._restore_at:
                    self._restore_at = None
                    await self._network.apply_confirmed_without_backend()
        except Problem as err:
            log.warning("the network is not as it was confirmed: %s", err)

    async def roll_back_expired(self) -> None:
        """When the time of a change is over: what was never confirmed goes back, VMs are plugged in again. What cannot
        is only logged. A change that waits is left alone: it has come after that one, and has settled it."""
        try:
            async with self._changing:
                if await self._network.pending() is None:
                    await self._network.roll_back_unconfirmed()
        except Problem as err:
            log.warning("an unconfirmed change of the network, if there is one, stays for now: %s", err)

    async def network(self) -> NetworkReport:
        """`observed` as it was followed last."""
        pending = await self._network.pending()
        return NetworkReport(
            document=document.render(await self._network.observe()),
            pending=None if pending is None else _pending(pending),
            observed=self._observed(),
        )

    async def change_network(self, request: NetworkRequest) -> NetworkChange:
        names = None
        if not request.without_name_servers:
            desired = document.parse(request.document)
            names = NameServersStillAnswer(self._network.name_servers, desired, asks=self._asks)
        try:
            async with self._changing:
                change = await self._network.change(
                    request.document,
                    confirm_within_s=request.confirm_within_s,
                    before_change=names.observe if names is not None else None,
                )
                checkpoint = change.checkpoint.id if change.checkpoint is not None else ""
                self._to_prove = (checkpoint, names) if names is not None else None
        except BadTimeLimit as err:
            raise Malformed(reason=f"{err.text.what}: {err.text.why}") from err
        if change.changed:
            self._wait_for_the_end(request.confirm_within_s)
        return NetworkChange(
            changed=change.changed, checkpoint=checkpoint, descriptions=change.descriptions, warnings=change.warnings
        )

    async def confirm_network(self, checkpoint: str) -> None:
        """Raises NotProven when the name servers are not there any more; then all is as before."""
        async with self._changing:
            if self._to_prove is not None and self._to_prove[0] == checkpoint:
                await self._prove(Checkpoint(checkpoint), self._to_prove[1])
            await self._network.confirm(Checkpoint(checkpoint))
            self._to_prove = None
        self._wait_no_more()

    async def _prove(self, checkpoint: Checkpoint, names: NameServersStillAnswer) -> None:
        """Asked again it is proven again: whoever hears nothing of a way back tries once more."""
        pending = await self._network.pending()
        left_s = _PROVE_S if pending is None else min(_PROVE_S, max(_SPARE_S, pending.left_s - _SPARE_S))
        (asked,) = await prove((names,), uptime_s() + left_s)
        if asked.why_not is not None:
            await self._network.roll_back(checkpoint, why=asked.why_not)
            self._wait_no_more()
            raise NotProven(reasons=asked.why_not)

    async def roll_back_network(self, checkpoint: str) -> None:
        async with self._changing:
            await self._network.roll_back(Checkpoint(checkpoint))
        self._wait_no_more()

    def _wait_for_the_end(self, confirm_within_s: int) -> None:
        """NetworkManager goes back by itself, but nobody tells it of the VMs on the bridge."""

        async def wait() -> None:
            await self._clock.sleep(confirm_within_s + MARGIN_S)
            await self.roll_back_expired()

        self._wait_no_more()
        self._end = asyncio.get_running_loop().create_task(wait())

    def _wait_no_more(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None


def _pending(pending: Pending) -> PendingChange:
    checkpoint = pending.checkpoint.id if pending.checkpoint is not None else ""
    return PendingChange(checkpoint=checkpoint, left_s=round(pending.left_s, 1), descriptions=pending.descriptions)
