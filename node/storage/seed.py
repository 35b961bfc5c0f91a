"""Seed disks: a small ext4 file system with first configuration, made without mounting anything."""

import tempfile
from pathlib import Path, PurePosixPath

from node.api.messages.images import SeedFile, SeedRequest
from node.api.refusals import Malformed
from node.system.process import Run

LEAST_BYTES = 4 << 20
_LABEL_BYTES = 16  # of ext4


class SeedMaker:
    """Contents may be secret: they lie in a private folder of `scratch` (a tmpfs) while mke2fs copies them, and are in
    no argument of a command."""

    def __init__(self, run: Run, scratch: Path) -> None:
        self._run = run
        self._scratch = scratch

    def make(self, path: Path, request: SeedRequest) -> None:
        check(request)
        with tempfile.TemporaryDirectory(prefix="seed-", dir=self._scratch) as name:
            folder = Path(name)
            for file in request.files:
                _write(folder, file)
            path.touch(mode=0o600)
            with path.open("r+b") as disk:
                disk.truncate(seed_bytes(request))
            options = ("-q", "-F", "-t", "ext4", "-m", "0", "-O", "^has_journal", "-E", "root_owner=0:0,nodiscard")
            self._run("mke2fs", *options, "-L", request.label, "-d", str(folder), str(path))


def check(request: SeedRequest) -> None:
    """Malformed when a label or path cannot be."""
    if not 0 < len(request.label.encode()) <= _LABEL_BYTES:
        raise Malformed(reason=f"the label {request.label!r} is not of 1 to {_LABEL_BYTES} bytes")
    for file in request.files:
        path = PurePosixPath(file.path)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            raise Malformed(reason=f"{file.path!r} is not a path inside the seed")


def seed_bytes(request: SeedRequest) -> int:
    """Twice the content and room for the file system itself, in whole MiB."""
    content = sum(len(file.text.encode()) + 8192 for file in request.files)
    return max(LEAST_BYTES, -(-2 * content // (1 << 20)) * (1 << 20) + LEAST_BYTES)


def _write(folder: Path, file: SeedFile) -> None:
    path = folder / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(file.text)
    path.chmod(file.mode & 0o7777)
