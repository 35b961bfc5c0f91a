"""How long after a power loss the engine is started elsewhere, in virtual seconds, whenever that happens."""

from random import Random

import pytest

from hosted_engine.ha.profiles import DEFAULT, FAST, Profile
from hosted_engine.ha.simulation.cluster import Setup
from hosted_engine.ha.simulation.events import Event
from hosted_engine.ha.simulation.scenario import Scenario, run

POWER_LOSSES = 40


def _start_after_s(profile: Profile, fences: bool, seed: int) -> float:
    """From power loss to START; the seed says when hosts renew and when power fails."""
    at = 20.0 + Random(seed).randint(0, 20)
    setup = Setup(profile=profile, fences=fences, boot_s=8, seed=seed)
    found = run(Scenario(setup=setup, events=(Event(at, ("power", "off", "node1")),), until=at + 120), steady_s=2)
    return next(float(line.split()[0]) for line in found.lines if line.endswith("/vm: started")) - at


@pytest.mark.parametrize(
    ("profile", "fences", "limit_s"),
    [(DEFAULT, False, 75), (FAST, False, 35), (DEFAULT, True, 9), (FAST, True, 9)],
    ids=["default", "fast", "default-fenced", "fast-fenced"],
)
def test_the_engine_is_started_elsewhere_in_time(profile: Profile, fences: bool, limit_s: float) -> None:
    took = [_start_after_s(profile, fences, seed) for seed in range(POWER_LOSSES)]
    assert max(took) <= limit_s, sorted(took)


def test_without_fencing_nobody_is_early() -> None:
    """A start before the owner is counted as dead would be a second engine."""
    assert min(_start_after_s(FAST, False, seed) for seed in range(POWER_LOSSES)) > FAST.host_dead_s - FAST.renewal_s
