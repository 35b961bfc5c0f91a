"""The installer on a console of 80 x 24 before a machine in memory, and the keys that lead to each of its pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from installer.app import InstallApp
from installer.environment import Session
from tests.fakes.installer import FakeEnvironment
from tests.unit.netconf.screens import console
from tests.unit.netconf.screens.console import SIZE, press, until

GOLDEN = Path(__file__).parents[3] / "data/installer/screens"
PAGES = ("welcome", "disks", "network", "tested", "identity", "role", "review")
_STANDS = {
    "welcome": "Enter: begin",
    "disks": "1 of 5: Disks",
    "network": "Enter: test it",
    "tested": "The network works as answered",
    "identity": "3 of 5: Identity",
    "role": "4 of 5: Role",
    "review": "5 of 5: Review",
}
PASSWORD = "hunter22"


async def golden(pilot: Pilot[None], name: str, expected: str) -> None:
    await console.golden(pilot, name, expected, GOLDEN)


class Clock:
    now_s = 1042.0

    def __call__(self) -> float:
        return self.now_s


@asynccontextmanager
async def installer(fake: FakeEnvironment, session: Session | None = None) -> AsyncIterator[Pilot[None]]:
    app = InstallApp(fake, session, clock=Clock(), again_s=0.05)
    async with app.run_test(size=SIZE) as pilot:
        yield pilot


async def arrive(pilot: Pilot[None], page: str) -> str:
    return await until(pilot, _STANDS[page])


async def go_to(pilot: Pilot[None], page: str) -> None:
    """From the welcome on, with the fewest keys."""
    for at in PAGES[: PAGES.index(page)]:
        await arrive(pilot, at)
        if at == "identity":
            await press(pilot, "node1", "tab", PASSWORD, "tab", PASSWORD)
        await press(pilot, "enter")
    await arrive(pilot, page)
