"""The engine image: the disk of the VM that manages the cluster.

Debian with all dependencies is a tree of its own in the store; a change in Trivet's code only puts the disk together
again from that tree and the Trivet layer.
"""

from pathlib import Path

from images import disk, mirrors, project, wheels
from images.kernel import Kernel, initrd, kernel
from images.node import node_tree, trivet_tree
from images.store import Entry, Tell, files_below, have, key_of
from images.tree import Debian, make_debian, overlay, run_in
from node.system.process import Run

DISK_BYTES = 8 << 30
BOOT_BYTES = 32 * disk.MIB
LABEL = "trivet-engine"
NAME = "engine.qcow2"
MODULES = ("virtio_blk",)
COMMAND_LINE = "console=ttyS0 quiet panic=10 systemd.firstboot=off"

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

ENABLED = ("systemd-networkd.service", "qemu-guest-agent.service")

# An image is replaced, never upgraded in place; nobody logs in on a console; the network may come late.
MASKED = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "getty@tty1.service",
    "serial-getty@ttyS0.service",
    "systemd-networkd-wait-online.service",
)


def engine_entry(store: Path, tell: Tell, run: Run) -> Path:
    """The folder with NAME."""
    base = _base_tree(store, tell, run)
    layer = trivet_tree(store, tell, run)
    guest_kernel = kernel(store, tell, run)
    parts = (base.parent.name, layer.parent.name, repr((DISK_BYTES, BOOT_BYTES, MODULES, COMMAND_LINE)))
    key = key_of(*parts, project.configuration_key("engine-initrd"), project.build_code_key("engine", "disk", "kernel"))

    def make(work: Path) -> None:
        tell("engine image: disk")
        root = work / "root"
        run("cp", "-al", str(base), str(root))
        run("cp", "-a", "--remove-destination", f"{layer}/opt", str(root))
        _install_engine(root)
        boot = _boot(work, guest_kernel)
        tools = node_tree(store, tell, run)
        disk.make_disk(work / "disk.raw", boot, run, root=disk.Root(root, LABEL, DISK_BYTES, tools))
        tell("engine image: qcow2")
        disk.make_qcow2(work / "disk.raw", work / NAME, tools, run)
        run("rm", "-r", str(root), str(work / "disk.raw"), str(boot.initrd))

    return have(store, Entry("engine", key, make))


def _base_tree(store: Path, tell: Tell, run: Run) -> Path:
    guest_kernel = kernel(store, tell, run)
    key = key_of(
        repr((DEBIAN, ENABLED, MASKED)),
        repr(mirrors.observe(run)),
        repr(project.dependencies()),
        guest_kernel.modules.parts[-6],
        project.configuration_key("engine"),
        project.build_code_key("engine", "wheels", "kernel"),
    )

    def make(work: Path) -> None:
        root = work / "root"
        tell("engine image: Debian packages")
        make_debian(root, DEBIAN, run)
        tell("engine image: Python packages")
        wheels.make_venv(root, wheels.wheelhouse(store, run), run)
        _configure(root, guest_kernel, run)

    return have(store, Entry("engine-base", key, make)) / "root"


def _configure(root: Path, guest_kernel: Kernel, run: Run) -> None:
    overlay(project.CONFIGURATION / "engine", root)
    run("cp", "-a", str(guest_kernel.modules.parent), str(root / "usr/lib"))
    run_in(root, ("depmod", guest_kernel.modules.name), run)
    for verb, units in (("enable", ENABLED), ("mask", MASKED)):
        run_in(root, ("systemctl", verb, *units), run, environment={"SYSTEMD_OFFLINE": "1"})
    run_in(root, ("systemctl", "set-default", "multi-user.target"), run)
    for name in ("etc/.updated", "var/.updated"):  # what a new /usr asks for at first boot was done here
        (root / name).touch()


def _boot(work: Path, guest_kernel: Kernel) -> disk.Boot:
    scripts = project.CONFIGURATION / "engine-initrd"
    files = {str(path.relative_to(scripts)): path.read_bytes() for path in files_below(scripts)}
    image = work / "initrd"
    image.write_bytes(initrd(guest_kernel, MODULES, files))
    return disk.Boot(guest_kernel.vmlinuz, image, COMMAND_LINE, BOOT_BYTES)


def _install_engine(root: Path) -> None:
    (root / "usr/bin/trivet").symlink_to(f"/{wheels.VENV}/bin/trivet")
    (root / "usr/bin/trivet-engine").symlink_to(f"/{wheels.VENV}/bin/trivet-engine")
    packages = wheels.site_packages(root)
    for unit in sorted(packages.glob("hosted_engine/*.service")):
        wheels.enable_unit(root, unit)
