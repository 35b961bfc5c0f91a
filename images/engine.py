"""The engine image: the disk of the VM that manages the cluster.

Debian with all dependencies is a tree of its own in the store; a change in Trivet's code only puts the disk together
again from that tree and the Trivet layer.
"""

import time
from pathlib import Path

from images import disk, lock, mirrors, project, wheels
from images.imageio import imageio_wheel
from images.kernel import ROOT_INITRD, Kernel, kernel, kernel_entry, root_initrd
from images.layer import enable_unit, site_packages, trivet_entry, trivet_tree
from images.node import node_tree
from images.store import Entry, Report, have, key_of
from images.tree import Debian, clamp_times, make_debian, overlay, run_in
from node.system.process import Run

DISK_BYTES = 8 << 30
BOOT_BYTES = 32 * disk.MIB
LABEL = "trivet-engine"
NAME = "engine.qcow2"
MODULES = ("virtio_blk", "virtio_net", "virtio_rng", "button", "evdev", "i6300esb")
COMMAND_LINE = f"root=LABEL={LABEL} console=ttyS0 quiet panic=10 systemd.firstboot=off"

DEBIAN = Debian(
    packages=(
        "ca-certificates",
        "dbus",
        "e2fsprogs",
        "iproute2",
        "iputils-ping",
        "kmod",
        "less",
        "netbase",
        "procps",
        "python3",
        "qemu-guest-agent",
        "systemd",
        "systemd-sysv",
        "udev",
    )
)

ENABLED = ("systemd-networkd.service", "qemu-guest-agent.service", "ovirt-imageio.service")

# Each of these costs a process, which under emulation is a third of a second of every failover. An image is replaced,
# never upgraded in place; nobody logs in on a console; the kernel's debugging, FUSE and huge pages serve nobody here.
MASKED = (
    "apt-daily-upgrade.timer",
    "apt-daily.timer",
    "dev-hugepages.mount",
    "dev-mqueue.mount",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "getty@tty1.service",
    "kmod-static-nodes.service",
    "modprobe@.service",
    "proc-sys-fs-binfmt_misc.automount",
    "serial-getty@ttyS0.service",
    "sys-fs-fuse-connections.mount",
    "sys-kernel-config.mount",
    "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount",
    "systemd-binfmt.service",
    "systemd-modules-load.service",
    "systemd-network-generator.service",
    "systemd-networkd-persistent-storage.service",
    "systemd-networkd-wait-online.service",
    "systemd-pstore.service",
    "systemd-tmpfiles-setup-dev-early.service",
    "systemd-udev-load-credentials.service",
    "systemd-user-sessions.service",
)


def engine_entry(store: Path, report: Report, run: Run) -> Entry:
    """The folder with NAME."""
    base_entry = engine_base_entry(store, report, run)
    parts = (
        base_entry.folder,
        trivet_entry(store, report, run).folder,
        repr((DISK_BYTES, BOOT_BYTES, MODULES, COMMAND_LINE)),
    )
    key = key_of(*parts, project.configuration_key(ROOT_INITRD), project.build_code_key("engine", "disk", "kernel"))

    def make(work: Path) -> None:
        base = have(store, base_entry, report) / "root"
        layer = trivet_tree(store, report, run)
        guest_kernel = kernel(store, report, run)
        report("engine image: disk")
        root, begun = work / "root", time.time()
        run("cp", "-al", str(base), str(root))
        run("cp", "-a", "--remove-destination", f"{layer}/opt", str(root))
        _install_engine(root)
        clamp_times(root, begun)
        boot = _boot(work, guest_kernel)
        tools = node_tree(store, report, run)
        disk.make_disk(work / "disk.raw", boot, run, root=disk.Root(root, LABEL, DISK_BYTES, tools))
        report("engine image: qcow2")
        disk.make_qcow2(work / "disk.raw", work / NAME, tools, run)
        run("rm", "-r", str(root), str(work / "disk.raw"), str(boot.initrd))

    return Entry("engine", key, make)


def engine_folder(store: Path, report: Report, run: Run) -> Path:
    return have(store, engine_entry(store, report, run), report)


def engine_base_entry(store: Path, report: Report, run: Run) -> Entry:
    """The engine's root without Trivet's own code and without what boots it."""
    key = key_of(
        repr((DEBIAN, ENABLED, MASKED)),
        repr(mirrors.observe(run)),
        repr(project.dependencies()),
        kernel_entry(report, run).folder,
        project.configuration_key("engine"),
        lock.SOURCES.read_text(),
        project.build_code_key("engine", "wheels", "kernel", "imageio"),
    )

    def make(work: Path) -> None:
        root, begun = work / "root", time.time()
        imageio = imageio_wheel(store, report, run)
        report("engine image: Debian packages")
        make_debian(root, DEBIAN, run)
        report("engine image: Python packages")
        wheels.make_venv(root, wheels.wheelhouse(store, report, run), run, more=imageio)
        _configure(root, kernel(store, report, run), run)
        clamp_times(root, begun)

    return Entry("engine-base", key, make)


def _configure(root: Path, guest_kernel: Kernel, run: Run) -> None:
    overlay(project.CONFIGURATION / "engine", root)
    run("cp", "-a", str(guest_kernel.modules.parent), str(root / "usr/lib"))
    run_in(root, ("depmod", guest_kernel.modules.name), run)
    run_in(root, ("systemd-sysusers",), run)
    for verb, units in (("enable", ENABLED), ("mask", MASKED)):
        run_in(root, ("systemctl", verb, *units), run, environment={"SYSTEMD_OFFLINE": "1"})
    run_in(root, ("systemctl", "set-default", "multi-user.target"), run)
    for name in ("etc/.updated", "var/.updated"):  # what a new /usr asks for at first boot was done here
        (root / name).touch()


def _boot(work: Path, guest_kernel: Kernel) -> disk.Boot:
    image = work / "initrd"
    image.write_bytes(root_initrd(guest_kernel, MODULES))
    return disk.Boot(guest_kernel.vmlinuz, image, COMMAND_LINE, BOOT_BYTES)


def _install_engine(root: Path) -> None:
    (root / "usr/bin/trivet").symlink_to(f"/{wheels.VENV}/bin/trivet")
    for name in ("trivet-engine", "trivet-accounts", "trivet-audit", "trivet-domains", "trivet-join-codes"):
        (root / "usr/bin" / name).symlink_to(f"/{wheels.VENV}/bin/{name}")
    packages = site_packages(root)
    for unit in sorted(packages.glob("hosted_engine/*.service")):
        enable_unit(root, unit)
