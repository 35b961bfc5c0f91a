"""What Trivet depends on as wheels: fetched with this machine's pip, installed in a tree without any network."""

import sys
from pathlib import Path

from images import lock, project
from images.store import Entry, Report, have, key_of
from images.tree import run_in
from node.api.problems import Failed
from node.system.process import CommandFailed, Run

PYTHON = "3.13"  # of SUITE
NEWEST_GLIBC_MINOR = 41  # of SUITE
VENV = "opt/trivet/venv"
PYTHON_INSIDE = f"/{VENV}/bin/python"
FETCH_TIMEOUT_S = 600

# Byte code that is believed without a look at its source: saves time at every start, and a copy's times do not matter.
COMPILE = (PYTHON_INSIDE, "-m", "compileall", "-q", "--invalidation-mode=unchecked-hash")

PLATFORMS = (
    *(f"manylinux_2_{minor}_x86_64" for minor in range(NEWEST_GLIBC_MINOR, 4, -1)),
    "manylinux2014_x86_64",
    "manylinux2010_x86_64",
    "manylinux1_x86_64",
)


class NoWheels(Failed):
    what = "Cannot fetch the Python packages for the images"
    why = "{reason}"
    mend = "Check that pip on this machine reaches a package index that has wheels for Python " + PYTHON


def download_argv(python: str, into: Path, requirements: tuple[str, ...]) -> tuple[str, ...]:
    """How pip of this machine, which may run another Python, fetches wheels for the images' Python."""
    tag = PYTHON.replace(".", "")
    argv = [python, "-m", "pip", "download", "--quiet", "--dest", str(into), "--only-binary=:all:"]
    argv += ["--implementation=cp", f"--python-version={PYTHON}", f"--abi=cp{tag}", "--abi=abi3", "--abi=none"]
    return (*argv, *(f"--platform={platform}" for platform in PLATFORMS), *requirements)


def requirements() -> tuple[str, ...]:
    return (*project.dependencies(), "pip")


def wheelhouse_entry(report: Report, run: Run) -> Entry:
    """A folder with the wheels of every dependency and of pip itself, as the lock names them."""
    locked = ("--no-deps", "--require-hashes", f"--requirement={lock.LOCK}")

    def get(work: Path) -> None:
        lock.check(lock.LOCK.read_text(), requirements())
        report("Python packages for the images: fetch")
        fetch(work, locked, run)

    argv = download_argv("python", Path("wheels"), ())
    return Entry("wheels", key_of(*argv, *requirements(), lock.LOCK.read_bytes()), get)


def fetch(into: Path, what: tuple[str, ...], run: Run) -> None:
    """Raises NoWheels."""
    try:
        run(*download_argv(sys.executable, into, what), timeout_s=FETCH_TIMEOUT_S)
    except CommandFailed as err:
        raise NoWheels(reason=_errors(str(err))) from err


def fetch_source(into: Path, what: tuple[str, ...], run: Run) -> None:
    """As a source distribution, with nothing that it depends on. Raises NoWheels."""
    argv = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(into), "--no-deps"]
    argv += ["--no-binary=:all:", "--no-build-isolation"]  # pip asks setup.py for its name, with our own setuptools
    try:
        run(*argv, *what, timeout_s=FETCH_TIMEOUT_S)
    except CommandFailed as err:
        raise NoWheels(reason=_errors(str(err))) from err


def wheelhouse(store: Path, report: Report, run: Run) -> Path:
    return have(store, wheelhouse_entry(report, run), report)


def _errors(text: str) -> str:
    lines = [line.removeprefix("ERROR: ") for line in text.splitlines() if line.startswith("ERROR")]
    return " ".join(lines).rstrip(".") or text


def make_venv(root: Path, wheels: Path, run: Run, *, more: Path | None = None) -> None:
    """The virtual environment of a tree with all dependencies; it sees Debian's own bindings (libvirt, sanlock). pip
    runs from its own wheel, so that none stays in the tree. `more` is a wheel that is not among them. It is found by
    its name like the others: pip notes where a file that it is given lay, and its sum."""
    run_in(root, ("python3", "-m", "venv", "--system-site-packages", "--without-pip", f"/{VENV}"), run)
    (pip,) = wheels.glob("pip-*.whl")
    argv = [PYTHON_INSIDE, f"/tmp/wheels/{pip.name}/pip", "--isolated", "--disable-pip-version-check", "install"]
    argv += ["--quiet", "--no-cache-dir", "--no-index", "--find-links=/tmp/wheels", "--ignore-installed"]
    argv += ["--root-user-action=ignore", "--no-compile", *project.dependencies()]
    binds = {wheels: "/tmp/wheels"}
    if more is not None:
        binds[more.parent] = "/tmp/more"
        name, version = more.name.split("-")[:2]
        argv += ["--find-links=/tmp/more", f"{name}=={version}"]
    run_in(root, argv, run, binds=binds)
    run_in(root, (*COMPILE, "-j2", f"/{VENV}/lib"), run)
