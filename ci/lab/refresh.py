"""Brings changed Python code of Trivet into a running lab within seconds, without a new image or a new boot."""

import subprocess
from pathlib import Path

import msgspec

from ci.lab.deploying import AGENT
from ci.lab.launch import Launch
from ci.lab.machine import Machine

VENV = "opt/trivet/venv"


def running_layer(machine: Machine) -> Path:
    """The layer with Trivet's code that the node runs now: the one it booted with, or a later one put into it."""
    marker = _marker(machine)
    if marker.exists():
        return Path(marker.read_text())
    launch = msgspec.json.decode(machine.node.launch_file.read_bytes(), type=Launch)
    return Path(launch.lowers[0])


def refresh_node(machine: Machine, layer: Path) -> bool:
    """Put the layer's files into the running node and restart its agent; False when it runs that code already."""
    if running_layer(machine) == layer:
        return False
    pack = subprocess.run(
        ["tar", "-C", str(layer), "--exclude=*.pyc", "-cf", "-", "."], check=True, capture_output=True
    ).stdout
    site_packages = next(layer.glob(f"{VENV}/lib/python3*/site-packages"))
    own = [f"/{VENV}/{site_packages.relative_to(layer / VENV)}/{entry.name}" for entry in site_packages.iterdir()]
    machine.exec("rm", "-rf", "--", *own)
    machine.exec("tar", "-C", "/", "--no-overwrite-dir", "-xf", "-", stdin=pack)
    machine.exec("systemctl", "daemon-reload")
    machine.exec("systemctl", "restart", AGENT)
    _marker(machine).write_text(str(layer))
    return True


def _marker(machine: Machine) -> Path:
    return machine.node.runtime / "code"
