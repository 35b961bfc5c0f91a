"""A text console of 80 x 24 on which screens are shown to tests: keys go in, text comes out."""

import asyncio
import os
import re
from pathlib import Path

from textual.app import App
from textual.events import Key
from textual.pilot import Pilot

from netconf.facade import Network
from netconf.screens.edit import EditApp
from netconf.screens.rows import Observed
from tests.fakes.network import FakeNetwork

SIZE = (80, 24)
_GOLDEN = Path(__file__).parents[3] / "data/netconf/screens"
_KEY = re.compile("[a-z]{2,}|f[0-9]+")
_NAMED = {" ": "space", "/": "slash", ".": "full_stop", ",": "comma"}


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Answers:
    """A proof that holds, or not for the reason `why`."""

    description = "the gateway answers"

    def __init__(self, why: str | None = None) -> None:
        self.why = why
        self.observed_count = 0

    async def observe(self) -> None:
        self.observed_count += 1

    async def why_not(self) -> str | None:
        return self.why


def text(app: App[None]) -> str:
    """What stands on the console, without blanks at the ends of lines."""
    strips = app.screen._compositor.render_strips(app.size)
    return "".join(f"{strip.text.rstrip()}\n" for strip in strips)


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Names of keys, or texts to type. A named key may move the focus: what comes of it is waited for."""
    for key in keys:
        if _KEY.fullmatch(key):
            await pilot.press(key)
        else:
            for char in key:
                pilot.app.post_message(Key(_NAMED.get(char, char), char))
            await pilot.pause()


async def until(pilot: Pilot[None], expected: str) -> str:
    """What stands on the console as soon as `words` are part of it."""
    for _ in range(500):
        if expected in (found := text(pilot.app)):
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"never said {expected!r}:\n{text(pilot.app)}")


async def golden(pilot: Pilot[None], name: str, expected: str, folder: Path = _GOLDEN) -> None:
    """The console comes to show what is kept in `folder` under `name`, of which `words` are a part. With
    TRIVET_GOLDEN=write in the environment it is kept anew, for review as a diff."""
    path = folder / f"{name}.txt"
    found = await until(pilot, expected)
    if os.environ.get("TRIVET_GOLDEN") == "write":
        await asyncio.sleep(0.5)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text(pilot.app))
    kept = path.read_text()
    for _ in range(500):
        if (found := text(pilot.app)) == kept:
            break
        await asyncio.sleep(0.02)
    assert found == kept
    assert found.isascii()  # all that the fonts of all consoles have


def edit_app(fake: FakeNetwork, network: Network, proof: Answers, clock: Clock) -> EditApp:
    async def observe() -> Observed:
        return Observed(await fake.show(), {"host0": 10000})

    return EditApp(network, observe, proof, clock=clock, again_s=0.05)
