"""oVirt's transfer daemon as a wheel for the images' Python: the index has only its source, with a part in C."""

from pathlib import Path

from images import lock, mirrors, project
from images.store import Entry, Report, have, key_of
from images.tree import Debian, make_debian, run_in
from images.wheels import fetch_source
from node.system.process import Run

REQUIREMENT = "ovirt-imageio==2.5.1"
COMPILER = Debian(packages=("gcc", "libc6-dev", "python3-dev", "python3-setuptools"))
BUILD = "cd /tmp/source && python3 setup.py --quiet bdist_wheel --dist-dir=/tmp/built"


def compiler_entry(run: Run) -> Entry:
    key = key_of(repr(COMPILER), repr(mirrors.observe(run)), project.build_code_key("imageio"))

    def make(work: Path) -> None:
        make_debian(work / "root", COMPILER, run)

    return Entry("compiler", key, make)


def imageio_entry(store: Path, report: Report, run: Run) -> Entry:
    """A folder with the wheel. Its source is the one that the lock names."""
    compiler = compiler_entry(run)
    key = key_of(compiler.folder, REQUIREMENT, BUILD, lock.SOURCES.read_bytes())

    def make(work: Path) -> None:
        lock.check(lock.SOURCES.read_text(), (REQUIREMENT,))
        tree = have(store, compiler, report) / "root"
        report("imageio: fetch its source")
        source = work / "source"
        fetch_source(source, (f"--requirement={lock.SOURCES}", "--require-hashes"), run)
        (archive,) = source.glob("*.tar.gz")
        run("tar", "--extract", f"--file={archive}", f"--directory={source}", "--strip-components=1")
        archive.unlink()
        report("imageio: compile it")
        built = work / "built"
        built.mkdir()
        run_in(tree, ("sh", "-c", BUILD), run, writable=False, binds={source: "/tmp/source", built: "/tmp/built"})
        (wheel,) = built.glob("*.whl")
        wheel.rename(work / wheel.name)
        run("rm", "-r", str(source), str(built))

    return Entry("imageio", key, make)


def imageio_wheel(store: Path, report: Report, run: Run) -> Path:
    (wheel,) = have(store, imageio_entry(store, report, run), report).glob("*.whl")
    return wheel
