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
from netconf.screens.plain import Page, PlainText
from netconf.screens.plan_view import PlanView
from netconf.screens.rows import Observed
from netconf.screens.trouble import TroublePage

Observe = Callable[[], Awaitable[Observed]]
_BACK_S = 20


class Wanted(Enum):
    EDIT = "edit"
    LEAVE = "leave"


class NetworkPage(Page[Wanted]):
    """The network as it is, now."""

    heading = "Network of this node"
    key_hints = "E: edit the management network   Up, Down: look around   Q: leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e,E,enter", "edit", show=False, priority=True),
        Binding("q,Q,escape", "leave", show=False),
    ]

    def __init__(self, observe: Observe, message: str = "", *, again_s: float = 1.0) -> None:
        super().__init__()
        self._observe, self._message, self._again_s = observe, message, again_s
        self._line, self._table = PlainText(), InterfaceTable()

    def body(self) -> ComposeResult:
        with Vertical(classes="body"):
            yield self._line
            yield self._table

    def on_mount(self) -> None:
        self._show_message(self._message)
        self._table.focus()
        self._follow()

    @work
    async def _follow(self) -> None:
        """Shows what happens as long as the page is there."""
        while True:
            try:
                self._table.show(await self._observe())
                self._show_message(self._message)
            except Problem as err:
                self._show_message(f"The network cannot be looked at: {err.text.why}")
            await asyncio.sleep(self._again_s)

    def _show_message(self, message: str) -> None:
        self._line.update(f"{message}\n")
        self._line.display = bool(message)

    def action_edit(self) -> None:
        self.dismiss(Wanted.EDIT)

    def action_leave(self) -> None:
        self.dismiss(Wanted.LEAVE)

    def leave(self) -> None:
        self.dismiss(Wanted.LEAVE)


class FormPage(Page[Layout | None]):
    """None: nothing is to be changed."""

    heading = "Management network"
    key_hints = "Enter: check, show what would change   Tab, Up, Down: move   Esc: back"
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

    heading = "What would change"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "begin", show=False, priority=True),
        Binding("escape", "dismiss(False)", show=False),
    ]

    def __init__(self, found: Preview, within_s: int) -> None:
        super().__init__()
        self._descriptions, self._warnings = tuple(step.description for step in found.steps), found.warnings
        self._within_s = within_s

    def body(self) -> ComposeResult:
        with Vertical(classes="body"):
            yield PlanView(self._descriptions, self._warnings)
            if self._descriptions:
                yield PlainText(f"Everything is back {self._within_s} s after the start unless you keep it then.")

    def on_mount(self) -> None:
        self.show_keys(
            "Enter: change it   Up, Down: scroll   Esc: back to the form" if self._descriptions else "Esc: back"
        )

    def action_begin(self) -> None:
        self.dismiss(bool(self._descriptions))

    def leave(self) -> None:
        self.dismiss(False)


class BusyPage(Page[None]):
    """While something is under way that cannot be interrupted."""

    heading = "The network is being changed"
    key_hints = "Please wait"

    def __init__(self, message: str) -> None:
        super().__init__()
        self._message = message

    def body(self) -> ComposeResult:
        yield PlainText(self._message, classes="body")

    def leave(self) -> None:
        """Not now."""


class ConfirmPage(Page[str]):
    """Brings, in a sentence, how the change ended."""

    heading = "Keep the change?"

    def __init__(
        self,
        network: Network,
        checkpoint: Checkpoint,
        descriptions: Sequence[str],
        bar: ConfirmBar,
    ) -> None:
        super().__init__()
        self._network, self._checkpoint, self._descriptions, self._bar, self._end = (
            network,
            checkpoint,
            tuple(descriptions),
            bar,
            "",
        )

    def body(self) -> ComposeResult:
        with Vertical(classes="body"):
            yield self._bar
            yield PlainText("\nThe change:\n")
            yield PlanView(self._descriptions)

    def on_mount(self) -> None:
        self.show_keys("Enter: keep it   Esc: take it back   Tab: scroll below")
        self._bar.focus()

    def on_confirm_bar_confirm(self) -> None:
        self._run(self._confirm)

    def on_confirm_bar_roll_back(self) -> None:
        self._run(self._roll_back)

    def on_confirm_bar_over(self) -> None:
        self._run(self._over)

    def on_confirm_bar_closed(self) -> None:
        self.dismiss(self._end)

    def leave(self) -> None:
        self._bar.action_roll_back()

    async def _confirm(self) -> str:
        try:
            await self._network.confirm(self._checkpoint)
        except CheckpointGone:
            return ROLLED_BACK
        return CONFIRMED + (UNTIL_BOOT if self._network.backend == "kernel" else "")

    async def _roll_back(self) -> str:
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
            await self._network.roll_back_unconfirmed()
        return ROLLED_BACK

    @work
    async def _run(self, end: Callable[[], Awaitable[str]]) -> None:
        try:
            self._end = await end()
        except Problem as err:
            self._end = err.text.what
            await self.app.push_screen_wait(TroublePage(err.text))
        self._bar.end(self._end)
        self.show_keys("Enter, Esc: go on")


CONFIRMED = "The change is kept."
UNTIL_BOOT = " NetworkManager does not run, so the next boot forgets it unless trivet-node is there."
ROLLED_BACK = "The time was over: the earlier configuration is back."
