"""What starts a node on hardware: an initrd that finds its disk or its medium, and the UKI that firmware loads."""

import lzma
import shutil
from collections.abc import Iterable
from pathlib import Path

from images import project
from images.kernel import Kernel, newc
from images.store import files_below
from images.tree import run_in
from node.system.process import Run

# Which drivers the initrd holds: all that disks and media can be behind; what it does not hold the system loads later.
DRIVERS = (
    "arch/x86/crypto/crc32",
    "crypto/crc32",
    "drivers/ata",
    "drivers/block/virtio_blk",
    "drivers/block/loop",
    "drivers/cdrom",
    "drivers/firmware/efi",
    "drivers/hv/hv_vmbus",
    "drivers/message/fusion",
    "drivers/mmc",
    "drivers/nvme/host",
    "drivers/pci/controller",
    "drivers/scsi",
    "drivers/usb/common",
    "drivers/usb/core",
    "drivers/usb/host",
    "drivers/usb/storage",
    "drivers/virtio",
    "fs/efivarfs",
    "fs/ext4",
    "fs/isofs",
    "fs/overlayfs",
    "fs/squashfs",
)
LEFT_OUT = (
    "pcmcia",
    "scsi_debug",
    "fcoe",
    "iscsi",
    "qla4xxx",
    "lpfc",
    "qla2xxx",
    "bfa",
    "elx",
    "cxgbi",
    "bnx2",
    "qedi",
    "qedf",
    "csiostor",
)

# No driver of hardware that a node has no use for, and none that needs firmware that is not free.
NOT_ON_A_NODE = (
    "kernel/drivers/bluetooth",
    "kernel/drivers/gpu/drm/amd",
    "kernel/drivers/gpu/drm/i915",
    "kernel/drivers/gpu/drm/nouveau",
    "kernel/drivers/gpu/drm/radeon",
    "kernel/drivers/gpu/drm/xe",
    "kernel/drivers/iio",
    "kernel/drivers/isdn",
    "kernel/drivers/media",
    "kernel/drivers/net/wireless",
    "kernel/drivers/staging",
    "kernel/net/bluetooth",
    "kernel/net/mac80211",
    "kernel/net/wireless",
    "kernel/sound",
)

_PROGRAMS = ("usr/sbin/blkid", "usr/sbin/e2fsck")  # where busybox has none, or a lesser one
_INDEXES = ("modules.order", "modules.builtin", "modules.builtin.modinfo")
_COMPRESS = ("zstd", "-q", "-19", "-T0", "--rm", "-o")


def install_modules(guest: Kernel, root: Path, tools: Path, run: Run) -> None:
    """The kernel's modules into a root tree, without those that no node needs."""
    target = root / "usr/lib/modules" / guest.modules.name
    target.parent.mkdir(parents=True, exist_ok=True)
    run("cp", "-a", str(guest.modules), str(target.parent))
    for name in NOT_ON_A_NODE:
        shutil.rmtree(target / name, ignore_errors=True)
    _depmod(root, guest.modules.name, tools, run)


def make_initrd(work: Path, guest: Kernel, root: Path, tools: Path, run: Run) -> Path:
    """`work/initrd`: busybox, our script, drivers for disks and media, a few programs of `root`, which has modules."""
    folder = work / "initrd.d"
    modules = folder / "usr/lib/modules" / guest.modules.name
    _copy_drivers(root / "usr/lib/modules" / guest.modules.name, modules)
    _depmod(folder, guest.modules.name, tools, run)
    content = {f"lib/modules/{p.relative_to(modules.parent)}": p.read_bytes() for p in files_below(modules)}
    scripts = project.CONFIGURATION / "metal-initrd"
    content |= {str(path.relative_to(scripts)): path.read_bytes() for path in files_below(scripts)}
    content["bin/busybox"] = guest.busybox.read_bytes()
    for program in _PROGRAMS:
        content |= _with_libraries(root, program, run)
    shutil.rmtree(folder)
    (work / "initrd.cpio").write_bytes(newc(content))
    run_in(tools, (*_COMPRESS, "/tmp/work/initrd", "/tmp/work/initrd.cpio"), run, binds={work: "/tmp/work"})
    return work / "initrd"


def make_uki(work: Path, name: str, guest: Kernel, command_line: str, os_release: str, tools: Path, run: Run) -> Path:
    """`work/NAME` of the kernel and `work/initrd`."""
    shutil.copy(guest.vmlinuz, work / "vmlinuz")
    (work / "os-release").write_text(os_release)
    argv = ["ukify", "build", "--linux=/tmp/work/vmlinuz", "--initrd=/tmp/work/initrd", f"--cmdline={command_line}"]
    argv += ["--os-release=@/tmp/work/os-release", f"--uname={guest.modules.name}", f"--output=/tmp/work/{name}"]
    run_in(tools, argv, run, binds={work: "/tmp/work"})
    for left in ("vmlinuz", "os-release"):
        (work / left).unlink()
    return work / name


def _copy_drivers(source: Path, modules: Path) -> None:
    """With all that they need, decompressed: the initrd is compressed as a whole."""
    needed = _needed(source)
    wanted = {path for path in needed if _is_driver(path)}
    missing = set(wanted)
    while missing:
        missing = {other for path in missing for other in needed[path]} - wanted
        wanted |= missing
    for path in wanted:
        target = modules / path.removesuffix(".xz")
        target.parent.mkdir(parents=True, exist_ok=True)
        data = (source / path).read_bytes()
        target.write_bytes(lzma.decompress(data) if path.endswith(".xz") else data)
    for name in _INDEXES:
        text = (source / name).read_bytes()
        (modules / name).write_bytes(text.replace(b".ko.xz\n", b".ko\n"))


def _is_driver(path: str) -> bool:
    inside = path.removeprefix("kernel/")
    return inside.startswith(DRIVERS) and not any(word in inside for word in LEFT_OUT)


def _needed(modules: Path) -> dict[str, list[str]]:
    """Module → those that it needs, by path below `modules`, as depmod wrote it down."""
    lines = (line.partition(":") for line in (modules / "modules.dep").read_text().splitlines())
    return {path: others.split() for path, _, others in lines}


def _depmod(root: Path, version: str, tools: Path, run: Run) -> None:
    run_in(tools, ("depmod", "-b", "/tmp/tree/usr", version), run, binds={root: "/tmp/tree"})


def _with_libraries(tree: Path, program: str, run: Run) -> dict[str, bytes]:
    said = run_in(tree, ("ldd", f"/{program}"), run, writable=False)
    paths = [word for line in said.splitlines() for word in line.split() if word.startswith("/")]
    return {f"sbin/{Path(program).name}": (tree / program).read_bytes()} | dict(_files(tree, paths))


def _files(tree: Path, paths: Iterable[str]) -> Iterable[tuple[str, bytes]]:
    for path in paths:
        yield path.lstrip("/"), (tree / path.lstrip("/")).read_bytes()
