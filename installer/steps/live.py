"""What the installer finds in the live system, and the files of the medium with their checksums."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from installer.disk_layout import SLOT_SIZE
from node.api.problems import Refused
from node.system.copying import sha256_of

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Live:
    """Folders and files of a machine that was started from the medium."""

    mark: Path = Path("/run/trivet/live")
    medium: Path = Path("/run/trivet/medium/trivet")
    mounts: Path = Path("/run/trivet/install")
    boot_loader: Path = Path("/usr/lib/systemd/boot/efi/systemd-bootx64.efi")
    sys: Path = Path("/sys")


class MediumFile(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    sha256: str
    size: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`manifest.json` of the medium."""

    version: str
    files: tuple[MediumFile, ...]

    def file(self, name: str) -> MediumFile:
        """Raises MediumUnusable."""
        for file in self.files:
            if file.name == name:
                return file
        raise MediumUnusable(file=name, reason="its list of files does not name it")

    @property
    def system(self) -> MediumFile:
        return self.file(f"trivet_{self.version}.squashfs")

    @property
    def kernel(self) -> MediumFile:
        return self.file(f"trivet_{self.version}.efi")

    @property
    def images(self) -> tuple[MediumFile, ...]:
        return tuple(file for file in self.files if file.name.endswith(".qcow2"))

    @property
    def size_bytes(self) -> int:
        return sum(file.size for file in self.files)


class MediumUnusable(Refused):
    what = "Cannot install from this medium: {file}"
    why = "{reason}"
    mend = "Write the medium anew, or use another one, and compare it with SHA256SUMS"


def read_manifest(medium: Path) -> Manifest:
    """Raises MediumUnusable."""
    try:
        manifest = msgspec.json.decode((medium / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as err:
        raise MediumUnusable(file=MANIFEST, reason=f"it cannot be read ({err})") from err
    if manifest.system.size > SLOT_SIZE:
        raise MediumUnusable(file=manifest.system.name, reason="the system is larger than its place on the disk")
    return manifest


def check_medium(medium: Path, manifest: Manifest, meter: Callable[[int], None]) -> None:
    """Read every file and compare it. Raises MediumUnusable for the first one that is damaged or missing."""
    before = 0
    for file in manifest.files:
        path, start = medium / file.name, before
        try:
            if path.stat().st_size != file.size:
                raise MediumUnusable(file=file.name, reason=f"it is not as long as it has to be ({file.size} bytes)")
            found = sha256_of(path, file.size, lambda done, start=start: meter(start + done))  # type: ignore[misc]
        except OSError as err:
            raise MediumUnusable(file=file.name, reason=f"it cannot be read ({err.strerror or err})") from err
        if found != file.sha256:
            raise MediumUnusable(
                file=file.name, reason=f"it is damaged: SHA-256 {found[:16]}…, not {file.sha256[:16]}…"
            )
        before += file.size
