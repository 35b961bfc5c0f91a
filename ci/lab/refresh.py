"""Brings changed Python code of Trivet into a running lab within seconds, without a new image or a new boot.

What runs is found by looking: the same sum over the same files, taken in the layer and in the machine.
"""

import io
import shlex
import subprocess
import tarfile
from pathlib import Path
from typing import Protocol

from ci.lab.deploying import AGENT
from ci.lab.engine_vm import GuestVm
from ci.lab.machine import Machine
from images.wheels import site_packages
from node.api.problems import Failed

ENGINE_UNIT = "trivet-engine.service"
PACK = "/run/trivet-code.tar.gz"


class RefreshFailed(Failed):
    what = "The changed code did not get into {place}"
    why = "{reason}"
    mend = "Run ./trivet lab up again, or bring the lab down and up"


class Place(Protocol):
    """Where code runs: a shell that takes a line and gives its output."""

    name: str

    def sh(self, line: str) -> str: ...

    def put(self, pack: bytes) -> None: ...


class NodePlace:
    def __init__(self, machine: Machine) -> None:
        self.name = machine.node.name
        self._machine = machine

    def sh(self, line: str) -> str:
        return self._machine.exec("sh", "-c", line).stdout

    def put(self, pack: bytes) -> None:
        self._machine.exec("sh", "-c", f"cat > {PACK}", stdin=pack)


class EnginePlace:
    def __init__(self, vm: GuestVm) -> None:
        self.name = "the engine VM"
        self._vm = vm

    def sh(self, line: str) -> str:
        done = self._vm.exec("/bin/sh", "-c", line)
        if done.returncode != 0:
            raise RefreshFailed(place=self.name, reason=done.stderr.decode(errors="replace").strip())
        return done.stdout.decode()

    def put(self, pack: bytes) -> None:
        self._vm.write(PACK, pack)


def refresh_node(machine: Machine, layer: Path) -> bool:
    """Put the layer's code into the node and restart its agent; False when it runs that code already."""
    return _refresh(NodePlace(machine), layer, "node", AGENT)


def refresh_engine(vm: GuestVm, layer: Path) -> bool:
    return _refresh(EnginePlace(vm), layer, "hosted_engine", ENGINE_UNIT)


def _refresh(place: Place, layer: Path, package: str, unit: str) -> bool:
    packages = packages_of(layer)
    question = sum_line(site_packages(Path("/")), packages)
    wanted = subprocess.run(
        ["sh", "-c", sum_line(site_packages(layer), packages)], check=True, capture_output=True, text=True
    ).stdout
    if place.sh(question) == wanted:
        return False
    place.put(pack(layer))
    old = " ".join(shlex.quote(str(site_packages(Path("/")) / name)) for name in packages)
    place.sh(f"rm -rf {old} && tar -C / --no-overwrite-dir -xzf {PACK} && rm {PACK}")
    place.sh(units_line(package, unit))
    if place.sh(question) != wanted:
        raise RefreshFailed(place=place.name, reason="it is not the same there as it is here")
    return True


def packages_of(layer: Path) -> tuple[str, ...]:
    return tuple(
        sorted(entry.name for entry in site_packages(layer).iterdir() if not entry.name.endswith(".dist-info"))
    )


def sum_line(folder: Path, packages: tuple[str, ...]) -> str:
    """A shell line that prints one sum over all files of the packages, those that Python makes itself left out."""
    return (
        f"cd {shlex.quote(str(folder))} && find {shlex.join(packages)} -type f ! -name '*.pyc' -print0 2>/dev/null "
        "| LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum"
    )


def units_line(package: str, unit: str) -> str:
    """A shell line that puts the units in which came with the package and restarts the one that runs the code."""
    folder = site_packages(Path("/")) / package
    return (
        f"for new in {folder}/*.service; do name=${{new##*/}}; cp $new /usr/lib/systemd/system/ "
        f"&& systemctl enable --quiet $name || exit 1; done; systemctl daemon-reload; systemctl restart {unit}"
    )


def pack(layer: Path) -> bytes:
    """Trivet's part of the virtual environment as tar.gz."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.add(layer / "opt", "opt", filter=lambda entry: None if entry.name.endswith(".pyc") else entry)
    return packed.getvalue()
