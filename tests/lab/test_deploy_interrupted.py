"""Whenever a deploy is killed or its node loses power, running it again ends in a working appliance; whenever taking it
back is killed, running that again ends with bare nodes, and those can be deployed again."""

import random
import time
from collections.abc import Iterator

import pytest

from ci.lab import supplies
from ci.lab.appliance import Appliance
from ci.lab.bricks import BRICKS
from ci.lab.gate import Gate
from ci.lab.machine import Machine
from ci.lab.names import NODE_NIC
from hosted_engine.deploy.command import STORAGE_NOT_WHOLE
from images import build
from node.system.process import run
from tests.lab.deploy_run import DeployRun, bare_lab, begun, begun_back

pytestmark = pytest.mark.long
POWER_CUTS = ("claim:node1", "network:node1", "volume:data", "lockspace", "system", "start", "health")
MOST_RUNS = 100
UP = (0, STORAGE_NOT_WHOLE)  # nothing is left to do; what a power cut left is being healed
WHOLE_S = 300.0


TEARDOWN = ("--take-back", "--yes")
KILLS_BACK = ("start", "join", "mount:engine", "volume:engine", "peer:node2", "network:node1", "claim:node2")


@pytest.fixture(scope="module")
def nodes() -> Iterator[Appliance]:
    with bare_lab("interrupted") as appliance:
        yield appliance


@pytest.fixture
def bare(nodes: Appliance) -> Appliance:
    """Nodes of no site; what an earlier test deployed is taken back."""
    status, output = DeployRun(nodes.machines[0], *TEARDOWN).end()
    assert status == 0, output
    assert_bare(nodes)
    return nodes


@pytest.fixture
def deployed(nodes: Appliance) -> Appliance:
    status, output = DeployRun(nodes.machines[0]).end()
    assert status in UP, output
    return nodes


@pytest.mark.timeout(3000)
def test_killed_at_every_step(bare: Appliance) -> None:
    first = bare.machines[0]
    killed_at: list[set[str]] = []
    for _ in range(MOST_RUNS):
        before = begun(first)
        deploy = DeployRun(first)
        if not deploy.kill_when(lambda: bool(begun(first) - before)):  # noqa: B023 - used up within the round
            status, output = deploy.end()
            assert status in UP, output
            break
        killed_at.append(begun(first) - before)
    assert len(killed_at) >= 20, killed_at
    assert_working(bare)


@pytest.mark.timeout(3000)
def test_taken_back_though_it_is_killed(deployed: Appliance) -> None:
    first = deployed.machines[0]
    status, output = DeployRun(first, "--take-back").end()
    assert status == 1
    assert "--yes was not given" in output
    for key in KILLS_BACK:
        deploy = DeployRun(first, *TEARDOWN)
        assert deploy.kill_when(lambda: key in begun_back(first)), deploy.end()  # noqa: B023 - used up within the round
        assert "is being taken back" in DeployRun(first).end()[1]
    status, output = DeployRun(first, *TEARDOWN).end()
    assert status == 0, output
    assert_bare(deployed)


@pytest.mark.timeout(3000)
def test_killed_at_random_moments(bare: Appliance) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    first = bare.machines[0]
    for count in range(MOST_RUNS):
        deploy = DeployRun(first)
        until = time.monotonic() + chance.uniform(0.3, 4.0 + count)
        if not deploy.kill_when(lambda: time.monotonic() >= until):  # noqa: B023 - used up within the round
            status, output = deploy.end()
            assert status in UP, output
            break
    assert_working(bare)


@pytest.mark.timeout(3000)
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
    status, output = DeployRun(first).end()
    assert status in UP, output
    assert_working(bare)


def assert_working(appliance: Appliance) -> None:
    """As a user and as an operator see it: nothing left to do, one engine VM, whole volumes, an API that answers."""
    first = appliance.machines[0]
    until = time.monotonic() + WHOLE_S
    while (ended := DeployRun(first).end())[0] == STORAGE_NOT_WHOLE and time.monotonic() < until:
        pass  # it waits by itself
    status, output = ended
    assert status == 0, output
    assert "Nothing to do" in output
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


def assert_bare(appliance: Appliance) -> None:
    """Nothing of the site is on any node, and each of them waits to be claimed with its code."""
    for machine in appliance.machines:

        def output(*command: str, machine: Machine = machine) -> str:
            return machine.exec(*command, check=False).stdout

        assert output("virsh", "list", "--all", "--name").split() == []
        assert output("systemctl", "is-active", "glusterd").strip() == "inactive"
        assert output("find", "/var/lib/glusterd/peers", "/var/lib/glusterd/vols", "-mindepth", "1").split() == []
        assert (
            output("find", "/etc/ssl", "/var/lib/glusterd", "-name", "glusterfs.*", "-o", "-name", "secure-access")
            == ""
        )
        assert "/var/lib/trivet/volumes" not in output("cat", "/proc/mounts")
        assert output("ls", "/var/lib/trivet/volumes").split() == []
        assert output("find", "/run/systemd/system", "-name", "*trivet*").split() == []
        assert not [line for line in output("sanlock", "status").splitlines() if line.startswith(("s ", "r "))]
        assert output("find", *(brick.path for brick in BRICKS)).split() == []
        assert "ovirtmgmt" not in output("ip", "-o", "link")
        assert f" {machine.node.address}/" in output("ip", "-o", "-4", "address", "show", NODE_NIC)
        assert "trivet-node" not in output("cat", "/etc/hosts")
        assert {"claim", "key.pem"} <= set(output("ls", "/var/lib/trivet/node").split())
        assert "ca.pem" not in output("ls", "/var/lib/trivet/node")
    assert appliance.machines[0].exec("find", "/var/lib/trivet/deploy", "-type", "f").stdout.split() in (
        [],
        ["/var/lib/trivet/deploy/lock"],
    )
