"""An emulated machine with Debian's kernel that is NFS server and node at once: this project's build machines have no
NFS in their kernel."""

from pathlib import Path

from images import build, mirrors, project, wheels
from images.store import Entry, Report, have, key_of
from images.tree import Debian, make_debian
from node.system.process import Run, run
from tests.integration.netconf.guest_machine import Hardware, boot, code

HARDWARE = Hardware(nics=(), modules=("virtio_blk", "overlay", "loop", "nfsd", "nfsv4"), memory_mib=512)
_DEBIAN = Debian(
    packages=("e2fsprogs", "iproute2", "kmod", "nfs-common", "nfs-kernel-server", "procps", "python3", "qemu-utils")
)
_INSIDE = """#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin PYTHONPATH=/project PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8
exec >/dev/ttyS1 2>&1
mount -t tmpfs run /run
mount -t tmpfs tmp /tmp
ip link set lo up
truncate -s 256M /tmp/export.img
mkfs.ext4 -q /tmp/export.img
mount -o loop /tmp/export.img /srv
mkdir /srv/vms
mount -t nfsd nfsd /proc/fs/nfsd
mkdir -p /run/rpc_pipefs /var/lib/nfs/v4recovery
echo '/srv 127.0.0.1(rw,sync,fsid=0,no_root_squash,no_subtree_check)' >/etc/exports
exportfs -ra
rpc.mountd --no-nfs-version 3
rpc.nfsd --no-nfs-version 3 --grace-time 10 --lease-time 10 2
/opt/trivet/venv/bin/python -m tests.integration.drivers.inside_nfs
echo "exit $?"
sync
echo o >/proc/sysrq-trigger
sleep 9
"""


def run_on_nfs(work: Path) -> None:
    """Raises GuestFailed with what the guest printed. `work` is a folder for this run alone."""
    files = code("node", "gluster", "tests/integration/drivers")
    files["project/tests/__init__.py"] = files["project/tests/integration/__init__.py"] = b""
    files["project/inside"] = _INSIDE.encode()
    boot(work, files, tree=_tree(build.DEFAULT_STORE, print, run), hardware=HARDWARE)


def _tree(store: Path, report: Report, run: Run) -> Path:
    key = key_of(repr(_DEBIAN), repr(mirrors.observe(run)), repr(project.dependencies()))

    def make(work: Path) -> None:
        root = work / "root"
        report("tree with an NFS server: Debian packages")
        make_debian(root, _DEBIAN, run)
        report("tree with an NFS server: Python packages")
        wheels.make_venv(root, wheels.wheelhouse(store, report, run), run)

    return have(store, Entry("nfs-guest", key, make), report) / "root"
