"""A medium that is a file: mounted read-only for as long as it is read."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from node.system.process import CommandFailed, Run
from node.upgrade.manifest import MediumUnusable

FOLDER = "trivet"
_OPTIONS = "ro,nosuid,nodev,noexec"


@contextmanager
def mount_medium(run: Run, file: Path, at: Path) -> Iterator[Path]:
    """The folder with the manifest. `file` is an ISO, or a device with one. Raises MediumUnusable."""
    if not file.exists() or file.is_dir():
        raise MediumUnusable(file=file, reason="there is no such file" if not file.exists() else "it is a folder")
    at.mkdir(mode=0o700, parents=True, exist_ok=True)
    _unmount(run, at)  # what a run that was killed has left
    options = _OPTIONS if file.is_block_device() else f"{_OPTIONS},loop"
    try:
        run("mount", "-t", "iso9660", "-o", options, str(file.resolve()), str(at))
    except CommandFailed as err:
        reason = f"it cannot be read as an ISO ({err.text.why.splitlines()[0]})"
        raise MediumUnusable(file=file, reason=reason) from err
    try:
        yield at / FOLDER
    finally:
        _unmount(run, at)


def _unmount(run: Run, at: Path) -> None:
    if at.is_mount():
        with suppress(CommandFailed):
            run("umount", str(at))
