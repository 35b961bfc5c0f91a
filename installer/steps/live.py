"""What the installer finds in the live system."""

from dataclasses import dataclass
from pathlib import Path

from installer.disk_layout import SLOT_SIZE
from node.upgrade.manifest import Manifest, MediumUnusable, read_manifest


@dataclass(frozen=True, slots=True)
class Live:
    """Folders and files of a machine that was started from the medium."""

    mark: Path = Path("/run/trivet/live")
    medium: Path = Path("/run/trivet/medium/trivet")
    mounts: Path = Path("/run/trivet/install")
    boot_loader: Path = Path("/usr/lib/systemd/boot/efi/systemd-bootx64.efi")
    sys: Path = Path("/sys")


def read_medium(medium: Path) -> Manifest:
    """The manifest of a medium whose system fits into a slot of a new disk. Raises MediumUnusable."""
    manifest = read_manifest(medium)
    if manifest.system.size > SLOT_SIZE:
        raise MediumUnusable(file=manifest.system.name, reason="the system is larger than its place on the disk")
    return manifest
