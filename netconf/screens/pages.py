"""The pages of `trivet net edit`, each of which brings one answer."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import ClassVar

from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from netconf.errors import ChangePending, CheckpointGone, Problem
from netconf.facade import Network
from netconf.model import Checkpoint, NetworkState
from netconf.planning.preview import Preview
from netconf.screens.confirm_bar import ConfirmBar
from netconf.screens.interface_table import InterfaceTable
from netconf.screens.layout import Layout
from netconf.screens.management_form import LayoutForm, ManagementForm
from netconf.screens.plain import Page, Words
from netconf.screens.plan_view import PlanView
from netconf.screens.rows import Seen
from netconf.screens.trouble import TroublePage

Look = Callable[[], Awaitable[Seen]]
_BACK_S = 20


class Wanted(Enum):
    EDIT = "edit"
    LEAVE = "leave"


class LookPage(Page[Wanted]):
    """The network as it is, now."""

    title_says = "Network of this node"
    keys_say = "E: edit the management network   Up, Down: look around   Q: leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e,E,enter", "edit", show=False, priority=True),
        Binding("q,Q,escape", "leave", show=False),
    ]

    def __init__(self, look: Look, says: str = "", *, again_s: float = 1.0) -> None:
        super().__init__()
        self._look, self._says, self._again_s = look, says, again_s
        self._line, self._table = Words(), InterfaceTable()

    def body(self) -> ComposeResult:
        with Vertical(classes="body"):
            yield self._line
            yield self._table

    def on_mount(self) -> None:
        self._say(self._says)
        self._table.focus()
        self._follow()

    @work
    async def _follow(self) -> None:
        """Shows what happens as long as the page is there."""
        while True:
            try:
                self._table.show(await self._look())
                self._say(self._says)
            except Problem as err:
                self._say(f"The network cannot be looked at: {err.text.why}")
            await asyncio.sleep(self._again_s)

    def _say(self, says: str) -> None:
        self._line.update(f"{says}\n")
        self._line.display = bool(says)

    def action_edit(self) -> None:
        self.dismiss(Wanted.EDIT)

    def action_leave(self) -> None:
        self.dismiss(Wanted.LEAVE)

    def leave(self) -> None:
        self.dismiss(Wanted.LEAVE)


class FormPage(Page[Layout | None]):
    """None: nothing is to be changed."""

    title_says = "Management network"
    keys_say = "Enter: check, show what would change   Tab, Up, Down: move   Esc: back"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", show=False)]

    def __init__(self, layout: Layout, state: NetworkState) -> None:
        super().__init__()
        self._form = ManagementForm(layout, state, id="form")

    def body(self) -> ComposeResult:
        with Vertical(classes="body"):
            yield self._form

    def on_layout_form_filled(self, event: LayoutForm.Filled) -> None:
        self.dismiss(event.layout)

    def leave(self) -> None:
        self.dismiss(None)


class PlanPage(Page[bool]):
    """Whether the plan is to be carried out."""

    title_says = "What would change"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "begin", show=False, priority=True),
        Binding("escape", "dismiss(False)", show=False),
    ]

    def __init__(self, found: Preview, within_s: int) -> None:
        super().__init__()
        self._says, self._warnings = tuple(step.says for step in found.steps), found.warnings
        self._within_s = within_s

    def body(self) -> ComposeResult:
        with Vertical(classes="body"):
            yield PlanView(self._says, self._warnings)
            if self._says:
                yield Words(f"Everything is back {self._within_s} s after the start unless you keep it then.")

    def on_mount(self) -> None:
        self.say_keys("Enter: change it   Up, Down: scroll   Esc: back to the form" if self._says else "Esc: back")

    def action_begin(self) -> None:
        self.dismiss(bool(self._says))

    def leave(self) -> None:
        self.dismiss(False)


class BusyPage(Page[None]):
    """While something is under way that cannot be interrupted."""

    title_says = "The network is being changed"
    keys_say = "Please wait"

    def __init__(self, says: str) -> None:
        super().__init__()
        self._says = says

    def body(self) -> ComposeResult:
        yield Words(self._says, classes="body")

    def leave(self) -> None:
        """Not now."""


class ConfirmPage(Page[str]):
    """Brings, in a sentence, how the change ended."""

    title_says = "Keep the change?"

    def __init__(
        self,
        network: Network,
        checkpoint: Checkpoint,
        says: Sequence[str],
        bar: ConfirmBar,
    ) -> None:
        super().__init__()
        self._network, self._checkpoint, self._says, self._bar, self._end = network, checkpoint, tuple(says), bar, ""

    def body(self) -> ComposeResult:
        with Vertical(classes="body"):
            yield self._bar
            yield Words("\nThe change:\n")
            yield PlanView(self._says)

    def on_mount(self) -> None:
        self.say_keys("Enter: keep it   Esc: take it back   Tab: scroll below")
        self._bar.focus()

    def on_confirm_bar_keep(self) -> None:
        self._carry_out(self._keep)

    def on_confirm_bar_take_back(self) -> None:
        self._carry_out(self._take_back)

    def on_confirm_bar_over(self) -> None:
        self._carry_out(self._over)

    def on_confirm_bar_closed(self) -> None:
        self.dismiss(self._end)

    def leave(self) -> None:
        self._bar.action_take_back()

    async def _keep(self) -> str:
        try:
            await self._network.confirm(self._checkpoint)
        except CheckpointGone:
            return GONE
        return KEPT + (UNTIL_BOOT if self._network.backend == "kernel" else "")

    async def _take_back(self) -> str:
        try:
            await self._network.roll_back(self._checkpoint)
        except CheckpointGone:
            return "The change was kept already, by somebody else."
        return "The change was taken back: the earlier configuration is back."

    @retry(
        retry=retry_if_exception_type(ChangePending), stop=stop_after_delay(_BACK_S), wait=wait_fixed(1), reraise=True
    )
    async def _over(self) -> str:
        """NetworkManager goes back by itself just then, in two steps some seconds apart where something was made anew:
        between them there is nothing to settle yet."""
        waits = await self._network.pending()
        if waits is None or waits.checkpoint == self._checkpoint:  # else another process has begun a change since
            await self._network.settle()
        return GONE

    @work
    async def _carry_out(self, end: Callable[[], Awaitable[str]]) -> None:
        try:
            self._end = await end()
        except Problem as err:
            self._end = err.text.what
            await self.app.push_screen_wait(TroublePage(err.text))
        self._bar.end(self._end)
        self.say_keys("Enter, Esc: go on")


KEPT = "The change is kept."
UNTIL_BOOT = " NetworkManager does not run, so the next boot forgets it unless trivet-node is there."
GONE = "The time was over: the earlier configuration is back."
