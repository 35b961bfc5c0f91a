"""Trivet and its dependencies as wheels: fetched with this machine's pip, installed in a tree without any network."""

import re
import shutil
import sys
from pathlib import Path

from images import project
from images.store import Entry, Tell, have, key_of
from images.tree import run_in
from node.api.problems import Failed
from node.system.process import CommandFailed, Run

PYTHON = "3.13"  # of SUITE
NEWEST_GLIBC_MINOR = 41  # of SUITE
VENV = "opt/trivet/venv"
FETCH_TIMEOUT_S = 600

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


def wheelhouse_entry(tell: Tell, run: Run) -> Entry:
    """A folder with the wheels of every dependency and of pip itself."""
    requirements = (*project.dependencies(), "pip")

    def fetch(work: Path) -> None:
        tell("Python packages for the images: fetch")
        try:
            run(*download_argv(sys.executable, work, requirements), timeout_s=FETCH_TIMEOUT_S)
        except CommandFailed as err:
            raise NoWheels(reason=_errors(str(err))) from err

    return Entry("wheels", key_of(*download_argv("python", Path("wheels"), requirements)), fetch)


def wheelhouse(store: Path, tell: Tell, run: Run) -> Path:
    return have(store, wheelhouse_entry(tell, run), tell)


def _errors(text: str) -> str:
    lines = [line.removeprefix("ERROR: ") for line in text.splitlines() if line.startswith("ERROR")]
    return " ".join(lines).rstrip(".") or text


def make_venv(root: Path, wheels: Path, run: Run) -> None:
    """The virtual environment of a tree with all dependencies; it sees Debian's own bindings (libvirt, sanlock)."""
    run_in(root, ("python3", "-m", "venv", "--system-site-packages", "--without-pip", f"/{VENV}"), run)
    _install(root, wheels, ("--no-compile", *project.dependencies()), run)
    compile_all = ("-m", "compileall", "-q", "-j2", "--invalidation-mode=unchecked-hash", f"/{VENV}/lib")
    run_in(root, (f"/{VENV}/bin/python", *compile_all), run)


def _install(
    root: Path, wheels: Path, arguments: tuple[str, ...], run: Run, binds: dict[Path, str] | None = None
) -> None:
    """pip runs from its own wheel, so that none stays in the tree."""
    (pip,) = wheels.glob("pip-*.whl")
    argv = [
        f"/{VENV}/bin/python",
        f"/tmp/wheels/{pip.name}/pip",
        "--isolated",
        "--disable-pip-version-check",
        "install",
    ]
    argv += ["--quiet", "--no-cache-dir", "--no-index", "--find-links=/tmp/wheels", "--ignore-installed"]
    argv += ["--root-user-action=ignore", *arguments]
    epoch = {"SOURCE_DATE_EPOCH": "315619200"}  # makes pip compile with checked hashes, which no copy's times can break
    run_in(root, argv, run, writable=not binds, binds={wheels: "/tmp/wheels", **(binds or {})}, environment=epoch)


def install_trivet(tree: Path, layer: Path, wheels: Path, run: Run) -> None:
    """Trivet's own wheel into `layer`, with the Python of `tree`, which stays as it is."""
    work = layer.parent / "wheel"
    work.mkdir()
    wheel = build_wheel(work, run)
    _install(
        tree,
        wheels,
        ("--no-deps", "--root=/tmp/layer", f"/tmp/wheel/{wheel.name}"),
        run,
        {layer: "/tmp/layer", work: "/tmp/wheel"},
    )
    shutil.rmtree(work)


def build_wheel(work: Path, run: Run) -> Path:
    """The wheel of the working tree as it is, from a copy, so that nothing is left in the working tree or taken from
    an earlier build there."""
    copy = work / "source"
    for file in project.sources():
        target = copy / file.relative_to(project.ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    (copy / "README.md").touch()
    argv = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index")
    run(*argv, f"--wheel-dir={work}", str(copy), timeout_s=FETCH_TIMEOUT_S)
    (wheel,) = work.glob("trivet-*.whl")
    return wheel


def site_packages(root: Path) -> Path:
    return root / VENV / "lib" / f"python{PYTHON}" / "site-packages"


def enable_unit(root: Path, unit: Path) -> None:
    """Install a unit that came with the wheel and enable it as its own [Install] section says."""
    target = root / "usr/lib/systemd/system" / unit.name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(unit, target)
    for kind, wanting in re.findall(r"^(Wanted|Required)By=(.+)$", unit.read_text(), re.MULTILINE):
        suffix = "wants" if kind == "Wanted" else "requires"
        for name in wanting.split():
            link = root / "etc/systemd/system" / f"{name}.{suffix}" / unit.name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(f"/usr/lib/systemd/system/{unit.name}")
