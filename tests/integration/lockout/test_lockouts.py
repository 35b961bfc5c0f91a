"""Every bad configuration ends reachable, as it was, and can be changed again; and the trials can tell when not."""

import asyncio
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

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


def asked(request: pytest.FixtureRequest) -> list[Trial]:
    """The trials of the tests that this run has selected."""
    here = [item for item in request.session.items if isinstance(item, pytest.Function) and item.path == request.path]
    return [trial for trial in (item.callspec.params["trial"] for item in here) if isinstance(trial, Trial)]


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest) -> Iterator["Future[Outcomes]"]:
    """All that are asked for side by side, at the first test; most of each is waiting."""
    trials = asked(request)

    def run() -> Outcomes:
        tree = build.build_node(build.DEFAULT_STORE, print)
        guarded = asyncio.run(run_all([trial for trial in trials if trial.guarded], tree))
        bare = [trial for trial in trials if not trial.guarded]
        unguarded = asyncio.run(run_all(bare, tree, pace=replace(HERE, back_s=20)))
        found = ((True, outcome) for outcome in guarded), ((False, outcome) for outcome in unguarded)
        return {(outcome.name, outcome.entry, safe): outcome for part in found for safe, outcome in part}

    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(run)


def seldom(trial: Trial) -> Any:
    """A trial of the long suite only, unless every change has to pass it."""
    every_time = trial.bad.name in SHOWN and trial.enter is Api
    return pytest.param(trial, id=named(trial), marks=() if every_time else pytest.mark.long)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("trial", [seldom(trial) for trial in GUARDED])
def test_nobody_is_locked_out(outcomes: "Future[Outcomes]", trial: Trial) -> None:
    outcome = outcomes.result()[trial.bad.name, trial.enter.name, True]
    assert not outcome.locked_out, f"{outcome.wrong}\n{outcome.description}\n{outcome.log}"
    assert not outcome.wrong, f"{outcome.wrong}\n{outcome.description}\n{outcome.log}"


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("trial", UNGUARDED, ids=named)
def test_without_the_proof_one_is_locked_out(outcomes: "Future[Outcomes]", trial: Trial) -> None:
    assert outcomes.result()[trial.bad.name, trial.enter.name, False].locked_out
