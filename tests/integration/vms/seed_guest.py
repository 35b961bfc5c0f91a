"""The test guest with what reads a CD-ROM in its kernel: it says what is on the disc of its seed."""

from pathlib import Path

from images import build, disk, project
from images.kernel import initrd, kernel
from images.store import files_below
from images.tiny import BOOT_BYTES, COMMAND_LINE, MODULES
from node.system.process import run

START = """#!/bin/sh
mkdir -p /seed
drives=0
for drive in /dev/sr*; do
    drives=$((drives + 1))
    mount -t iso9660 -o ro "$drive" /seed 2>/dev/null || continue
    /etc/say "files: $(cd /seed && echo *)"
    hostname "$(sed -n 's/^local-hostname: "\\(.*\\)"/\\1/p' /seed/meta-data)"
    /etc/say "modes: $(cd /seed && stat -c %a%u * | tr '\\n' ' ')"
    dd if=/dev/zero of="$drive" bs=2048 count=1 2>/dev/null && /etc/say "it can be written"
    umount /seed
done
/etc/say "$drives drives, called $(hostname)"
. /etc/start.tiny
"""


def make(path: Path) -> None:
    """As a raw disk."""
    scripts = project.CONFIGURATION / "tiny"
    files = {str(file.relative_to(scripts)): file.read_bytes() for file in files_below(scripts)}
    files |= {"etc/start": START.encode(), "etc/start.tiny": files["etc/start"]}
    found, image = kernel(build.DEFAULT_STORE, print, run), path.with_suffix(".initrd")
    image.write_bytes(initrd(found, (*MODULES, "ahci", "sr_mod", "isofs"), files))
    disk.make_disk(path, disk.Boot(found.vmlinuz, image, COMMAND_LINE, BOOT_BYTES), run)
    image.unlink()
