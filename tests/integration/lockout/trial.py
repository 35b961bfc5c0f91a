"""One bad configuration through one entry: from a good state to what became of it, measured by the operator."""

import asyncio
import contextlib
import time
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from netconf.errors import Problem
from netconf.model import NetworkState
from tests.integration.lockout.entries import Api, Attempt, Command, Document, End
from tests.integration.lockout.node import BRIDGE_START
from tests.integration.lockout.world import Pace, World, world

PROMISED_S = 60
HERE = Pace()
_STILL_S = 1.0
_GOOD_S = 50  # the product's own: nothing here depends on how long it waits
_OUT_OF_REACH = "it cannot be reached"
Act = Callable[[World], Awaitable[Attempt]]


@dataclass(frozen=True, slots=True)
class Bad:
    """`act` does it; `stopped_by` says who is to stop it. With `may_stay` the new configuration may be kept, reachable.

    `needs` are kernel modules. `start` is the machine's first configuration, `good` a change that has to work after.
    """

    name: str
    stopped_by: str
    act: Act
    may_stay: Document | None = None
    start: dict[str, str] = field(default_factory=lambda: BRIDGE_START)
    good: Document = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    long: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """`wrong` is empty when the machine is reachable with its old configuration and can be changed again.

    `end` None means that the trial itself broke off. `log` is the machine's, only when something is wrong.
    """

    name: str
    entry: str
    end: End | None
    unreachable_s: float = 0.0
    locked_out: bool = False
    wrong: str = ""
    description: str = ""
    log: str = ""


async def tried(
    bad: Bad,
    enter: type[Api] | type[Command],
    tree: Path,
    *,
    guarded: bool = True,
    pace: Pace = HERE,
) -> Outcome:
    try:
        async with world(tree, bad.start, enter, vlans="8021q" in bad.needs, guarded=guarded, pace=pace) as here:
            outcome = await _run(here, bad)
            return outcome if not outcome.wrong else replace(outcome, log=here.node.log)
    except Exception:  # noqa: BLE001 - an outcome, too: the table goes on
        return Outcome(bad.name, enter.name, None, locked_out=True, wrong=traceback.format_exc())


async def _run(here: World, bad: Bad) -> Outcome:
    state, disk = await here.state(), here.node.on_disk()
    begun = time.monotonic()
    attempt = await bad.act(here)
    wrong = await _comes_back(here, bad, attempt, state, disk)
    unreachable_s = here.operator.sight.unreachable_s(begun)
    locked_out = wrong == _OUT_OF_REACH or unreachable_s > PROMISED_S
    if not wrong and bad.good:
        after = await here.change(bad.good, _GOOD_S)
        if after.end is not End.CONFIRMED:
            wrong = f"a good change does not work any more: {after.end}: {after.description}"
        elif not await here.is_so(bad.good):
            wrong = "a good change was confirmed and is not in force"
    return Outcome(bad.name, here.entry.name, attempt.end, unreachable_s, locked_out, wrong, attempt.description)


async def _comes_back(here: World, bad: Bad, attempt: Attempt, state: NetworkState, disk: dict[str, str]) -> str:
    """What is not as it was, once everything is quiet; empty when all is."""
    wrong = "nobody looked"
    begun = time.monotonic()
    quiet_since: float | None = None
    while time.monotonic() < begun + here.pace.back_s:
        reachable = here.operator.sight.reachable_since(begun)
        wrong = await _difference(here, bad, attempt, state, disk) if reachable else _OUT_OF_REACH
        if wrong:
            quiet_since = None
        elif quiet_since is None:
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since > _STILL_S:
            return ""
        await asyncio.sleep(0.2)
    return wrong


async def _difference(here: World, bad: Bad, attempt: Attempt, state: NetworkState, disk: dict[str, str]) -> str:
    try:
        if await here.checkpoints():
            return "a change is still open"
        if bad.may_stay is not None and attempt.end in (End.CONFIRMED, End.CUT) and await here.is_so(bad.may_stay):
            return ""
        now = await here.state()
    except (Problem, OSError) as err:
        return f"NetworkManager does not answer: {err}"
    if now != state:
        return f"it is not as before: {_format_difference(now, state)}"
    if here.node.on_disk() != disk:
        return f"other profiles are on the disk: {sorted(here.node.on_disk())} instead of {sorted(disk)}"
    return ""


def _format_difference(now: NetworkState, then: NetworkState) -> str:
    with contextlib.suppress(AttributeError):
        new = [i for i in now.interfaces if i not in then.interfaces]
        old = [i for i in then.interfaces if i not in now.interfaces]
        rest = [(getattr(now, k), getattr(then, k)) for k in ("routes", "rules", "dns")]
        return f"{new} was {old}; {[pair for pair in rest if pair[0] != pair[1]]}"
    return ""
