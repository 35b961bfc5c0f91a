"""Trivet's own code as a thin layer above the node image, made in a second from the working tree."""

import re
import shutil
import sys
import time
from importlib.metadata import distributions
from pathlib import Path
from tempfile import TemporaryDirectory

from images import project, wheels
from images.node import node_tree
from images.store import Entry, Report, have, key_of
from images.tree import BUILD_TIMEOUT_S, DIES_WITH_US, clamp_times, run_in
from node.system.process import Run

COMMAND = """#!{python}
import sys
import time
from {module} import {function}

sys.exit({function}())
"""

UNITS = ("node/*.service", "node/*.timer", "hosted_engine/ha/*.service")


def trivet_entry(store: Path, report: Report, run: Run) -> Entry:
    key = key_of(project.sources_key(), project.build_code_key("layer", "wheels"))

    def make(work: Path) -> None:
        report("Trivet layer")
        layer, begun = work / "root", time.time()
        layer.mkdir()
        install(node_tree(store, report, run), layer, run)
        _install_agent(layer)
        clamp_times(layer, begun)

    return Entry("trivet", key, make)


def trivet_tree(store: Path, report: Report, run: Run) -> Path:
    return have(store, trivet_entry(store, report, run), report) / "root"


def _install_agent(layer: Path) -> None:
    commands = layer / "usr/bin"
    commands.mkdir(parents=True, exist_ok=True)
    for name in ("trivet", "trivet-node", "trivet-ha"):
        (commands / name).symlink_to(f"/{wheels.VENV}/bin/{name}")
    packages = site_packages(layer)
    for unit in sorted(unit for pattern in UNITS for unit in packages.glob(pattern)):
        enable_unit(layer, unit)
    for unit in sorted(packages.glob("installer/*.service")):
        install_unit(layer, unit)


def install(tree: Path, layer: Path, run: Run) -> None:
    """Trivet's own wheel into `layer`, compiled by the Python of `tree`, which stays as it is. Without pip, which takes
    three seconds over it: the wheel is pure Python, and installed that is its files and its commands."""
    with TemporaryDirectory(dir=layer.parent) as work:
        shutil.unpack_archive(build_wheel(Path(work), run), site_packages(layer), "zip")
    (installed,) = distributions(path=[str(site_packages(layer))])
    (layer / wheels.VENV / "bin").mkdir()
    for command in installed.entry_points.select(group="console_scripts"):
        file = layer / wheels.VENV / "bin" / command.name
        file.write_text(COMMAND.format(python=wheels.PYTHON_INSIDE, module=command.module, function=command.attr))
        file.chmod(0o755)
    next(site_packages(layer).glob("*.dist-info/RECORD")).unlink()  # so that no installer takes it for one of its own
    argv = (*wheels.COMPILE, "-s", "/tmp/layer", "-p", "/", f"/tmp/layer/{wheels.VENV}/lib")
    run_in(tree, argv, run, writable=False, binds={layer: "/tmp/layer"})


def build_wheel(work: Path, run: Run) -> Path:
    """The wheel of the working tree as it is, from a copy, so that nothing is left in the working tree or taken from
    an earlier build there."""
    copy = work / "source"
    for file in project.sources():
        target = copy / file.relative_to(project.ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    (copy / "README.md").touch()
    build = "import os, sys; from setuptools.build_meta import build_wheel; os.chdir(sys.argv[1]); build_wheel('..')"
    run(*DIES_WITH_US, sys.executable, "-c", build, str(copy), timeout_s=BUILD_TIMEOUT_S)
    (wheel,) = work.glob("trivet-*.whl")
    return wheel


def site_packages(root: Path) -> Path:
    return root / wheels.VENV / "lib" / f"python{wheels.PYTHON}" / "site-packages"


def install_unit(root: Path, unit: Path) -> None:
    """A unit that came with the wheel, for others to start."""
    target = root / "usr/lib/systemd/system" / unit.name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(unit, target)


def enable_unit(root: Path, unit: Path) -> None:
    """Install a unit and enable it as its own [Install] section says."""
    install_unit(root, unit)
    for kind, wanting in re.findall(r"^(Wanted|Required)By=(.+)$", unit.read_text(), re.MULTILINE):
        suffix = "wants" if kind == "Wanted" else "requires"
        for name in wanting.split():
            link = root / "etc/systemd/system" / f"{name}.{suffix}" / unit.name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(f"/usr/lib/systemd/system/{unit.name}")
