"""Brings changed code of Trivet into running machines within seconds, without a new image or a new boot.

What runs is found by looking: the sums of the same files, in the layer and in the machine. Only files that differ are
sent, with their byte code, and a service is started anew only when it loads one of them.
"""

import hashlib
import io
import re
import shlex
import tarfile
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Protocol

import grimp

from ci.lab.deploying import AGENT
from ci.lab.engine_vm import GuestVm
from ci.lab.machine import Machine
from images.layer import site_packages
from images.wheels import VENV
from node.api.problems import Failed, Refused

PACK = "/run/trivet-code.tar.gz"
DUE = "/run/trivet-refresh-due"  # while it is there, the files may be newer than what the service has loaded
ALONE = "exec 9>/run/trivet-refresh.lock; flock 9"  # the shell of a refresh that was killed may still be at work
UNITS = "usr/lib/systemd/system"
INSIDE = site_packages(Path())
OURS = ("netconf", "gluster", "node", "hosted_engine", "installer")


class RefreshFailed(Failed):
    what = "The changed code did not get into {place}"
    why = "{reason}"
    mend = "Run ./trivet lab refresh again, or bring the lab down and up"


class NothingRuns(Refused):
    what = "No changed code was brought into lab {name}"
    why = "none of its nodes runs"
    mend = "Bring it up, with the code as it is now: ./trivet lab up --name {name}"


@dataclass(frozen=True, slots=True)
class Service:
    """`package` brings the machine's units, `module` is where the service begins. `beside`: another one of the machine,
    which is started anew only where it runs."""

    unit: str
    package: str
    module: str
    beside: "Service | None" = None


HANG_S = 300  # a restart returns when the service serves, and an emulated engine takes its time to load
HA = Service("trivet-ha.service", "hosted_engine/ha", "hosted_engine.ha.agent")
NODE = Service(AGENT, "node", "node.agent", beside=HA)
ENGINE = Service("trivet-engine.service", "hosted_engine", "hosted_engine.start")


class Place(Protocol):
    """Where code runs: a shell that takes a line and gives its output."""

    name: str
    service: Service

    def sh(self, line: str) -> str: ...

    def put(self, pack: bytes) -> None: ...


class NodePlace:
    service = NODE

    def __init__(self, machine: Machine) -> None:
        self.name = machine.node.name
        self._machine = machine

    def sh(self, line: str) -> str:
        return self._machine.exec("sh", "-c", line, timeout_s=HANG_S).stdout

    def put(self, pack: bytes) -> None:
        self._machine.exec("sh", "-c", f"cat > {PACK}", stdin=pack)


class EnginePlace:
    service = ENGINE

    def __init__(self, vm: GuestVm) -> None:
        self.name = "engine"
        self._vm = vm

    def sh(self, line: str) -> str:
        done = self._vm.exec("/bin/sh", "-c", line, timeout_s=HANG_S)
        if done.returncode != 0:
            raise RefreshFailed(place=self.name, reason=done.stderr.decode(errors="replace").strip())
        return done.stdout.decode()

    def put(self, pack: bytes) -> None:
        self._vm.write(PACK, pack)


@dataclass(frozen=True, slots=True)
class Difference:
    """Paths from the machine's root. `due`: an earlier refresh was cut off before its end."""

    changed: tuple[str, ...]
    gone: tuple[str, ...]
    due: bool

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone or self.due)


def refresh(places: Iterable[Place], layer: Path, report: Callable[[str], None]) -> bool:
    """Bring the layer's code into all places side by side; False when all of them had it already."""
    with ThreadPoolExecutor() as side_by_side:
        told = list(side_by_side.map(lambda place: _refresh(place, layer), places))
    for line in filter(None, told):
        report(line)
    return any(told)


def _refresh(place: Place, layer: Path) -> str:
    """What was done, empty when there was nothing to do."""
    began = time.monotonic()
    unit, files, question = place.service.unit, wanted(layer, place.service), sums_line(layer)
    found = difference(files, place.sh(f"{ALONE}; {question}"))
    if not found:
        return ""
    place.put(pack(files, found.changed))
    left = difference(files, place.sh(f"{ALONE}; {replace_line(found, files)}; {question}"))
    if left.changed or left.gone:
        raise RefreshFailed(place=place.name, reason="it is not the same there as it is here")
    loads = found.due or concerns(place.service.module, (*found.changed, *found.gone))
    beside = place.service.beside
    also = beside is not None and (found.due or concerns(beside.module, (*found.changed, *found.gone)))
    restarts = [f"systemctl restart {unit}"] * loads + (
        [f"systemctl try-restart {beside.unit}"] if also and beside else []
    )
    place.sh("; ".join([ALONE, " && ".join([*restarts, f"rm {DUE}"])]))
    done = f"{unit} started anew" if loads else f"none that {unit} loads"
    took = time.monotonic() - began
    return f"{place.name}: {len(found.changed)} files changed, {len(found.gone)} gone, {done} ({took:.1f} s)"


def wanted(layer: Path, service: Service) -> dict[str, Path]:
    """The files of Trivet in a machine, by path from its root, and where they are here."""
    files = {str(file.relative_to(layer)): file for file in (layer / "opt").rglob("*") if file.is_file()}
    services = [service, service.beside] if service.beside is not None else [service]
    units = [unit for one in services for unit in (site_packages(layer) / one.package).glob("*.service")]
    return files | {f"{UNITS}/{unit.name}": unit for unit in units}


def sums_line(layer: Path) -> str:
    """A shell line that prints the sum of every file of Trivet in a machine, and DUE where that is there."""
    packages = [INSIDE / entry.name for entry in site_packages(layer).iterdir() if entry.suffix != ".dist-info"]
    roots = (*packages, INSIDE / "trivet-*.dist-info", f"{VENV}/bin/trivet*", f"{UNITS}/trivet-*.service")
    find = f"find {' '.join(map(str, roots))} -type f -exec sha256sum {{}} + 2>/dev/null"
    return f"cd /; {find} || :; ls {DUE} 2>/dev/null || :"  # what is not there yet is no failure


def difference(files: Mapping[str, Path], answer: str) -> Difference:
    """`answer` is what `sums_line` printed."""
    lines = answer.splitlines()
    there = {path: total for total, _, path in (line.partition("  ") for line in lines if line != DUE)}
    here = {path: hashlib.sha256(file.read_bytes()).hexdigest() for path, file in files.items()}
    changed = tuple(path for path, total in here.items() if there.get(path) != total)
    return Difference(changed, tuple(path for path in there if path not in here), DUE in lines)


def pack(files: Mapping[str, Path], paths: Iterable[str]) -> bytes:
    """Some of the files as tar.gz."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for path in paths:
            tar.add(files[path], path)
    return packed.getvalue()


def replace_line(found: Difference, files: Iterable[str]) -> str:
    """A shell line that takes PACK in. Byte code runs without its source: nothing may stay that the layer has not."""
    line = f"set -e; cd /; touch {DUE}; rm -f {shlex.join(found.gone)}; tar -x --no-overwrite-dir -zf {PACK}; rm {PACK}"
    if found.due or any(is_unit(path) for path in found.changed):
        units = " ".join(PurePath(path).name for path in files if is_unit(path))
        line += f"; systemctl daemon-reload; systemctl enable --quiet {units}"
    return f"{line}; sync -f /{VENV}"  # an engine VM whose node loses its power starts from these files


def concerns(module: str, paths: Iterable[str]) -> bool:
    """Does the program that begins with `module` use one of these files? Units and commands belong to all."""
    graph = grimp.build_graph(*OURS, cache_dir=None)
    loaded = {module, *graph.find_upstream_modules(module)}
    packages = {name[: dot.start()] for name in loaded for dot in re.finditer(r"\.", name)}
    return any(module_of(path) in {None, *loaded, *packages} for path in paths)


def module_of(path: str) -> str | None:
    """The module whose source or byte code this is; for another file of a package, the package. None outside of all."""
    if not PurePath(path).is_relative_to(INSIDE) or ".dist-info/" in path:
        return None
    file = PurePath(path).relative_to(INSIDE)
    folders = [part for part in file.parts[:-1] if part != "__pycache__"]
    module = file.name.split(".")[0] if file.suffix in (".py", ".pyc") else "__init__"
    return ".".join(folders if module == "__init__" else [*folders, module])


def is_unit(path: str) -> bool:
    return path.startswith(f"{UNITS}/")
