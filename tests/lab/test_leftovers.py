"""Whatever kills a lab, the next `up` finds and clears what it left, and `destroy` leaves nothing at all."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ci.lab import cgroups, processes, settings, supplies
from ci.lab.appliance import Appliance
from ci.lab.machine import PROJECT, Machine, NotReady, Power
from ci.lab.names import Lab
from images import build
from node.system.process import run

pytestmark = pytest.mark.long
NAME = "leftovers"


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "ci.lab", *arguments, "--name", NAME]


def lab_command(*arguments: str) -> None:
    subprocess.run(command(*arguments), cwd=PROJECT, check=True, timeout=300)


def traces() -> list[str]:
    """Everything on this host that belongs to the lab."""
    found = [
        line for line in run("losetup", "--noheadings", "--output", "BACK-FILE").splitlines() if f"/{NAME}/" in line
    ]
    found += [line for line in run("ip", "netns", "list").splitlines() if line.split()[0] == f"trivet-{NAME}"]
    found += [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if f"/{NAME}/" in line]
    found += [str(folder / f"trivet-lab/{NAME}") for folder in cgroups.hierarchies()]
    found += [str(Lab(NAME).state), str(Lab(NAME).runtime)]
    return [trace for trace in found if not trace.startswith("/") or Path(trace).exists()]


@pytest.fixture
def machine() -> Iterator[Machine]:
    """The only node of a lab that nobody has deployed; the lab is removed again."""
    lab_command("up", "--nodes", "1", "--bare")
    (machine,) = Appliance(Lab(NAME), settings.load(Lab(NAME)), run).machines
    yield machine
    lab_command("destroy", "--yes")
    assert traces() == []


def test_a_node_whose_supervisor_was_killed_comes_back(machine: Machine) -> None:
    before, supervisor = machine.leader(), machine.supervisor()
    assert before is not None
    assert supervisor is not None
    processes.kill(supervisor)  # the machine itself lives on, without anybody who minds it
    assert processes.wait_gone(supervisor, 10)
    lab_command("up", "--bare")
    assert not processes.alive(before)
    assert machine.power() is Power.ON


def test_a_node_whose_cable_outlived_it_comes_back(machine: Machine) -> None:
    """The kernel takes it away a moment after the last process; here that moment does not end."""
    machine.kill()
    peer = ("type", "veth", "peer", "name", "left")
    run("ip", "-n", machine.node.lab.netns, "link", "add", machine.node.uplink, *peer)
    lab_command("up", "--bare")
    assert machine.power() is Power.ON


def test_a_node_that_does_not_start_says_why(machine: Machine) -> None:
    machine.kill()
    ready = supplies.gather(build.build_all(build.DEFAULT_STORE, print), run, print)
    launch = msgspec.structs.replace(ready.launch, lowers=("/nowhere",))
    machine.start(launch, lower=ready.lower, shim=ready.shim)
    with pytest.raises(NotReady, match="mount -t overlay did not succeed"):
        machine.wait_ready(60)


def test_a_lab_whose_every_process_was_killed_comes_back(machine: Machine) -> None:
    """As after a reboot, save that the namespace is still there."""
    marker = machine.exec("sh", "-c", "echo kept > /root/marker && sync && cat /etc/machine-id").stdout
    server = processes.identify(int(run("tmux", "-S", str(machine.node.lab.terminal), "display", "-p", "#{pid}")))
    assert server is not None
    for pid in [*cgroups.members(machine.node.cgroup), server.pid]:
        process = processes.identify(pid)
        if process is not None:
            processes.kill(process)
    lab_command("up", "--bare")
    assert machine.exec("cat", "/root/marker").stdout == "kept\n"
    assert machine.exec("cat", "/etc/machine-id").stdout == marker


def test_an_up_that_is_killed_goes_on_where_it_was(machine: Machine) -> None:
    lab_command("down")
    for pause_s in (0.3, 1.0, 2.0, 3.0):
        bringing = subprocess.Popen(command("up", "--bare"), cwd=PROJECT, stdout=subprocess.DEVNULL)
        time.sleep(pause_s)
        bringing.send_signal(signal.SIGKILL)
        bringing.wait()
    lab_command("up", "--bare")
    assert machine.power() is Power.ON
