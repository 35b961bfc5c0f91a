"""The system disk of this node: reads its slots and kernels, and makes the few changes that an upgrade consists of.

Each change is on the disk when its method returns, and safe to repeat.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from node.system.copying import Meter, copy_file, sha256_of, write_device
from node.system.files import sync_folder
from node.system.process import CommandFailed, Run
from node.upgrade.manifest import File
from node.upgrade.plan import Room
from node.upgrade.refusals import LabelNotChanged, NotAsWritten, NotInstalled
from node.upgrade.running import BOOTED
from node.upgrade.slots import Kernel, Slot, System, label_of, parse_booted, parse_kernel, parse_slots, parse_system

_SFDISK_S = 60


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are on a node."""

    booted: Path = BOOTED
    kernels: Path = Path("/efi/EFI/Linux")
    state: Path = Path("/state")
    medium: Path = Path("/run/trivet/upgrade-medium")
    variables: Path = Path("/sys/firmware/efi/efivars")
    healthy: Path = Path("/run/trivet/healthy")

    @property
    def images(self) -> Path:
        return self.state / "images"

    @property
    def records(self) -> Path:
        return self.state / "upgrade"


class SystemDisk:
    """`run` runs sfdisk and blockdev; `content_of` says where the content of a partition is, given its device."""

    def __init__(self, run: Run, places: Places, content_of: Callable[[str], Path] = Path) -> None:
        self._run = run
        self._places = places
        self._content_of = content_of

    def observe(self) -> System:
        """Raises NotInstalled, CommandFailed, OSError."""
        try:
            booted = parse_booted(self._places.booted.read_text())
        except (OSError, msgspec.MsgspecError) as err:
            raise NotInstalled(reason=f"it was not started from such a disk ({self._places.booted}: {err})") from err
        said = self._run("sfdisk", "--json", f"/dev/{booted.disk}", timeout_s=_SFDISK_S)
        system = parse_system(booted, said, self._kernel_names())
        if system is None:
            raise NotInstalled(reason=f"{booted.slot}, which it was started from, is no slot of /dev/{booted.disk}")
        return system

    def room(self, version: str) -> Room:
        """`version` is the one whose kernel stays."""
        others = [name for name in self._kernel_names() if (found := parse_kernel(name)) and found.version != version]
        freed = sum((self._places.kernels / name).stat().st_size for name in others)
        free = _free_bytes(self._places.kernels) if self._places.kernels.is_dir() else 0
        return Room(boot_bytes=free + freed, state_bytes=_free_bytes(self._places.state))

    def relabel(self, disk: str, number: int, version: str | None) -> None:
        """None makes it an empty one. The kernel hears of it at the next boot: the disk is in use."""
        wanted = label_of(version)
        with suppress(CommandFailed):  # what it says is not what counts: the disk is read again
            self._run(
                *("sfdisk", "--quiet", "--lock=yes", "--no-tell-kernel", "--part-label", disk, str(number), wanted),
                timeout_s=_SFDISK_S,
            )
        found = parse_slots(self._run("sfdisk", "--json", disk, timeout_s=_SFDISK_S))
        label = next((label_of(slot.version) for slot in found if slot.number == number), "none of Trivet's")
        if label != wanted:
            raise LabelNotChanged(disk=disk, number=number, wanted=wanted, found=label)

    def remove_other_kernels(self, version: str) -> None:
        """All of Trivet's but those of `version`, and what a cut-off copy left."""
        for name in self._names():
            kernel = parse_kernel(name)
            if (kernel is not None and kernel.version != version) or _is_part(name):
                (self._places.kernels / name).unlink(missing_ok=True)
        sync_folder(self._places.kernels)

    def write_system(self, source: Path, slot: Slot, meter: Meter) -> None:
        write_device(source, self._content_of(slot.device), meter)

    def verify_system(self, file: File, slot: Slot, meter: Meter) -> None:
        """Read from the disk itself. Raises NotAsWritten."""
        self._run("blockdev", "--flushbufs", slot.device)
        _compare(self._content_of(slot.device), file, meter)

    def copy_image(self, source: Path, meter: Meter) -> None:
        """In the place of the one with its name, at once."""
        self._places.images.mkdir(mode=0o755, exist_ok=True)
        copy_file(source, self._places.images / source.name, meter)

    def copy_kernel(self, source: Path, file: File, kernel: Kernel, meter: Meter) -> None:
        """Beside the others under a name that the boot loader passes over. Raises NotAsWritten."""
        target = self._places.kernels / _part(kernel)
        copy_file(source, target, meter)
        _compare(target, file, lambda _: None)

    def enter_kernel(self, kernel: Kernel) -> None:
        """From here on the boot loader starts it."""
        self.rename_kernel(_part(kernel), kernel)

    def mark_bad(self, kernel: Kernel) -> None:
        """From here on the boot loader prefers every other one."""
        self.rename_kernel(kernel.name, Kernel(kernel.version, left=0, done=max(1, kernel.done)))

    def mark_good(self, kernel: Kernel) -> None:
        """It is not counted any more."""
        self.rename_kernel(kernel.name, Kernel(kernel.version))

    def rename_kernel(self, name: str, kernel: Kernel) -> None:
        source, target = self._places.kernels / name, self._places.kernels / kernel.name
        if source.exists():
            source.replace(target)
        elif not target.exists():
            raise FileNotFoundError(f"{source} is gone")
        sync_folder(target.parent)

    def _kernel_names(self) -> list[str]:
        return [name for name in self._names() if parse_kernel(name) is not None]

    def _names(self) -> list[str]:
        try:
            return sorted(os.listdir(self._places.kernels))
        except FileNotFoundError:
            return []


def _compare(path: Path, file: File, meter: Meter) -> None:
    found = sha256_of(path, file.size, meter)
    if found != file.sha256:
        raise NotAsWritten(file=file.name, where=path, found=found[:16], wanted=file.sha256[:16])


def _part(kernel: Kernel) -> str:
    return f"{label_of(kernel.version)}.new"


def _is_part(name: str) -> bool:
    return name.startswith((".trivet_", "trivet_")) and name.endswith((".new", ".part"))


def _free_bytes(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
