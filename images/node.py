"""The node image: the root tree of every node, without Trivet's own code."""

from pathlib import Path

from images import lock, mirrors, project, wheels
from images.imageio import imageio_wheel
from images.store import Entry, Report, have, key_of
from images.tree import Debian, make_debian, overlay, run_in
from node.system.process import Run

DEBIAN = Debian(
    packages=(
        "ca-certificates",
        "dbus",
        "e2fsprogs",
        "fence-agents-ipmilan",
        "fence-agents-redfish",
        "glusterfs-client",
        "glusterfs-server",
        "iproute2",
        "iputils-ping",
        "kmod",
        "less",
        "libpam-systemd",
        "libvirt-clients",
        "libvirt-daemon-driver-qemu",
        "libvirt-daemon-plugin-sanlock",
        "libvirt-daemon-system",
        "logrotate",
        "network-manager",
        "nfs-common",
        "nftables",
        "openssl",
        "ovmf",
        "procps",
        "python3",
        "python3-libvirt",
        "python3-sanlock",
        "qemu-block-extra",
        "qemu-system-x86",
        "qemu-utils",
        "sanlock",
        "systemd",
        "systemd-container",
        "systemd-sysv",
        "udev",
        "xfsprogs",
    )
)

ENABLED = (
    "glusterd.service",
    "libvirtd.service",
    "libvirtd-tls.socket",
    "NetworkManager.service",
    "nftables.service",
    "sanlock.service",
    "virtlogd.socket",
)

# Disabled rather than masked where an administrator may want it back.
DISABLED = ("libvirt-guests.service",)

# An image is replaced, never upgraded in place; the agent says what VMs do when a node stops. NFS is mounted as version
# 4, which needs none of the daemons of version 3; those would listen on every address.
MASKED = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "nfs-blkmap.service",
    "rpc-statd-notify.service",
    "rpc-statd.service",
    "rpcbind.service",
    "rpcbind.socket",
    "xfs_scrub_all.timer",
)

# Libvirt's own NAT network: VMs are plugged into the cluster's networks only.
REMOVED = ("etc/libvirt/qemu/networks/default.xml", "etc/libvirt/qemu/networks/autostart/default.xml")


def node_key(run: Run, *, debian: Debian = DEBIAN) -> str:
    return key_of(
        repr(debian),
        repr((ENABLED, DISABLED, MASKED, REMOVED)),
        repr(mirrors.observe(run)),
        repr(project.dependencies()),
        project.configuration_key("node"),
        lock.SOURCES.read_text(),
        project.build_code_key("node", "wheels", "imageio"),
    )


def node_entry(store: Path, report: Report, run: Run) -> Entry:
    return Entry("node", node_key(run), lambda work: make_node(work / "root", store, report, run))


def make_node(root: Path, store: Path, report: Report, run: Run, *, debian: Debian = DEBIAN) -> None:
    """Fill `root`, which must not exist, with a node; `debian` may hold further packages."""
    imageio = imageio_wheel(store, report, run)
    report("node image: Debian packages")
    make_debian(root, debian, run)
    report("node image: Python packages")
    wheels.make_venv(root, wheels.wheelhouse(store, report, run), run, more=imageio)
    report("node image: configuration")
    _configure(root, run)


def node_tree(store: Path, report: Report, run: Run) -> Path:
    return have(store, node_entry(store, report, run), report) / "root"


def _configure(root: Path, run: Run) -> None:
    overlay(project.CONFIGURATION / "node", root)
    for name in REMOVED:
        (root / name).unlink(missing_ok=True)
    run_in(root, ("systemd-sysusers",), run)
    for folder in ("usr/share/trivet/images", "etc/trivet", "etc/pki/trivet", "var/lib/trivet"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "var/lib/trivet").chmod(0o700)
    for verb, units in (("enable", ENABLED), ("disable", DISABLED), ("mask", MASKED)):
        run_in(root, ("systemctl", verb, *units), run, environment={"SYSTEMD_OFFLINE": "1"})
