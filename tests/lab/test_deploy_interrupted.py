"""Whenever a deploy is killed or its node loses power, running it again ends in a working appliance."""

import random
import time
from collections.abc import Iterator

import pytest

from ci.lab import supplies
from ci.lab.appliance import Appliance
from ci.lab.gate import Gate
from images import build
from node.system.process import run
from tests.lab.deploy_run import DeployRun, bare_lab, begun

POWER_CUTS = ("claim:node1", "network:node1", "volume:data", "lockspace", "system", "start", "health")
MOST_RUNS = 100


@pytest.fixture
def bare() -> Iterator[Appliance]:
    with bare_lab("interrupted") as appliance:
        yield appliance


@pytest.mark.timeout(1500)
def test_killed_at_every_step(bare: Appliance) -> None:
    first = bare.machines[0]
    killed_at: list[set[str]] = []
    for _ in range(MOST_RUNS):
        before = begun(first)
        deploy = DeployRun(first)
        if not deploy.kill_when(lambda: bool(begun(first) - before)):  # noqa: B023 - used up within the round
            status, said = deploy.end()
            assert status == 0, said
            break
        killed_at.append(begun(first) - before)
    assert len(killed_at) >= 20, killed_at
    assert_working(bare)


@pytest.mark.timeout(1500)
def test_killed_at_random_moments(bare: Appliance) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    first = bare.machines[0]
    for count in range(MOST_RUNS):
        deploy = DeployRun(first)
        until = time.monotonic() + chance.uniform(0.3, 4.0 + count)
        if not deploy.kill_when(lambda: time.monotonic() >= until):  # noqa: B023 - used up within the round
            status, said = deploy.end()
            assert status == 0, said
            break
    assert_working(bare)


@pytest.mark.timeout(1500)
def test_power_lost_at_some_steps(bare: Appliance) -> None:
    """The machine that runs the deploy is gone at once, with its brick, its agent and perhaps the engine's VM."""
    first = bare.machines[0]
    images = build.build_all(build.DEFAULT_STORE, print)
    ready = supplies.gather(images, run, print)
    for key in POWER_CUTS:
        deploy = DeployRun(first)
        assert deploy.kill_when(lambda: key in begun(first)), deploy.end()  # noqa: B023 - used up within the round
        first.kill()
        first.start(ready.launch, lower=ready.lower, shim=ready.shim)
        first.wait_ready(120)
    status, said = DeployRun(first).end()
    assert status == 0, said
    assert_working(bare)


def assert_working(appliance: Appliance) -> None:
    """As a user and as an operator see it: nothing left to do, one engine VM, whole volumes, an API that answers."""
    first = appliance.machines[0]
    status, said = DeployRun(first).end()
    assert status == 0, said
    assert "Nothing to do" in said
    running = [machine.exec("virsh", "list", "--name").stdout.split() for machine in appliance.machines]
    assert sum(names.count("HostedEngine") for names in running) == 1, running
    for volume in ("engine", "data"):
        info = first.exec("gluster", "volume", "info", volume).stdout
        assert "Status: Started" in info
        assert "1 x 3 = 3" in info
    gate = Gate(appliance)
    gate.open()
    gate.fetch(first)
    gate.wait_healthy(30)
