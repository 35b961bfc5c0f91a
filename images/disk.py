"""Disks of our guests, put together without mounts or loop devices: MBR, a boot partition with syslinux, a root."""

from dataclasses import dataclass
from pathlib import Path

from images.tree import run_in
from node.system.process import Run

SECTOR = 512
MIB = 1 << 20
BOOT_START = MIB  # where partition 1 begins
MBR_CODE = Path("/usr/lib/syslinux/mbr/mbr.bin")
COPY_TIMEOUT_S = 300


@dataclass(frozen=True, slots=True)
class Boot:
    """What the boot partition holds."""

    vmlinuz: Path
    initrd: Path
    command_line: str
    size_bytes: int

    def configuration(self) -> str:
        return f"DEFAULT trivet\nPROMPT 0\nLABEL trivet\nLINUX vmlinuz\nINITRD initrd\nAPPEND {self.command_line}\n"


@dataclass(frozen=True, slots=True)
class Root:
    """What partition 2 holds: a tree as ext4, made by the mke2fs of another tree; it fills the rest of the disk."""

    tree: Path
    label: str
    disk_bytes: int
    tools: Path


def make_disk(disk: Path, boot: Boot, run: Run, *, root: Root | None = None) -> None:
    """A raw disk, sparse, that boots with BIOS."""
    work = disk.with_suffix(".boot")
    _boot_partition(work, boot, run)
    root_start = BOOT_START + boot.size_bytes
    with disk.open("wb") as file:
        file.truncate(root.disk_bytes if root else root_start)
    run("sfdisk", "--quiet", str(disk), stdin=_partitions(boot.size_bytes, root is not None))
    _write_at(disk, MBR_CODE, 0, run)
    _write_at(disk, work, BOOT_START, run)
    work.unlink()
    if root:
        _make_root(disk, root, root_start, run)


def _make_root(disk: Path, root: Root, start: int, run: Run) -> None:
    """Straight into its place in the disk. The disk is new, so that nothing has to be zeroed now or at first boot."""
    extended = f"offset={start},lazy_itable_init=1,assume_storage_prezeroed=1,root_owner=0:0"
    options = ("-q", "-F", "-t", "ext4", "-L", root.label, "-m", "1", "-i", "32768", "-E", extended, "-d", "/tmp/root")
    size_kib = (root.disk_bytes - start) // 1024
    argv = ("mke2fs", *options, f"/tmp/disk/{disk.name}", f"{size_kib}k")
    run_in(root.tools, argv, run, writable=False, binds={root.tree: "/tmp/root", disk.parent: "/tmp/disk"})


def _partitions(boot_bytes: int, with_root: bool) -> str:
    first = f"start={BOOT_START // SECTOR}, size={boot_bytes // SECTOR}, type=c, bootable\n"
    return "label: dos\n" + first + ("type=83\n" if with_root else "")


def _boot_partition(image: Path, boot: Boot, run: Run) -> None:
    image.unlink(missing_ok=True)
    with image.open("wb") as file:
        file.truncate(boot.size_bytes)
    configuration = image.with_suffix(".cfg")
    configuration.write_text(boot.configuration())
    hidden = str(BOOT_START // SECTOR)  # syslinux finds itself by it
    run("mkfs.fat", "-F", "16", "-h", hidden, "-n", "TRIVETBOOT", str(image))
    run("syslinux", "--install", str(image))
    for source, name in ((boot.vmlinuz, "vmlinuz"), (boot.initrd, "initrd"), (configuration, "syslinux.cfg")):
        run("mcopy", "-i", str(image), str(source), f"::{name}")
    configuration.unlink()


def _write_at(disk: Path, source: Path, offset: int, run: Run) -> None:
    """Copy a file into the disk, holes left as holes."""
    argv = ("dd", f"if={source}", f"of={disk}", "bs=1M", f"seek={offset}", "oflag=seek_bytes", "conv=notrunc,sparse")
    run(*argv, timeout_s=COPY_TIMEOUT_S)


def make_qcow2(raw: Path, qcow2: Path, tools: Path, run: Run, *, compress: bool = True) -> None:
    """Convert with the qemu-img of a node tree: the build machine has no QEMU."""
    options = ("-c", "-o", "compression_type=zstd") if compress else ()
    argv = ("qemu-img", "convert", "-W", "-m", "2", *options, "-f", "raw", "-O", "qcow2")
    run_in(
        tools,
        (*argv, f"/tmp/disk/{raw.name}", f"/tmp/disk/{qcow2.name}"),
        run,
        writable=False,
        binds={raw.parent: "/tmp/disk"},
    )
