"""Disks of our guests, put together without mounts or loop devices: MBR, a boot partition with syslinux, a root.

The same inputs give the same bytes: ids come from labels, times from the youngest file.
"""

import uuid
from dataclasses import dataclass
from pathlib import Path

from images.tree import SOURCE_DATE, run_in, youngest
from node.system.process import Run

SECTOR = 512
MIB = 1 << 20
BOOT_START = MIB  # where partition 1 begins
MBR_CODE = Path("/usr/lib/syslinux/mbr/mbr.bin")
COPY_TIMEOUT_S = 300
EPOCH = "SOURCE_DATE_EPOCH"  # reproducible-builds.org's word for it; mke2fs and mtools heed it
NAMESPACE = uuid.UUID("0f3c5a52-7a0b-4a6e-9b43-5b1d3a5e2c11")  # of file systems' ids


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
    run("sfdisk", "--quiet", str(disk), stdin=_partitions(boot.size_bytes, root))
    _write_at(disk, MBR_CODE, 0, run)
    _write_at(disk, work, BOOT_START, run)
    work.unlink()
    if root:
        _make_root(disk, root, root_start, run)


def _make_root(disk: Path, root: Root, start: int, run: Run) -> None:
    """Straight into its place in the disk. The disk is new, so that nothing has to be zeroed now or at first boot."""
    identity = str(uuid.uuid5(NAMESPACE, root.label))
    extended = f"offset={start},lazy_itable_init=1,assume_storage_prezeroed=1,root_owner=0:0,hash_seed={identity}"
    named = ("-L", root.label, "-U", identity)
    options = ("-q", "-F", "-t", "ext4", *named, "-m", "1", "-i", "32768", "-E", extended, "-d", "/tmp/root")
    size_kib = (root.disk_bytes - start) // 1024
    argv = ("mke2fs", *options, f"/tmp/disk/{disk.name}", f"{size_kib}k")
    binds = {root.tree: "/tmp/root", disk.parent: "/tmp/disk"}
    run_in(root.tools, argv, run, writable=False, binds=binds, environment={EPOCH: str(youngest(root.tree))})


def _partitions(boot_bytes: int, root: Root | None) -> str:
    first = f"start={BOOT_START // SECTOR}, size={boot_bytes // SECTOR}, type=c, bootable\n"
    identity = uuid.uuid5(NAMESPACE, root.label if root else "").fields[0]
    return f"label: dos\nlabel-id: {identity:#010x}\n" + first + ("type=83\n" if root else "")


def _boot_partition(image: Path, boot: Boot, run: Run) -> None:
    image.unlink(missing_ok=True)
    with image.open("wb") as file:
        file.truncate(boot.size_bytes)
    configuration = image.with_suffix(".cfg")
    configuration.write_text(boot.configuration())
    hidden = str(BOOT_START // SECTOR)  # syslinux finds itself by it
    dated = ("env", f"{EPOCH}={SOURCE_DATE}")
    run(*dated, "mkfs.fat", "--invariant", "-F", "16", "-h", hidden, "-n", "TRIVETBOOT", str(image))
    run(*dated, "syslinux", "--install", str(image))
    for source, name in ((boot.vmlinuz, "vmlinuz"), (boot.initrd, "initrd"), (configuration, "syslinux.cfg")):
        run(*dated, "mcopy", "-i", str(image), str(source), f"::{name}")
    configuration.unlink()


def _write_at(disk: Path, source: Path, offset: int, run: Run) -> None:
    """Copy a file into the disk, holes left as holes."""
    argv = ("dd", f"if={source}", f"of={disk}", "bs=1M", f"seek={offset}", "oflag=seek_bytes", "conv=notrunc,sparse")
    run(*argv, timeout_s=COPY_TIMEOUT_S)


def make_qcow2(raw: Path, qcow2: Path, tools: Path, run: Run, *, compress: bool = True) -> None:
    """Convert with the qemu-img of a node tree: the build machine has no QEMU."""
    options = ("-c", "-o", "compression_type=zstd") if compress else ()
    argv = ("qemu-img", "convert", *options, "-f", "raw", "-O", "qcow2")
    run_in(
        tools,
        (*argv, f"/tmp/disk/{raw.name}", f"/tmp/disk/{qcow2.name}"),
        run,
        writable=False,
        binds={raw.parent: "/tmp/disk"},
    )
