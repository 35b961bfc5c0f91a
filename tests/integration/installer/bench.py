"""A machine to install: disks are image files behind loop devices; what this kernel cannot do is played.

Real are sfdisk, wipefs, lsblk, mkfs, mount and all that is written. vfat is a folder that mtools empty, the system
image is an ext4, LVM is its partition itself, the firmware and NetworkManager answer as they would.
"""

import asyncio
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from installer.disk_layout import GIB
from installer.run import Machine
from installer.steps.live import Live
from installer.sysinfo import Content, Disk, Signature, SysInfo
from node.clock import SystemClock
from node.system.process import CommandFailed, run
from tests.unit.installer.given import SHADOW, VERSION, sysinfo

TOOLS = ("losetup", "sfdisk", "wipefs", "lsblk", "mkfs.ext4", "mkfs.xfs", "mkfs.vfat", "mcopy", "mount")

needs_loop_devices = pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, TOOLS)) or not Path("/dev/loop-control").exists(),
    reason="needs root, loop devices and the tools of the live system",
)


class PowerCut(BaseException):
    """Not an Exception: nothing in the installer may catch it."""


@dataclass
class Tools:
    """The Run of the bench. `before` is called with each command, before it."""

    parts: Path
    commands: list[tuple[str, ...]] = field(default_factory=list)
    before: Callable[[tuple[str, ...]], None] = lambda _: None
    boot_entries: str | None = "BootCurrent: 0001\nBoot0001* UEFI Misc Device\tPciRoot(0x0)\n"
    refuse: tuple[str, ...] = ()
    _vfat: dict[str, str] = field(default_factory=dict)

    def __call__(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        self.commands.append(argv)
        self.before(argv)
        if argv[0] in self.refuse:
            raise CommandFailed(argv, f"{argv[0]} does not want to")
        match argv:
            case ("udevadm", *_) | ("vgchange", *_) | ("pvcreate", *_) | ("vgcreate", *_) | ("lvcreate", *_):
                return ""
            case ("lvs", *_):
                return "  8589934592\n"
            case ("nmcli", "--offline", *_):
                return stdin
            case ("efibootmgr", *rest):
                return self._firmware(rest)
            case ("mount", "-t", "vfat", *_, device, place):
                return self._mount_vfat(device, place)
            case ("mount", "-t", "squashfs", *rest):
                return run("mount", "-t", "ext4", *rest)
            case ("umount", place) if place in self._vfat:
                return self._unmount_vfat(place)
            case ("mkfs.xfs", *options, volume) if volume.startswith("/dev/trivet-"):
                return run("mkfs.xfs", *options, self._partition_of_volume())
        answer = run(*argv, stdin=stdin, timeout_s=timeout_s)
        if argv[0] == "sfdisk" and "--json" not in argv:
            reread_partitions(next(device for device in argv if device.startswith("/dev/")))
        return answer

    def _partition_of_volume(self) -> str:
        return next(argv[-1] for argv in reversed(self.commands) if argv[0] == "pvcreate")

    def _firmware(self, arguments: Sequence[str]) -> str:
        if self.boot_entries is None:
            raise CommandFailed(("efibootmgr",), "EFI variables are not supported on this system.")
        if "--create" in arguments:
            self.boot_entries += "Boot0002* Trivet\tHD(1,GPT,mine)\n"
        return self.boot_entries

    def _mount_vfat(self, device: str, place: str) -> str:
        self._vfat[place] = device
        return ""

    def _unmount_vfat(self, place: str) -> str:
        device = self._vfat.pop(place)
        for path in sorted(Path(place).iterdir()):
            run("mcopy", "-Q", "-n", "-o", "-s", "-i", device, str(path), "::/")
        shutil.rmtree(place)
        Path(place).mkdir()
        return ""

    def power_off(self) -> None:
        """What was mounted is no more; a loop device that is taken away forgets nothing that was written."""
        for place in self._vfat:
            shutil.rmtree(place)
        self._vfat.clear()


@dataclass
class Bench:
    """A machine with `disks`, image file by serial number, and a medium."""

    folder: Path
    live: Live
    tools: Tools
    images: dict[str, Path]
    devices: dict[str, str] = field(default_factory=dict)

    @property
    def machine(self) -> Machine:
        return Machine(self.live, self.tools, SystemClock(), self.system_info)

    def system_info(self) -> SysInfo:
        """As the real one, with an event loop of its own."""
        asyncio.run(asyncio.sleep(0))
        return sysinfo(*(self._disk(serial, device) for serial, device in self.devices.items()))

    def _disk(self, serial: str, device: str) -> Disk:
        """Dirty as far as wipefs can tell."""
        found = run("wipefs", "--noheadings", "--output", "TYPE", device).split()
        contents = tuple(Content(signature=Signature.UNKNOWN, place=device[5:], description=kind) for kind in found)
        size = self.images[serial].stat().st_size
        return Disk(path=device, size_bytes=size, serial=serial, contents=contents)

    def plug(self) -> None:
        for serial, image in self.images.items():
            self.devices[serial] = run("losetup", "--find", "--show", "--partscan", str(image)).strip()
            reread_partitions(self.devices[serial])

    def add_disk(self, serial: str, size_bytes: int) -> None:
        self.images[serial] = _image(self.folder, serial, size_bytes)
        self.unplug()
        self.plug()

    def unplug(self) -> None:
        """Also a power cut, as far as the machine's own memory goes."""
        self.tools.power_off()
        for place in sorted(self.live.mounts.glob("*"), reverse=True):
            while os.path.ismount(place):
                run("umount", str(place))
        for device in self.devices.values():
            with suppress(CommandFailed):
                run("partx", "--delete", device)
            with suppress(CommandFailed):
                run("losetup", "--detach", device)
        self.devices.clear()

    def cut_power(self) -> None:
        """Keep what the disks have at this moment, less than what was written to them, and stop the machine."""
        for image in self.images.values():
            run("cp", "--sparse=always", str(image), f"{image}.cut")
        raise PowerCut

    def power_on(self) -> None:
        self.unplug()
        for image in self.images.values():
            Path(f"{image}.cut").rename(image)
        self.plug()

    def written(self) -> dict[str, tuple[int, int]]:
        """What changes when anything is written to a disk, without reading it whole."""
        found = {serial: image.stat() for serial, image in self.images.items()}
        return {serial: (stat.st_blocks, stat.st_mtime_ns) for serial, stat in found.items()}

    def checksum(self, serial: str) -> str:
        with self.images[serial].open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def bench(folder: Path, sizes: dict[str, int]) -> Iterator[Bench]:
    images = {serial: _image(folder, serial, size) for serial, size in sizes.items()}
    live = Live(
        mark=folder / "live",
        medium=folder / "medium",
        mounts=folder / "mounts",
        boot_loader=folder / "systemd-boot.efi",
        sys=folder / "sys",
    )
    live.boot_loader.write_bytes(b"MZ boot loader")
    make_medium(live.medium, folder / "root")
    made = Bench(folder, live, Tools(folder), images)
    try:
        made.plug()
        yield made
    finally:
        made.unplug()


def _image(folder: Path, serial: str, size_bytes: int) -> Path:
    path = folder / f"{serial}.img"
    with path.open("wb") as file:
        file.truncate(size_bytes)
    return path


@contextmanager
def three_disks(folder: Path) -> Iterator[Bench]:
    """SYS and BRICK, which `answers` choose, and OTHER, which has somebody's data."""
    with bench(folder, {"SYS": 16 * GIB, "BRICK": 8 * GIB, "OTHER": GIB // 8}) as made:
        with made.images["OTHER"].open("r+b") as file:
            file.write(b"somebody's data" * 1000)
        yield made


def reread_partitions(device: str) -> None:
    """The kernel of a build machine may know no GPT."""
    with suppress(CommandFailed):
        run("partx", "--delete", device)
    with suppress(CommandFailed):
        run("partx", "--add", device)


def make_medium(medium: Path, root: Path) -> None:
    medium.mkdir()
    for name, mode in (("etc/ssh", 0o755), ("etc/trivet", 0o750), ("var/lib/trivet", 0o700)):
        (root / name).mkdir(parents=True)
        (root / name).chmod(mode)
    (root / "etc/shadow").write_text(SHADOW)
    (root / "etc/shadow").chmod(0o640)
    os.chown(root / "etc/shadow", 0, 42)
    (root / "filling").write_bytes(os.urandom(9 << 20))
    system = medium / f"trivet_{VERSION}.squashfs"
    with system.open("wb") as file:
        file.truncate(12 << 20)
    run("mkfs.ext4", "-q", "-O", "^has_journal", "-d", str(root), str(system))
    (medium / f"trivet_{VERSION}.efi").write_bytes(os.urandom(3 << 20))
    (medium / "engine.qcow2").write_bytes(os.urandom(5 << 20))
    (medium / "tiny.qcow2").write_bytes(os.urandom(1 << 20))
    files = [
        {"name": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "size": path.stat().st_size}
        for path in sorted(medium.iterdir())
    ]
    (medium / "manifest.json").write_bytes(msgspec.json.encode({"version": VERSION, "files": files}))


def read_esp(image_device: str, path: str) -> bytes:
    return subprocess.run(["mcopy", "-i", image_device, f"::{path}", "-"], capture_output=True, check=True).stdout
