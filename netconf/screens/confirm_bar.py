"""A change that waits for its confirmation: how long it still does, what is proven, and the operator's key."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Static

from netconf.errors import Problem
from netconf.proofs.proof import Proof
from netconf.uptime import uptime_s


class _State(Enum):
    WAITS = 0
    ENDING = 1
    ENDED = 2


class ConfirmBar(Static, can_focus=True):
    """Counts down to `until_s` (seconds since the machine began) and asks `proof` again and again.

    Enter posts `Confirm` when the proof holds; else it takes a K as well. Esc posts `RollBack`. `Over` when the time
    is. Whoever handles them does so and then calls `end`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "confirm(False)", show=False),
        Binding("k,K", "confirm(True)", show=False),
        Binding("escape", "roll_back", show=False),
    ]
    DEFAULT_CSS = "ConfirmBar { height: auto; padding: 0 1; border: ascii ansi_default; }"

    @dataclass
    class Confirm(Message):
        pass

    @dataclass
    class RollBack(Message):
        pass

    @dataclass
    class Over(Message):
        """The earlier configuration comes back by itself."""

    @dataclass
    class Closed(Message):
        """A key after the end."""

    def __init__(
        self, until_s: float, proof: Proof, *, clock: Callable[[], float] = uptime_s, again_s: float = 1.0
    ) -> None:
        super().__init__(markup=False)
        self._until_s, self._proof, self._clock, self._again_s = until_s, proof, clock, again_s
        self._state, self._asked, self._why_not, self._text = _State.WAITS, False, "", ""
        self._insists = False

    @property
    def proven(self) -> bool:
        return self._asked and not self._why_not

    def on_mount(self) -> None:
        self.set_interval(self._again_s, self._tick)
        self._ask()

    def end(self, text: str) -> None:
        """The change has ended, one way or the other."""
        self._state, self._text = _State.ENDED, text
        self.refresh(layout=True)

    def render(self) -> str:
        if self._state is not _State.WAITS:
            return self._text
        left = math.ceil(max(0.0, self._until_s - self._clock()))
        lines = [f"The change is made. It goes back by itself in {left} s.", self._proof_line(), ""]
        if self._insists and not self.proven:
            return "\n".join(
                (*lines, "Not kept yet, for this is not proven. K keeps it all the same, Esc takes it back.")
            )
        return "\n".join((*lines, "Enter keeps it. Esc takes it back now."))

    def action_confirm(self, insisting: bool) -> None:
        if self._state is _State.ENDED:
            self.post_message(self.Closed())
        elif self._state is _State.WAITS and (self.proven or (insisting and self._insists)):
            self._ending("Keeping the change ...", self.Confirm())
        else:
            self._insists = True
            self.refresh(layout=True)

    def action_roll_back(self) -> None:
        if self._state is _State.ENDED:
            self.post_message(self.Closed())
        elif self._state is _State.WAITS:
            self._ending("Taking the change back ...", self.RollBack())

    def _proof_line(self) -> str:
        says = f"{self._proof.description[:1].upper()}{self._proof.description[1:]}:"
        if not self._asked:
            return f"{says} being asked"
        return f"{says} NO, {self._why_not}" if self._why_not else f"{says} YES"

    def _tick(self) -> None:
        if self._state is _State.WAITS and self._clock() >= self._until_s:
            self._ending("The time is over, the earlier configuration comes back ...", self.Over())
        self.refresh(layout=True)

    def _ending(self, text: str, message: Message) -> None:
        self._state, self._text = _State.ENDING, text
        self.refresh(layout=True)
        self.post_message(message)

    @work(exclusive=True)
    async def _ask(self) -> None:
        while self._state is _State.WAITS:
            try:
                why = await self._proof.why_not()
            except Problem as err:
                why = err.text.why
            self._asked, self._why_not = True, why or ""
            self.refresh(layout=True)
            await asyncio.sleep(self._again_s)
