"""A deploy that is killed, and loses the power of its node, on the way; `lab up` of the lab tests goes on from there.

Not collected with its folder: it is run before the lab is deployed (see ci/testing/suites.py), and costs seconds, since
what was done stays done. test_deploy_interrupted.py kills at every step, on nodes of its own.
"""

import os

import pytest

from ci.lab import deploying, supplies
from ci.lab.machine import Machine
from images import build
from node.system.process import run
from tests.lab.deploy_run import DeployRun, begun
from tests.lab.under_test import find

pytestmark = pytest.mark.lab
KILLED_AT = ("claim:node2", "network:node1", "volume:engine", "mount:data", "start")
POWER_CUT_AT = "lockspace"


@pytest.fixture(scope="module")
def first() -> Machine:
    machines = find(os.environ.get("TRIVET_LAB", "test")).appliance.machines
    deploying.hand_answers(machines[0], [deploying.introduce(machine) for machine in machines])
    return machines[0]


@pytest.mark.timeout(900)
def test_a_deploy_goes_on_after_kills_and_a_power_cut(first: Machine) -> None:
    for key in (*KILLED_AT[:-1], POWER_CUT_AT, KILLED_AT[-1]):
        deploy = DeployRun(first)
        reached = deploy.kill_when(lambda: key in begun(first))  # noqa: B023 - used up within the round
        assert reached, (key, deploy.end())
        if key == POWER_CUT_AT:
            ready = supplies.gather(build.build_all(build.DEFAULT_STORE, print), run, print)
            first.kill()
            first.start(ready.launch, lower=ready.lower, shim=ready.shim)
            first.wait_ready(120)
            deploying.wait_agent(first, 120)
