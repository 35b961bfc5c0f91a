"""The engine as tests of its high availability see it: where it runs, when it was started, whether it answers."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from ci.lab import supplies
from ci.lab.gate import Gate
from ci.lab.machine import NodeOff
from images import build
from node.system.process import CommandFailed, run
from tests.lab.under_test import LabUnderTest

HANG_S = 1800.0  # an emulated engine on busy processors boots in minutes
UP_LINE = "VM HostedEngine is up"


@dataclass(frozen=True, slots=True)
class Failover:
    """In seconds after the loss. `start_s`: the engine VM ran elsewhere, by the clock of its host's log."""

    host: str
    start_s: float
    api_s: float

    def __str__(self) -> str:
        return f"failover to {self.host}: START {self.start_s:.1f} s, API {self.api_s:.1f} s"


def engine_hosts(lab: LabUnderTest) -> list[str]:
    """Every node whose libvirt runs the engine VM."""
    found = []
    for name in lab.nodes:
        try:
            if "HostedEngine" in lab.exec(name, "virsh", "list", "--name", "--state-running").split():
                found.append(name)
        except (NodeOff, CommandFailed):
            continue
    return found


def engine_host(lab: LabUnderTest) -> str:
    (host,) = engine_hosts(lab)
    return host


def answers(lab: LabUnderTest) -> bool:
    return Gate(lab.appliance).healthy() is None


def until(what: str, done: Callable[[], bool], *, limit_s: float = HANG_S, every_s: float = 1.0) -> None:
    """`limit_s` is for what hangs, not for what is slow."""
    end = time.monotonic() + limit_s
    while not done():
        assert time.monotonic() < end, f"not within {limit_s:g} s: {what}"
        time.sleep(every_s)


def measure(lab: LabUnderTest, lose: Callable[[], None]) -> Failover:
    """Lose something with `lose`, which returns at once or not; wait for the API; fails when there are two engines."""
    at, began = time.time(), time.monotonic()
    lose()
    until("the API does not answer any more", lambda: not answers(lab))
    until("the API answers again", lambda: answers(lab))
    api_s = time.monotonic() - began
    host = engine_host(lab)
    return Failover(host, started_at(lab, host, at) - at, api_s)


def started_at(lab: LabUnderTest, host: str, after: float) -> float:
    """When the engine VM ran there, by the wall clock that all nodes of a lab share."""
    log = lab.exec(host, "journalctl", "-u", "trivet-ha", "-o", "short-unix", "--since", f"@{int(after)}", "--no-pager")
    times = [float(line.split()[0]) for line in log.splitlines() if UP_LINE in line]
    assert times, f"trivet-ha on {host} has not started the engine VM"
    return times[-1]


def power_on(lab: LabUnderTest, *names: str) -> None:
    """Switch nodes on; returns when their systems run."""
    if not names:
        return
    ready = supplies.gather(build.build_all(build.DEFAULT_STORE, print), run, print)
    for name in names:
        lab.node(name).start(ready.launch, lower=ready.lower, shim=ready.shim)
    for name in names:
        lab.node(name).wait_ready(300)


def wait_on(lab: LabUnderTest, name: str) -> None:
    """Until somebody else has switched a node on and its system runs."""
    until(f"{name} is switched on again", lambda: lab.node(name).supervisor() is not None)
    lab.node(name).wait_ready(300)


def wait_whole(lab: LabUnderTest) -> None:
    """Wait until the site is whole again: the engine serves, all hosts are up, nothing waits to be healed."""
    until("the API answers", lambda: answers(lab))
    until("all hosts are up", lambda: set(host_states(lab).values()) == {"up"})
    until("all volumes are healed", lambda: all(_is_healed(lab, volume) for volume in ("engine", "data")), every_s=5)
    until("all hosts see each other", lambda: all(_reaches_all(lab, name) for name in lab.nodes), every_s=2)


def host_states(lab: LabUnderTest) -> dict[str, str]:
    """By name, as the API says; empty while it does not answer."""
    found = _get(lab, "/hosts")
    return {str(host["name"]): str(host["status"]) for host in found.get("host", [])}


def engine_vm_host(lab: LabUnderTest) -> str | None:
    """The name of the host on which the API shows the engine VM."""
    names = {host["id"]: host["name"] for host in _get(lab, "/hosts").get("host", [])}
    for vm in _get(lab, "/vms").get("vm", []):
        if vm["name"] == "HostedEngine":
            return names.get(vm.get("host", {}).get("id"))
    return None


def daemon(lab: LabUnderTest, name: str) -> int:
    """The process of trivet-ha there; 0 when it does not run."""
    return int(lab.exec(name, "systemctl", "show", "-P", "MainPID", "trivet-ha"))


def why(lab: LabUnderTest, name: str) -> dict[str, Any]:
    """What trivet-ha there decided last; empty where it has decided nothing yet."""
    done = lab.node(name).exec("trivet", "ha", "why", "--json", check=False)
    return dict(json.loads(done.stdout)) if done.returncode == 0 else {}


def signal_engine(lab: LabUnderTest, host: str, signal: str) -> None:
    """Send a signal to the engine VM's QEMU."""
    lab.exec(host, "sh", "-c", f"kill -{signal} $(cat /run/libvirt/qemu/HostedEngine.pid)")


def _get(lab: LabUnderTest, path: str) -> dict[str, Any]:
    try:
        answer = httpx.get(
            lab.url + path,
            auth=(lab.user, lab.password),
            verify=str(lab.authority),
            headers={"Accept": "application/json"},
            timeout=60,
            trust_env=False,
        )
    except httpx.HTTPError:
        return {}
    return dict(answer.json()) if answer.status_code == 200 else {}


def _is_healed(lab: LabUnderTest, volume: str) -> bool:
    said = lab.node(lab.nodes[0]).exec("gluster", "volume", "heal", volume, "info", check=False, timeout_s=120).stdout
    counts = re.findall(r"^Number of entries: (\S+)$", said, re.MULTILINE)
    return len(counts) == len(lab.nodes) and set(counts) == {"0"}


def _reaches_all(lab: LabUnderTest, name: str) -> bool:
    done = lab.node(name).exec("trivet", "ha", "status", "--json", check=False)
    silent = re.findall(r'"silent_s":([0-9.]+)', done.stdout)
    return len(silent) == len(lab.nodes) - 1 and all(float(text) < 20 for text in silent)
