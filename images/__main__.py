"""The command line of the image builds: `python -m images build`."""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click

from images import build, imageio, lock, verification, wheels
from images.store import Report
from node.api.problems import Problem
from node.system.process import run

KINDS: dict[str, Callable[[Path, Report], Path]] = {
    "node": build.build_node,
    "trivet": build.trivet_layer,
    "engine": build.build_engine,
    "tiny": build.build_tiny,
    "cloud": build.build_cloud,
    "system": build.build_system,
    "iso": build.build_iso,
}
LAB = ("node", "trivet", "engine", "tiny")  # what is built where nothing is said


@click.group()
@click.option("--store", type=click.Path(path_type=Path), default=build.DEFAULT_STORE, show_default=True)
@click.pass_context
def main(context: click.Context, store: Path) -> None:
    """Build and keep the images of Trivet."""
    context.obj = store


@main.command("build")
@click.argument("kinds", nargs=-1, type=click.Choice([*KINDS, "all"]))
@click.pass_obj
def build_(store: Path, kinds: tuple[str, ...]) -> None:
    """Build what is not there yet, print the paths: what a lab needs, or what is named. `iso` is the medium, `system`
    what a node's disk and an upgrade carry."""
    report = _reporter()
    for kind in KINDS if "all" in kinds else kinds or LAB:
        click.echo(f"{kind} {KINDS[kind](store, report)}")


@main.command("list")
@click.pass_obj
def list_(store: Path) -> None:
    """What is in the store, with sizes; * marks what is up to date."""
    for entry in build.stored(store, lambda _: None):
        mark = "*" if entry.is_current else " "
        click.echo(f"{mark} {entry.size_bytes / 1e6:9.1f} MB  {entry.path}")


@main.command()
@click.argument("medium", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def verify(store: Path, medium: Path) -> None:
    """Compare every file of an ISO with its manifest; ends with 1 when one differs."""
    report = _reporter()
    found = verification.verify(medium, build.build_tools(store, report), report)
    for sentence in found.differences:
        click.echo(sentence)
    if found.differences:
        sys.exit(1)
    click.echo(f"{medium.name}: Trivet {found.version}, {found.files} files, all as they were made")


@main.command()
@click.pass_obj
def check(store: Path) -> None:
    """Look through the images for secrets, passwords and machine identities; ends with 1 when there are any."""
    found = build.check(store, _reporter())
    for finding in found:
        click.echo(finding)
    sys.exit(bool(found))


@main.command("lock")
def lock_() -> None:
    """Choose the newest Python packages that pyproject.toml allows, and write their versions and sums down."""
    with tempfile.TemporaryDirectory() as folder:
        wheels.fetch(Path(folder), wheels.requirements(), run)
        _lock(lock.LOCK, lock.text_of(Path(folder).glob("*.whl")))
    with tempfile.TemporaryDirectory() as folder:
        wheels.fetch_source(Path(folder), (imageio.REQUIREMENT,), run)
        _lock(lock.SOURCES, lock.text_of(Path(folder).glob("*.tar.gz")))


def _lock(file: Path, text: str) -> None:
    before = file.read_text() if file.exists() else ""
    file.write_text(text)
    for change in lock.changes(before, text) or [f"nothing has changed in {file.name}"]:
        click.echo(change)


@main.command()
@click.pass_obj
def prune(store: Path) -> None:
    """Remove images that are neither up to date nor in use."""
    for path in build.prune(store, _reporter()):
        click.echo(f"removed {path.name}")


def _reporter() -> Report:
    start = time.monotonic()
    return lambda line: click.echo(f"{time.monotonic() - start:6.1f} s  {line}", err=True)


if __name__ == "__main__":
    try:
        main(prog_name="trivet image")
    except Problem as problem:
        sys.exit(str(problem))
