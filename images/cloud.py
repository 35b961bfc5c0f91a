"""A Debian cloud image, put together from what Debian's own holds: kernel for clouds, cloud-init, an SSH server, the
guest agent. It has no password, no key and no host name: what starts it says those by cloud-init.

Debian's published image is not in a package archive, so that one of the same packages stands in for it where tests
upload and boot one.
"""

import time
from pathlib import Path

from images import disk, mirrors, project
from images.kernel import ROOT_INITRD, Kernel, kernel, kernel_entry, root_initrd
from images.node import node_tree
from images.store import Entry, Report, have, key_of
from images.tree import Debian, clamp_times, make_debian, overlay, run_in
from node.system.process import Run

NAME = "cloud.qcow2"
DISK_BYTES = 2 << 30
BOOT_BYTES = 32 * disk.MIB
LABEL = "cloudimg-rootfs"
# Drives first, as in Debian's initrd: cloud-init looks for its medium before udev has loaded anything.
DRIVES = ("ahci", "ata_piix", "sr_mod", "isofs")
MODULES = (*DRIVES, "virtio_blk", "virtio_scsi", "sd_mod", "virtio_net", "virtio_rng", "button", "evdev")
COMMAND_LINE = f"root=LABEL={LABEL} console=tty0 console=ttyS0 panic=10 systemd.firstboot=off"

DEBIAN = Debian(
    packages=(
        "ca-certificates",
        "cloud-guest-utils",
        "cloud-init",
        "dbus",
        "e2fsprogs",
        "iproute2",
        "iputils-ping",
        "kmod",
        "less",
        "login",
        "netbase",
        "openssh-server",
        "procps",
        "qemu-guest-agent",
        "sudo",
        "systemd",
        "systemd-sysv",
        "udev",
    )
)
ENABLED = ("systemd-networkd.service", "qemu-guest-agent.service", "ssh.service")
MASKED = ("apt-daily-upgrade.timer", "apt-daily.timer", "e2scrub_all.timer", "fstrim.timer", "man-db.timer")


def cloud_entry(store: Path, report: Report, run: Run) -> Entry:
    """The folder with NAME."""
    key = key_of(
        repr((DEBIAN, ENABLED, MASKED, DISK_BYTES, BOOT_BYTES, LABEL, MODULES, COMMAND_LINE)),
        repr(mirrors.observe(run)),
        kernel_entry(report, run).folder,
        project.configuration_key("cloud"),
        project.configuration_key(ROOT_INITRD),
        project.build_code_key("cloud", "kernel", "disk"),
    )

    def make(work: Path) -> None:
        root, guest_kernel, begun = work / "root", kernel(store, report, run), time.time()
        report("cloud image: Debian packages")
        make_debian(root, DEBIAN, run)
        _configure(root, guest_kernel, run)
        clamp_times(root, begun)
        report("cloud image: disk")
        image = work / "initrd"
        image.write_bytes(root_initrd(guest_kernel, MODULES))
        boot = disk.Boot(guest_kernel.vmlinuz, image, COMMAND_LINE, BOOT_BYTES)
        tools = node_tree(store, report, run)
        disk.make_disk(work / "disk.raw", boot, run, root=disk.Root(root, LABEL, DISK_BYTES, tools))
        disk.make_qcow2(work / "disk.raw", work / NAME, tools, run)
        run("rm", "-r", str(root), str(work / "disk.raw"), str(image))

    return Entry("cloud", key, make)


def cloud_folder(store: Path, report: Report, run: Run) -> Path:
    return have(store, cloud_entry(store, report, run), report)


def _configure(root: Path, guest_kernel: Kernel, run: Run) -> None:
    overlay(project.CONFIGURATION / "cloud", root)
    run("cp", "-a", str(guest_kernel.modules.parent), str(root / "usr/lib"))
    run_in(root, ("depmod", guest_kernel.modules.name), run)
    for verb, units in (("enable", ENABLED), ("mask", MASKED)):
        run_in(root, ("systemctl", verb, *units), run, environment={"SYSTEMD_OFFLINE": "1"})
    run_in(root, ("systemctl", "set-default", "multi-user.target"), run)
    for path in (root / "etc/ssh").glob("ssh_host_*"):  # each machine makes its own
        path.unlink()
