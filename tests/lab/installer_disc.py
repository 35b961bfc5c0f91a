"""An installation medium that a test makes: an ISO whose system asks on the screen for a name, writes itself and the
name onto the VM's disk, and waits until the disc is taken out. What is installed says its name on the serial line."""

from pathlib import Path

from images import build, disk
from images.kernel import initrd, kernel
from images.tiny import BOOT_BYTES
from node.system.process import run
from tests.integration.vms.discs import DISK_AT, disc_with_disk

MODULES = ("virtio_blk", "ahci", "sr_mod")
COMMAND_LINE = "console=ttyS0 quiet panic=10 consoleblank=0"
NAME_AT = 1  # the sector behind the boot code, which nothing else uses

# Backgrounds of the screen (ECMA-48), told apart by who looks at it.
BLUE, GREEN, RED = 4, 2, 1
ASKS, DONE, FAILED = (0, 0, 0xA8), (0, 0xA8, 0), (0xA8, 0, 0)  # as a screen of VGA shows them

INSTALLED = "installed: "

INIT = f"""#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /sbin /usr/bin /usr/sbin
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox --install -s
for module in /modules/*; do insmod "$module"; done
show() {{ printf '\\033[4%dm\\033[2J\\033[H%s\\n' "$1" "$2" >/dev/tty1; }}
say() {{ echo "$*" >/dev/ttyS0; }}
is_disc_in() {{ dd if=/dev/sr0 of=/dev/null bs=2048 count=1 2>/dev/null; }}
install() {{
    dd if=/dev/sr0 of=/dev/vda bs={DISK_AT} skip=1 2>/dev/null &&
        printf %s "$1" | dd of=/dev/vda bs=512 seek={NAME_AT} conv=notrunc 2>/dev/null && sync
}}
tries=0
while ! [ -b /dev/sr0 ] && [ $((tries += 1)) -lt 20 ]; do sleep 1; done
if is_disc_in; then
    say "installer: asks"
    name=
    while [ -z "$name" ]; do
        show {BLUE} "Name of this machine, then Enter:"
        read -r name </dev/tty1
    done
    if install "$name"; then
        show {GREEN} "$name is installed. Take the disc out and press Enter."
    else
        show {RED} "The disk could not be written."
    fi
    read -r name </dev/tty1
    reboot -f
fi
say "{INSTALLED}$(dd if=/dev/vda bs=512 skip={NAME_AT} count=1 2>/dev/null | tr -d '\\0')"
while :; do sleep 60; done
"""


def make(iso: Path) -> None:
    """Kernel and busybox are those of the test guest."""
    guest_kernel = kernel(build.DEFAULT_STORE, print, run)
    files = {name: iso.with_suffix(f".{name}") for name in ("vmlinuz", "initrd", "disk")}
    files["vmlinuz"].write_bytes(guest_kernel.vmlinuz.read_bytes())
    files["initrd"].write_bytes(initrd(guest_kernel, MODULES, {"init": INIT.encode()}))
    disk.make_disk(files["disk"], disk.Boot(files["vmlinuz"], files["initrd"], COMMAND_LINE, BOOT_BYTES), run)
    iso.write_bytes(disc_with_disk(files["disk"].read_bytes()))
    for file in files.values():
        file.unlink()
