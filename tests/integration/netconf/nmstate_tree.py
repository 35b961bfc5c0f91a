"""A root tree with the real nmstate 0.3.6 beside NetworkManager, for tests only: no image of ours has it."""

import sys
from pathlib import Path

from images import mirrors, project, wheels
from images.store import Entry, Report, have, key_of
from images.tree import Debian, make_debian, run_in
from node.system.process import Run

NMSTATE = "nmstate==0.3.6"  # the only one of the package index that works without libraries that are not there
_DEBIAN = Debian(
    packages=(
        *("dbus", "gir1.2-nm-1.0", "iproute2", "kmod", "network-manager", "procps", "udev"),
        *("python3", "python3-gi", "python3-jsonschema", "python3-setuptools"),
    )
)


def nmstate_tree(store: Path, report: Report, run: Run) -> Path:
    key = key_of(repr(_DEBIAN), repr(mirrors.observe(run)), repr(project.dependencies()), NMSTATE)

    def make(work: Path) -> None:
        root, house = work / "root", work / "wheels"
        report("tree with nmstate: Debian packages")
        make_debian(root, _DEBIAN, run)
        report("tree with nmstate: Python packages")
        wheels.make_venv(root, wheels.wheelhouse(store, report, run), run)
        house.mkdir()
        fetch = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:")
        run(*fetch, "--dest", str(house), NMSTATE, timeout_s=wheels.FETCH_TIMEOUT_S)
        (wheel,) = house.glob("nmstate-*.whl")
        unpack = (wheels.PYTHON_INSIDE, "-m", "zipfile", "-e", f"/tmp/wheels/{wheel.name}", _packages(root))
        run_in(root, unpack, run, binds={house: "/tmp/wheels"})

    return have(store, Entry("net-nmstate", key, make), report) / "root"


def _packages(root: Path) -> str:
    (found,) = (root / wheels.VENV / "lib").glob("python3*/site-packages")
    return f"/{found.relative_to(root)}"
