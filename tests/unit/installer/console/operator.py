"""Who types at the console in tests: sees words wherever lines break, and counts his answers."""

import asyncio

from textual.pilot import Pilot
from textual.screen import Screen

from installer.console.pages import WaitPage
from node.fingerprint import format_proquints
from tests.unit.installer.console.machine import Machine
from tests.unit.netconf.screens.console import press, text


class Operator:
    """Types answers and counts them; keys that only move or go on are none."""

    def __init__(self, pilot: Pilot[None]) -> None:
        self.pilot, self.answers = pilot, 0

    async def expect(self, *texts: str) -> str:
        """What stands on the screen, in one line, as soon as each of `words` is part of it."""
        for _ in range(500):
            found = " ".join(text(self.pilot.app).split())
            if all(one in found for one in texts):
                return found
            await asyncio.sleep(0.02)
        raise AssertionError(f"never said {texts!r}:\n{text(self.pilot.app)}")

    async def answers_with(self, typed: str) -> None:
        self.answers += 1
        await self.goes(typed)

    async def goes(self, *keys: str) -> None:
        """Keys by name, or texts to type; each when there is a page that takes it, as somebody who looks would."""
        for key in keys:
            await self._shows_a_page()
            await press(self.pilot, key)

    async def _shows_a_page(self) -> None:
        """Between two pages a key would be lost: what is under them, and what says that one waits, takes none."""
        before = None
        for _ in range(500):
            screen = self.pilot.app.screen
            if screen is before and type(screen) not in (Screen, WaitPage):
                return
            before = screen
            await asyncio.sleep(0.02)
        raise AssertionError(f"no page came:\n{text(self.pilot.app)}")

    async def adds(self, machine: Machine, number: int) -> None:
        """A node to the site, by three answers."""
        node = machine.world.nodes[f"node{number}"]
        await self.expect("Nodes of the site", "> A Add a node")
        await self.goes("enter")
        await self.expect("Another node")
        await self.answers_with(f"192.0.2.{10 + number}")
        await self.goes("enter")
        await self.expect(format_proquints(node.host.fingerprint))
        await self.answers_with(" ")
        await self.goes("tab")
        await self.answers_with(node.host.claim_code.lower())
        await self.goes("enter")
        await self.expect("Nodes of the site", f"{number} node{number}")
