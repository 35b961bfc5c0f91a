"""The tree with the programs that put bootable images together: Debian 13's, whatever the build machine runs."""

from pathlib import Path

from images import mirrors, project
from images.store import Entry, Report, have, key_of
from images.tree import Debian, make_debian
from node.system.process import Run

DEBIAN = Debian(
    packages=(
        "dosfstools",
        "kmod",
        "mtools",
        "python3",
        "squashfs-tools",
        "systemd-boot-efi",
        "systemd-ukify",
        "xorriso",
        "zstd",
    )
)


def tools_entry(run: Run) -> Entry:
    key = key_of(repr(DEBIAN), repr(mirrors.observe(run)), project.build_code_key("tools"))

    def make(work: Path) -> None:
        make_debian(work / "root", DEBIAN, run)

    return Entry("tools", key, make)


def tools_tree(store: Path, report: Report, run: Run) -> Path:
    """A root tree for `images.tree.run_in`: mksquashfs, ukify, systemd-boot, mkfs.fat, mtools, xorriso, depmod."""
    return have(store, tools_entry(run), report) / "root"
