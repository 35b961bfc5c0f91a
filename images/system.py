"""The system of a node as it lies on its disk and on the medium: a compressed read-only root, and UKIs that start it.

One root serves both: the medium's UKI starts it from memory with the installer, the node's from its slot of a disk.
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from images import project, version
from images.boot import install_modules, make_initrd, make_uki
from images.kernel import FULL, Kernel, kernel, kernel_entry
from images.layer import trivet_entry, trivet_tree
from images.metal import metal_entry, metal_tree
from images.sbom import sbom
from images.store import Entry, Report, have, key_of
from images.tools import tools_entry, tools_tree
from images.tree import run_in
from node.system.process import Run

# tty0 is the screen; a serial line that is not there costs nothing. The last one gets what systemd says.
CONSOLES = "console=tty0 console=ttyS0,115200"
# gpt: a disk whose first partition table a power cut has spoiled is read by its second.
COMMON = "gpt quiet loglevel=3 panic=30 " + " ".join(
    f"systemd.{word}" for word in ("gpt_auto=no", "ssh_auto=no", "firstboot=off", "show_status=auto")
)
TITLE = "Trivet"
LIVE = "trivet.live systemd.unit=trivet-installer.target"

COMPRESSION = ("-comp", "zstd", "-Xcompression-level", "9")
SQUASHFS_TIMEOUT_S = 1800
EMPTIED = ("boot", "dev", "proc", "run", "sys", "tmp", "var/cache", "var/tmp")


@dataclass(frozen=True, slots=True)
class System:
    """`root` is a squashfs, `node` and `live` are UKIs; `sbom` lists what is in `root`."""

    version: str
    root: Path
    node: Path
    live: Path
    sbom: Path


def system_entry(store: Path, report: Report, run: Run) -> Entry:
    made = version.version(run)
    parts = (
        metal_entry(store, report, run).folder,
        trivet_entry(store, report, run).folder,
        kernel_entry(report, run, FULL).folder,
        tools_entry(run).folder,
        repr((made, version.source_date(run), CONSOLES, COMMON, LIVE, COMPRESSION, EMPTIED)),
    )
    code = project.build_code_key("system", "boot", "kernel", "sbom", "version")
    key = key_of(*parts, project.configuration_key("metal-initrd"), code)
    return Entry("system", key, lambda work: _make(work, made, store, report, run))


def system(store: Path, report: Report, run: Run) -> System:
    folder = have(store, system_entry(store, report, run), report)
    (root,) = folder.glob("trivet_*.squashfs")
    made = root.stem.removeprefix("trivet_")
    return System(made, root, folder / f"trivet_{made}.efi", folder / "live.efi", folder / "sbom.json")


def _make(work: Path, made: str, store: Path, report: Report, run: Run) -> None:
    guest, tools = kernel(store, report, run, FULL), tools_tree(store, report, run)
    date = version.source_date(run)
    report(f"system {made}: tree")
    root = work / "root"
    _compose(root, made, guest, store, report, run)
    install_modules(guest, root, tools, run)
    (work / "sbom.json").write_bytes(sbom(root, made, date))
    report(f"system {made}: initrd and UKIs")
    make_initrd(work, guest, root, tools, run)
    release = (root / "usr/lib/os-release").read_text()
    for name, words, title in ((f"trivet_{made}.efi", "", TITLE), ("live.efi", LIVE, f"Install {TITLE}")):
        line = " ".join(filter(None, (CONSOLES, f"trivet.version={made}", COMMON, words)))
        make_uki(work, name, guest, line, release.replace(TITLE, title), tools, run)
    report(f"system {made}: squashfs")
    _squash(work, f"trivet_{made}.squashfs", date, tools, run)
    run("rm", "-r", str(root), str(work / "initrd"))


def _compose(root: Path, made: str, guest: Kernel, store: Path, report: Report, run: Run) -> None:
    run("cp", "-al", str(metal_tree(store, report, run)), str(root))
    run("cp", "-a", "--remove-destination", f"{trivet_tree(store, report, run)}/.", str(root))
    for name in EMPTIED:
        shutil.rmtree(root / name, ignore_errors=True)
        (root / name).mkdir(mode=0o1777 if name.endswith("tmp") else 0o755)
    for name in ("etc/.updated", "var/.updated"):  # what a new /usr asks for at the first boot was done here
        (root / name).touch()
    release = root / "usr/lib/os-release"
    text = re.sub(r"^PRETTY_NAME=.*$", f'PRETTY_NAME="{TITLE} {made}"', release.read_text(), flags=re.MULTILINE)
    release.unlink()  # a hard link to the tree's
    release.write_text(f"{text}IMAGE_ID=trivet\nIMAGE_VERSION={made}\n")


def _squash(work: Path, name: str, date: int, tools: Path, run: Run) -> None:
    """The same bytes from the same tree: every time is the sources'."""
    argv = ["mksquashfs", "/tmp/work/root", f"/tmp/work/{name}", "-noappend", "-no-progress", "-quiet", *COMPRESSION]
    argv += ["-all-time", str(date), "-mkfs-time", str(date), "-processors", "2", "-mem", "512M"]
    run_in(tools, argv, run, binds={work: "/tmp/work"}, timeout_s=SQUASHFS_TIMEOUT_S)
