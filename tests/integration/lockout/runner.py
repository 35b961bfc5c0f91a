"""Runs trials side by side: most of each is waiting."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.integration.lockout.entries import Api, Command
from tests.integration.lockout.trial import BACK_S, Bad, Outcome, tried
from tests.integration.lockout.world import WITHIN_S

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
    patience_s: float = BACK_S,
    within_s: int = WITHIN_S,
    tell: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    turns = asyncio.Semaphore(at_once)

    async def run(trial: Trial) -> Outcome:
        async with turns:
            outcome = await tried(
                trial.bad, trial.enter, tree, guarded=trial.guarded, patience_s=patience_s, within_s=within_s
            )
            tell(outcome)
            return outcome

    longest_first = sorted(trials, key=lambda trial: not trial.bad.long)
    return list(await asyncio.gather(*(run(trial) for trial in longest_first)))
