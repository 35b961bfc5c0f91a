"""The kernel that our guests boot (engine VM and test guest), and initrds that hold only what they need.

The stock initrd takes tens of seconds to load and run under emulation; ours loads the few modules named and goes on.
"""

import lzma
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from images import mirrors, project
from images.store import Entry, Report, files_below, have, key_of
from images.tree import mmdebstrap
from node.api.problems import Failed
from node.system.process import Run

CLOUD = "linux-image-cloud-amd64"  # drivers for what hypervisors offer
FULL = "linux-image-amd64"  # drivers for hardware, too
_BUSYBOX = "busybox-static"
ROOT_INITRD = "root-initrd"  # below images/configuration


class NoModule(Failed):
    what = "Cannot make an initrd"
    why = "the kernel has no module {module}"
    mend = "Name a module that the kernel has, or take the name out where the kernel has it built in"


@dataclass(frozen=True, slots=True)
class Kernel:
    vmlinuz: Path
    modules: Path  # lib/modules/VERSION
    busybox: Path  # static


def kernel_entry(report: Report, run: Run, package: str = CLOUD) -> Entry:
    """Unpacked, never installed: no package script runs."""
    packages = (package, _BUSYBOX)
    key = key_of(repr(packages), repr(mirrors.observe(run)), project.build_code_key())

    def make(work: Path) -> None:
        report(f"kernel for guests: {package}")
        mmdebstrap(work / "root", ("--variant=extract", f"--include={','.join(packages)}"), run)

    return Entry("kernel" if package == CLOUD else package, key, make)


def kernel(store: Path, report: Report, run: Run, package: str = CLOUD) -> Kernel:
    """`package` is Debian's."""
    root = have(store, kernel_entry(report, run, package), report) / "root"
    (vmlinuz,) = (root / "boot").glob("vmlinuz-*")
    (modules,) = (root / "usr/lib/modules").iterdir()
    return Kernel(vmlinuz, modules, root / "usr/bin/busybox")


def initrd(kernel: Kernel, modules: Iterable[str], files: Mapping[str, bytes]) -> bytes:
    """An uncompressed initrd: busybox, `files` by path (executable), the modules and what they need in /modules, named
    in the order to load them."""
    content = {"bin/busybox": kernel.busybox.read_bytes(), **files}
    for number, (name, data) in enumerate(with_dependencies(kernel.modules, modules)):
        content[f"modules/{number:02}-{name}.ko"] = data
    return newc(content)


def root_initrd(kernel: Kernel, modules: Iterable[str]) -> bytes:
    """An initrd that goes to the root named on the kernel's command line, `root=LABEL=…`."""
    scripts = project.CONFIGURATION / ROOT_INITRD
    return initrd(kernel, modules, {str(path.relative_to(scripts)): path.read_bytes() for path in files_below(scripts)})


def with_dependencies(folder: Path, names: Iterable[str]) -> list[tuple[str, bytes]]:
    """Modules with all that they depend on, in load order, decompressed. Raises NoModule."""
    paths = {path.name.split(".")[0].replace("-", "_"): path for path in folder.rglob("*.ko*")}
    found: dict[str, bytes] = {}

    def add(name: str) -> None:
        if name in found:
            return
        if name not in paths:
            raise NoModule(module=name)
        data = paths[name].read_bytes()
        data = lzma.decompress(data) if paths[name].suffix == ".xz" else data
        for needed in depends(data):
            add(needed)
        found[name] = data

    for name in names:
        add(name)
    return list(found.items())


def depends(module: bytes) -> list[str]:
    """The modules that a module names as needed (its .modinfo section)."""
    match = re.search(rb"(?:^|\0)depends=([^\0]*)\0", module)
    return [name.replace("-", "_") for name in match[1].decode().split(",") if name] if match else []


def newc(files: Mapping[str, bytes]) -> bytes:
    """A cpio archive as the kernel unpacks it (Documentation/driver-api/early-userspace/buffer-format.rst): all files
    executable, folders made as needed, everything owned by root, no times."""
    folders = {str(parent) for name in files for parent in Path(name).parents if str(parent) != "."}
    records = [(name, 0o40755, b"") for name in sorted(folders)]
    records += [(name, 0o100755, data) for name, data in files.items()]
    archive = bytearray()
    for inode, (name, mode, data) in enumerate([*records, ("TRAILER!!!", 0, b"")], start=1):
        path = name.encode() + b"\0"
        fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
        archive += b"070701" + "".join(f"{field:08x}" for field in fields).encode() + path
        archive += b"\0" * (-len(archive) % 4) + data
        archive += b"\0" * (-len(archive) % 4)
    return bytes(archive)
