"""What a medium carries, with sizes and checksums: read before anything of it is used."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from node.api.problems import Refused
from node.system.copying import sha256_of

NAME = "manifest.json"
SYSTEM, KERNEL, IMAGE = ".squashfs", ".efi", ".qcow2"


class File(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`manifest.json` in the folder `trivet` of the medium."""

    version: str
    files: tuple[File, ...]

    def file(self, name: str) -> File:
        """Raises MediumUnusable."""
        for file in self.files:
            if file.name == name:
                return file
        raise MediumUnusable(file=name, reason="its list of files does not name it")

    @property
    def system(self) -> File:
        return self.file(f"trivet_{self.version}{SYSTEM}")

    @property
    def kernel(self) -> File:
        return self.file(f"trivet_{self.version}{KERNEL}")

    @property
    def images(self) -> tuple[File, ...]:
        return tuple(file for file in self.files if file.name.endswith(IMAGE))

    @property
    def size_bytes(self) -> int:
        return sum(file.size for file in self.files)


class MediumUnusable(Refused):
    what = "This medium cannot be used: {file}"
    why = "{reason}"
    mend = "Fetch or write it anew, and compare it with its SHA256SUMS"


def read_manifest(folder: Path) -> Manifest:
    """With the system and the kernel of its version in it. Raises MediumUnusable."""
    try:
        manifest = msgspec.json.decode((folder / NAME).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as err:
        raise MediumUnusable(file=NAME, reason=f"it cannot be read ({err})") from err
    for file in manifest.files:
        if Path(file.name).name != file.name:
            raise MediumUnusable(file=NAME, reason=f"{file.name!r} is no file of its folder")
    _ = manifest.system, manifest.kernel
    return manifest


def check_files(folder: Path, manifest: Manifest, meter: Callable[[int], None]) -> None:
    """Read every file and compare it. Raises MediumUnusable for the first one that is damaged or missing."""
    before = 0
    for file in manifest.files:
        _check(folder / file.name, file, _shifted(meter, before))
        before += file.size


def _shifted(meter: Callable[[int], None], by: int) -> Callable[[int], None]:
    return lambda done: meter(by + done)


def _check(path: Path, file: File, meter: Callable[[int], None]) -> None:
    try:
        size = path.stat().st_size
        if size != file.size:
            raise MediumUnusable(file=file.name, reason=f"it has {size} bytes and should have {file.size}")
        found = sha256_of(path, file.size, meter)
    except OSError as err:
        raise MediumUnusable(file=file.name, reason=f"it cannot be read ({err.strerror or err})") from err
    if found != file.sha256:
        raise MediumUnusable(file=file.name, reason=f"it is damaged: SHA-256 {found[:16]}…, not {file.sha256[:16]}…")
