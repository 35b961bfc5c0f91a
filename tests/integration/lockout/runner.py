"""Runs trials side by side: most of each is waiting."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.integration.lockout.entries import Api, Command
from tests.integration.lockout.trial import HERE, Bad, Outcome, tried
from tests.integration.lockout.world import Pace

Enter = type[Api] | type[Command]
AT_ONCE = 6  # on two cores


@dataclass(frozen=True, slots=True)
class Trial:
    bad: Bad
    enter: Enter
    guarded: bool = True


async def run_all(
    trials: Iterable[Trial],
    tree: Path,
    *,
    at_once: int = AT_ONCE,
    pace: Pace = HERE,
    report: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    turns = asyncio.Semaphore(at_once)

    async def run(trial: Trial) -> Outcome:
        async with turns:
            outcome = await tried(trial.bad, trial.enter, tree, guarded=trial.guarded, pace=pace)
            report(outcome)
            return outcome

    longest_first = sorted(trials, key=lambda trial: not trial.bad.long)
    return list(await asyncio.gather(*(run(trial) for trial in longest_first)))
