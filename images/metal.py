"""The root tree of a node on hardware: the node image with what starts it, makes disks, lets an administrator in."""

from pathlib import Path

from images import node, project
from images.store import Entry, Report, have, key_of
from images.tree import Debian, overlay, run_in
from node.system.process import Run

PACKAGES = (
    "dosfstools",
    "efibootmgr",
    "fdisk",
    "lvm2",
    "nvme-cli",
    "openssh-server",
    "pciutils",
    "smartmontools",
    "systemd-boot-efi",
    "systemd-boot-tools",
    "systemd-timesyncd",
    "thin-provisioning-tools",
)
DEBIAN = Debian(packages=(*node.DEBIAN.packages, *PACKAGES))

# The installer enables sshd where it was given a key; there is no password over the network.
DISABLED = ("ssh.service", "smartmontools.service")
MASKED = ("ssh.socket", "lvm2-monitor.service", "lvm2-lvmpolld.socket")

FOLDERS = ("bricks", "efi", "state")  # mount points; the root itself is read-only


def metal_entry(store: Path, report: Report, run: Run) -> Entry:
    key = key_of(
        node.node_key(run, debian=DEBIAN),
        repr((DISABLED, MASKED, FOLDERS)),
        project.configuration_key("metal"),
        project.build_code_key("metal"),
    )

    def make(work: Path) -> None:
        root = work / "root"
        node.make_node(root, store, report, run, debian=DEBIAN)
        overlay(project.CONFIGURATION / "metal", root)
        for pattern in ("etc/ssh/ssh_host_*", "etc/nvme/host*", "etc/lvm/backup/*", "etc/lvm/archive/*"):
            for path in root.glob(pattern):
                path.unlink()
        for name in FOLDERS:
            (root / name).mkdir(mode=0o755)
        for verb, units in (("disable", DISABLED), ("mask", MASKED)):
            run_in(root, ("systemctl", verb, *units), run, environment={"SYSTEMD_OFFLINE": "1"})

    return Entry("metal", key, make)


def metal_tree(store: Path, report: Report, run: Run) -> Path:
    return have(store, metal_entry(store, report, run), report) / "root"
