"""The test guest with Debian 13's own qemu-guest-agent in it: a boot disk that is made for these tests alone.

It mounts its second disk (ext4) so that there is a file system to freeze. Where it has a third one, its agent stops
after some seconds without a word, as one that hangs.
"""

import subprocess
from pathlib import Path

from images import build, disk, project
from images.kernel import newc
from images.store import Entry, have, key_of
from images.tiny import BOOT_BYTES, COMMAND_LINE, tiny_folder
from images.tree import mmdebstrap
from node.system.process import run

LIBRARIES = "usr/lib/x86_64-linux-gnu"
LOADER = "usr/lib64/ld-linux-x86-64.so.2"
DATA_BYTES = 8 << 20

START = """#!/bin/sh
. /etc/start.tiny
mkdir -p /var/run /data
hostname agent-guest
mount -t ext4 /dev/vdb /data 2>/dev/null && /etc/say "mounted /data"
(
    while ! [ -e /dev/vport*p1 ]; do usleep 100000; done
    qemu-ga -m virtio-serial -p /dev/vport*p1 -t /var/run &
    /etc/say "agent runs"
    [ -b /dev/vdc ] || exit 0
    sleep 15
    killall -STOP qemu-ga
    /etc/say "agent hangs"
) &
"""
SHUTDOWN = """#!/bin/sh
/etc/say "agent asks: $*"
case "$*" in
*-r*) reboot -f ;;
*) poweroff -f ;;
esac
"""


def make(path: Path) -> None:
    """As a raw disk; what it is made of is kept with the images."""
    folder = have(build.DEFAULT_STORE, _entry(), print)
    initrd = path.with_suffix(".initrd")
    tiny = tiny_folder(build.DEFAULT_STORE, print, run)
    initrd.write_bytes((tiny / "initrd").read_bytes() + newc(_contents(folder / "root")))
    disk.make_disk(path, disk.Boot(tiny / "vmlinuz", initrd, COMMAND_LINE, BOOT_BYTES + (20 << 20)), run)
    initrd.unlink()


def make_data(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(DATA_BYTES)
    subprocess.run(("mke2fs", "-q", "-t", "ext4", path), check=True)


def _entry() -> Entry:
    key = key_of("qemu-guest-agent", project.build_code_key())

    def fill(work: Path) -> None:
        mmdebstrap(work / "root", ("--variant=extract", "--include=qemu-guest-agent,base-files"), run)

    return Entry("test-agent", key, fill)


def _contents(tree: Path) -> dict[str, bytes]:
    scripts = Path(project.CONFIGURATION / "tiny/etc/start").read_bytes()
    return {
        "etc/start": START.encode(),
        "etc/start.tiny": scripts,
        "etc/os-release": (tree / "usr/lib/os-release").read_bytes(),
        "sbin/shutdown": SHUTDOWN.encode(),
        "usr/sbin/qemu-ga": (tree / "usr/sbin/qemu-ga").read_bytes(),
        "lib64/ld-linux-x86-64.so.2": (tree / LOADER).read_bytes(),
        **{f"lib/x86_64-linux-gnu/{name}": (tree / LIBRARIES / name).read_bytes() for name in _needed(tree)},
    }


def _needed(tree: Path) -> list[str]:
    """As the tree's own loader finds them."""
    argv = (tree / LOADER, "--library-path", tree / LIBRARIES, "--list", tree / "usr/sbin/qemu-ga")
    text = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    return [line.split()[0] for line in text.splitlines() if "=>" in line and str(tree) in line]
