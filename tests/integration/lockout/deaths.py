"""Deaths at each step of a change: before every call to NetworkManager that changes something, up to the last one.

The change moves the management address between NIC and bridge and is good, so that it gets as far as its last step; the
machine is to come back as it was, or as wished when the confirmation had begun.
"""

import asyncio
import time
from itertools import count

from tests.integration.lockout import dying
from tests.integration.lockout.documents import TO_BRIDGE, TO_NIC
from tests.integration.lockout.dying import Death
from tests.integration.lockout.entries import Attempt, Document, End
from tests.integration.lockout.world import World

_TRIES = 3  # a change may run out of time before the step when the machine that runs the tests is busy


async def at_each_step(here: World, death: Death, *, to_bridge: bool = False) -> Attempt:
    """The machine begins and ends on the bridge. A try of the change that is whole ends it."""
    desired, other = (TO_BRIDGE, TO_NIC) if to_bridge else (TO_NIC, TO_BRIDGE)
    if to_bridge and (first := await here.change(TO_NIC)).end is not End.CONFIRMED:
        return first
    struck: list[str] = []
    for step in count(1):
        for _ in range(_TRIES):
            attempt = await _change_and_die(here, desired, death, step)
            hit = dying.has_struck(here.node.folder)
            if hit or attempt.end is End.CONFIRMED:
                break
        else:
            return Attempt(End.CUT, f"step {step} is never reached: {attempt.description}")
        if hit:
            struck.append((here.node.folder / dying.REACHED).read_text())
        dying.countermand(here.node.folder)
        if not await _is_idle(here):
            return Attempt(End.CUT, f"{death} died at step {step} of {struck}; this does not end")
        back = TO_BRIDGE if not hit else other
        if not await here.is_so(back) and (again := await here.change(back)).end is not End.CONFIRMED:
            return Attempt(
                End.CUT, f"{death} died at step {step} of {struck}; then back: {again.end}: {again.description}"
            )
        if not hit:
            return Attempt(End.CUT, f"{step - 1} steps: {', '.join(struck)}")
    raise AssertionError("count ends never")


async def _change_and_die(here: World, desired: Document, death: Death, step: int) -> Attempt:
    dying.order(here.node.folder, death, step)
    change = asyncio.create_task(here.change(desired))
    if death is not Death.FREEZE:
        return await change
    while not change.done() and not dying.has_struck(here.node.folder):  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.05)
    if change.done():
        return await change
    await here.power_cycle()
    change.cancel()
    return Attempt(End.CUT)


async def _is_idle(here: World) -> bool:
    """Whether it becomes reachable for good, as it was or as wished, with nothing left open."""
    begun, quiet = time.monotonic(), 0
    for _ in range(round(here.pace.back_s * 5)):
        quiet = quiet + 1 if await _is_quiet(here, begun) else 0
        if quiet == 5:
            return True
        await asyncio.sleep(0.2)
    return False


async def _is_quiet(here: World, since: float) -> bool:
    if not here.operator.sight.reachable_since(since):
        return False
    try:
        return not await here.checkpoints() and (await here.is_so(TO_BRIDGE) or await here.is_so(TO_NIC))
    except Exception:  # noqa: BLE001 - NetworkManager is on its way
        return False
