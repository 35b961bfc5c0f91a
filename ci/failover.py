"""Power losses of the engine's host in a row on a lab that is up: START of the engine elsewhere, the API's answer."""

import os
import threading
from collections.abc import Callable, Sequence
from statistics import median

from ci.pairs import Pair
from tests.lab import ha_run
from tests.lab.ha_run import Failover
from tests.lab.under_test import LabUnderTest

START_AIM_S, API_AIM_S = 75.0, 95.0  # of the default profile; the API 20 s later


def losses(lab: LabUnderTest, count: int, tell: Callable[[str], None]) -> list[Failover]:
    """One loss after the other, each on a site that has settled."""
    found = []
    for number in range(1, count + 1):
        ha_run.settle(lab)
        lost = ha_run.engine_host(lab)
        killing = threading.Thread(target=lab.kill, args=(lost,))
        found.append(ha_run.measure(lab, killing.start))
        tell(f"{number} of {count}: {lost} lost, {found[-1]}, load {os.getloadavg()[0]:.1f}")
        killing.join()
        ha_run.power_on(lab, lost)
    ha_run.settle(lab)
    return found


def pairs(found: Sequence[Failover]) -> tuple[Pair, ...]:
    """The slowest of each: that is what is promised."""
    return (
        Pair(f"failover: START, slowest of {len(found)}", max(one.start_s for one in found), START_AIM_S, "s"),
        Pair(f"failover: API, slowest of {len(found)}", max(one.api_s for one in found), API_AIM_S, "s"),
    )


def distribution(found: Sequence[Failover]) -> tuple[str, ...]:
    return (_line("START", [one.start_s for one in found]), _line("API", [one.api_s for one in found]))


def _line(what: str, seconds: Sequence[float]) -> str:
    each = " ".join(f"{one:.1f}" for one in sorted(seconds))
    return f"{what}: min {min(seconds):.1f} s, median {median(seconds):.1f} s, max {max(seconds):.1f} s ({each})"
