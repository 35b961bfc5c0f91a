"""`trivet net edit`: look, lay out, see the plan, change with the way back armed, keep it or not; then look again."""

import asyncio
from collections.abc import Callable

from textual import work

from netconf.document import parse
from netconf.errors import Problem
from netconf.facade import WITHIN_S, Network
from netconf.model import Checkpoint
from netconf.proofs.proof import Proof
from netconf.screens.confirm_bar import ConfirmBar
from netconf.screens.layout import Layout, document
from netconf.screens.observed import layout_of
from netconf.screens.pages import BusyPage, ConfirmPage, FormPage, NetworkPage, Observe, PlanPage, Wanted
from netconf.screens.plain import PlainApp
from netconf.screens.trouble import TroublePage
from netconf.uptime import uptime_s


class EditApp(PlainApp[None]):
    """`observe` gives the network as it is now, `proof` is shown beside the question whether to keep a change.

    Whatever becomes of this process: a change that nobody kept goes back by itself.
    """

    def __init__(
        self,
        network: Network,
        observe: Observe,
        proof: Proof,
        *,
        within_s: int = WITHIN_S,
        clock: Callable[[], float] = uptime_s,
        again_s: float = 1.0,
    ) -> None:
        super().__init__()
        self._network, self._observe, self._proof = network, observe, proof
        self._within_s, self._clock, self._again_s = within_s, clock, again_s

    def on_mount(self) -> None:
        self._stand_by()
        self._go()

    @work
    async def _stand_by(self) -> None:
        await self._network.watch_backend()

    @work
    async def _go(self) -> None:
        says = ""
        try:
            if (waits := await self._waiting()) is not None:
                says = await self._ended(*waits)
            while True:
                page = NetworkPage(self._observe, says, again_s=self._again_s)
                if await self.push_screen_wait(page) is Wanted.LEAVE:
                    break
                says = await self._edited()
        except Problem as err:
            await self.push_screen_wait(TroublePage(err.text))
        self.exit()

    async def _waiting(self) -> tuple[Checkpoint, tuple[str, ...], float] | None:
        """The change that an earlier process left, or that another one is making."""
        busy = BusyPage("Another process is changing the network. Wait until it is done.")
        while (pending := await self._network.pending()) is not None and pending.checkpoint is None:
            if not busy.is_attached:
                await self.push_screen(busy)
            await asyncio.sleep(self._again_s)
        if busy.is_attached:
            self.pop_screen()
        if pending is None or pending.checkpoint is None:
            return None
        return pending.checkpoint, pending.descriptions, pending.until_s

    async def _edited(self) -> str:
        """How it ended, in a sentence."""
        state = (await self._observe()).state
        layout: Layout | None = layout_of(state)
        while layout is not None and (layout := await self.push_screen_wait(FormPage(layout, state))) is not None:
            try:
                found = await self._network.preview(parse(document(layout)))
                if await self.push_screen_wait(PlanPage(found, self._within_s)):
                    return await self._changed(layout)
            except Problem as err:
                await self.push_screen_wait(TroublePage(err.text))
        return ""

    async def _changed(self, layout: Layout) -> str:
        until_s = 0.0

        async def before_change() -> None:
            nonlocal until_s
            await self._proof.observe()
            until_s = self._clock() + self._within_s

        await self.push_screen(BusyPage(f"Changing. Everything is back after {self._within_s} s unless you keep it."))
        try:
            change = await self._network.change(
                document(layout), confirm_within_s=self._within_s, before_change=before_change
            )
        finally:
            self.pop_screen()
        if change.checkpoint is None:
            return "The network is already so."
        return await self._ended(change.checkpoint, change.descriptions, until_s)

    async def _ended(self, checkpoint: Checkpoint, descriptions: tuple[str, ...], until_s: float) -> str:
        bar = ConfirmBar(until_s, self._proof, clock=self._clock, again_s=self._again_s)
        return await self.push_screen_wait(ConfirmPage(self._network, checkpoint, descriptions, bar))
