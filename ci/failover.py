"""Power losses of the engine's host in a row on a lab that is up: START of the engine elsewhere, the API's answer."""

import os
import threading
from collections.abc import Callable, Sequence
from statistics import median

from ci.lab.bmc.switch import Controllers
from ci.pairs import Pair
from tests.lab import ha_run
from tests.lab.ha_run import Failover
from tests.lab.under_test import LabUnderTest

START_AIM_S, FENCED_START_AIM_S = 75.0, 9.0  # of the default profile; with a device that confirms
API_AFTER_S = 20.0


def losses(lab: LabUnderTest, count: int, report: Callable[[str], None], *, fencing: bool = False) -> list[Failover]:
    """One loss after the other, each on a site that has settled; with `fencing` the site switches the host on again."""
    Controllers(lab.appliance).switch(lab.appliance.machines[0], on=fencing)
    found = []
    for number in range(1, count + 1):
        ha_run.wait_whole(lab)
        lost = ha_run.engine_host(lab)
        killing = threading.Thread(target=lab.kill, args=(lost,))
        found.append(ha_run.measure(lab, killing.start))
        report(f"{number} of {count}: {lost} lost, {found[-1]}, load {os.getloadavg()[0]:.1f}")
        killing.join()
        if fencing:
            ha_run.wait_on(lab, lost)
        else:
            ha_run.power_on(lab, lost)
    ha_run.wait_whole(lab)
    return found


def pairs(found: Sequence[Failover], *, fencing: bool = False) -> tuple[Pair, ...]:
    """The slowest of each: that is what is promised."""
    aim_s, what = (FENCED_START_AIM_S, "fenced failover") if fencing else (START_AIM_S, "failover")
    return (
        Pair(f"{what}: START, slowest of {len(found)}", max(one.start_s for one in found), aim_s, "s"),
        Pair(f"{what}: API, slowest of {len(found)}", max(one.api_s for one in found), aim_s + API_AFTER_S, "s"),
    )


def distribution(found: Sequence[Failover]) -> tuple[str, ...]:
    return (_line("START", [one.start_s for one in found]), _line("API", [one.api_s for one in found]))


def _line(what: str, seconds: Sequence[float]) -> str:
    each = " ".join(f"{one:.1f}" for one in sorted(seconds))
    return f"{what}: min {min(seconds):.1f} s, median {median(seconds):.1f} s, max {max(seconds):.1f} s ({each})"
