"""Gathers what explains a failure of a lab into one folder, before the lab is removed."""

import shutil
import subprocess
from pathlib import Path

from ci.lab import engine_vm
from ci.lab.appliance import Appliance
from ci.lab.machine import Machine
from node.api.problems import Problem

INSIDE = ("/var/log/glusterfs", "/var/log/libvirt", "/var/log/sanlock.log", "/var/lib/trivet/deploy/journal")
QUESTIONS = {
    "journal": ("journalctl", "--no-pager", "-o", "short-precise"),
    "failed-units": ("systemctl", "--failed", "--no-pager"),
    "network": ("ip", "address"),
    "volumes": ("gluster", "--mode=script", "volume", "status"),
    "vms": ("virsh", "list", "--all"),
    "leases": ("sanlock", "client", "status"),
    "processes": ("ps", "-eo", "pid,ppid,rss,etime,args"),
}


def collect(appliance: Appliance, folder: Path) -> None:
    """Logs and states of all nodes that run and of the engine into `folder`; what cannot be had is left out."""
    for machine in appliance.machines:
        _node(machine, folder / machine.node.name)
    if appliance.lab.relay_log.exists():
        shutil.copy(appliance.lab.relay_log, folder / "relay.log")
    try:
        done = engine_vm.find(appliance.machines).exec("journalctl", "--no-pager", "-o", "short-precise")
        (folder / "engine-journal.log").write_bytes(done.stdout)
    except Problem as problem:
        (folder / "engine-journal.log").write_text(f"{problem}\n")


def _node(machine: Machine, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if machine.node.console_log.exists():
        shutil.copy(machine.node.console_log, folder / "console.log")
    if machine.leader() is None:
        return
    for name, command in QUESTIONS.items():
        done = machine.exec(*command, check=False)
        (folder / f"{name}.log").write_text(done.stdout + done.stderr)
    pack = machine.enter(["tar", "-C", "/", "-cf", "-", "--ignore-failed-read", *(path[1:] for path in INSIDE)])
    packed = subprocess.run(pack, capture_output=True, check=False).stdout
    subprocess.run(["tar", "-C", str(folder), "-xf", "-"], input=packed, capture_output=True, check=False)
