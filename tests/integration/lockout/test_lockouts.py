"""Every bad configuration ends reachable, as it was, and can be changed again; and the trials can tell when not."""

import asyncio
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest

from images import build
from tests.integration.lockout.entries import Api, Command
from tests.integration.lockout.runner import Trial, run_all
from tests.integration.lockout.scenarios import SCENARIOS
from tests.integration.lockout.trial import HERE, Outcome

# The table of `./trivet lockouts` has the long ones through both entries.
GUARDED = [Trial(bad, enter) for bad in SCENARIOS for enter in (Api, Command) if enter is Api or not bad.long]
SHOWN = ("gateway that nobody is", "no address", "NIC taken from its bridge")
UNGUARDED = [Trial(bad, Api, guarded=False) for bad in SCENARIOS if bad.name in SHOWN]

Outcomes = Mapping[tuple[str, str, bool], Outcome]


def named(trial: Trial) -> str:
    return f"{trial.bad.name}, {trial.enter.name}"


@pytest.fixture(scope="module")
def outcomes() -> Iterator["Future[Outcomes]"]:
    """All of them side by side, at the first test; most of each is waiting."""

    def run() -> Outcomes:
        tree = build.build_node(build.DEFAULT_STORE, print)
        guarded = asyncio.run(run_all(GUARDED, tree))
        unguarded = asyncio.run(run_all(UNGUARDED, tree, pace=replace(HERE, back_s=20)))
        found = ((True, outcome) for outcome in guarded), ((False, outcome) for outcome in unguarded)
        return {(outcome.name, outcome.entry, safe): outcome for part in found for safe, outcome in part}

    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(run)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("trial", GUARDED, ids=named)
def test_nobody_is_locked_out(outcomes: "Future[Outcomes]", trial: Trial) -> None:
    outcome = outcomes.result()[trial.bad.name, trial.enter.name, True]
    assert not outcome.locked_out, f"{outcome.wrong}\n{outcome.says}\n{outcome.log}"
    assert not outcome.wrong, f"{outcome.wrong}\n{outcome.says}\n{outcome.log}"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("trial", UNGUARDED, ids=named)
def test_without_the_proof_one_is_locked_out(outcomes: "Future[Outcomes]", trial: Trial) -> None:
    assert outcomes.result()[trial.bad.name, trial.enter.name, False].locked_out
